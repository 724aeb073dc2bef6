//! The least policy of IAM with which a stack can be planned or applied.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::catalog::permissions::{self, BESIDE, CACHES, OF_KINDS};
use crate::kind::Target;
use crate::ops::Session;
use crate::stack::location::{Location, Service};

/// The version of the policy language.
const VERSION: &str = "2012-10-17";

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reading only.
    Plan,
    /// All that an apply and a destroy can do.
    Apply,
    /// What the verbs of day two do with what is there.
    Operate,
}

/// What a stack wants of the account.
#[derive(Default)]
struct Wanted {
    read: BTreeSet<&'static str>,
    write: BTreeSet<&'static str>,
    makes_caches: bool,
}

/// The policy document for the kinds that the stack declares, or for every kind. Asks for nothing.
pub fn policy(session: &Session, purpose: Purpose, every_kind: bool) -> Json {
    let mut wanted = wanted(session, every_kind);
    if purpose == Purpose::Operate {
        wanted = of_verbs(wanted);
    }
    let place = Place::of(session);
    let mut statements = Vec::new();
    let reads = wanted.read.iter().copied().filter(|action| !is_of_objects(action));
    // Most operations that list know no resources, and a plan has to see what is in the way of a name as well.
    statements.extend(statement("Read", reads.collect(), vec!["*".to_owned()]));
    statements.extend(secrets(session, purpose, every_kind, &place));
    if purpose != Purpose::Plan {
        let mut by_service: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
        for action in &wanted.write {
            by_service.entry(service_of(action)).or_default().insert(action);
        }
        for (service, actions) in by_service {
            let (sid, resources) = place.resources(service);
            statements.extend(statement(sid, actions, resources));
        }
        statements.extend(wanted.makes_caches.then(|| service_role(&place)));
    }
    statements.extend(state(session, purpose, &place));
    json!({ "Version": VERSION, "Statement": statements })
}

/// Looked for by kind, and by what blocks of that kind write.
fn wanted(session: &Session, every_kind: bool) -> Wanted {
    let mut wanted = Wanted::default();
    let stack = session.evaluator.stack();
    let written = |kind: &str, name: &str| {
        let mut blocks = stack.resources().filter(|resource| &*resource.address.kind == kind);
        every_kind
            || blocks.any(|block| {
                block.attributes.iter().any(|attribute| &*attribute.name == name)
                    || block.nested.iter().any(|nested| &*nested.name == name)
            })
    };
    let declared: BTreeSet<(&str, bool)> = stack
        .resources()
        .map(|resource| (&*resource.address.kind, resource.address.mode == crate::address::Mode::Managed))
        .collect();
    for actions in OF_KINDS {
        let (managed, looked_up) =
            (declared.contains(&(actions.kind, true)), declared.contains(&(actions.kind, false)));
        let Some((read, write)) = permissions::of_kind(actions.kind) else { continue };
        if !(every_kind || managed || looked_up) {
            continue;
        }
        wanted.read.extend(read);
        if !(every_kind || managed) {
            continue;
        }
        wanted.write.extend(write);
        wanted.makes_caches |= CACHES.contains(&actions.kind);
        let beside = BESIDE.iter().filter(|beside| beside.kinds.contains(&actions.kind));
        let beside = beside.filter(|beside| beside.attribute.is_none_or(|name| written(actions.kind, name)));
        wanted.write.extend(beside.flat_map(|beside| beside.actions));
    }
    wanted
}

/// The same for the verbs of day two, which make and change no objects.
fn of_verbs(wanted: Wanted) -> Wanted {
    let all = permissions::OF_VERBS.iter().flat_map(|(_, actions)| actions.iter().copied());
    let (read, write): (BTreeSet<_>, BTreeSet<_>) = all.partition(|action| permissions::is_read(action));
    Wanted { read: wanted.read.into_iter().chain(read).collect(), write, makes_caches: false }
}

/// Whether it reads what a secret says, so that it is allowed for single objects only.
fn is_of_objects(action: &str) -> bool {
    ["ssm:GetParameter", "secretsmanager:GetSecretValue", "kms:Decrypt"].contains(&action)
}

fn service_of(action: &str) -> &str {
    action.split(':').next().unwrap_or_default()
}

fn statement(sid: &str, actions: BTreeSet<&str>, resources: Vec<String>) -> Option<Json> {
    (!actions.is_empty()).then(|| json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources }))
}

/// Where the objects of a stack are.
struct Place {
    partition: &'static str,
    /// Regions; `*` for one that is not known.
    regions: BTreeSet<String>,
    account: String,
}

impl Place {
    fn of(session: &Session) -> Self {
        let environment = &session.environment;
        let mut regions: BTreeSet<String> = environment.region.iter().map(ToString::to_string).collect();
        // What is behind an alias, a passed provider or `region` of a block can be any.
        let stack = session.evaluator.stack();
        let has_more = stack.modules().any(|(_, module)| module.providers.iter().any(|one| one.alias.is_some()))
            || stack.resources().any(|block| block.attributes.iter().any(|attribute| &*attribute.name == "region"));
        if has_more || regions.is_empty() {
            regions = BTreeSet::from(["*".to_owned()]);
        }
        let region = environment.region.clone().unwrap_or_else(|| "us-east-1".into());
        let partition = Target { account: None, region }.partition();
        let account = environment.account_id.as_deref().unwrap_or("*").to_owned();
        Self { partition, regions, account }
    }

    fn arns(&self, service: &str, names: &[&str]) -> Vec<String> {
        let arn =
            |region: &String, name: &&str| format!("arn:{}:{service}:{region}:{}:{name}", self.partition, self.account);
        self.regions.iter().flat_map(|region| names.iter().map(move |name| arn(region, name))).collect()
    }

    /// A secret by its name. Secrets Manager adds six letters of its own to a name.
    fn secret(&self, service: &str, name: &str) -> Vec<String> {
        match service {
            "ssm" => self.arns(service, &[&format!("parameter/{}", name.trim_start_matches('/'))]),
            _ if name.starts_with("arn:") => vec![name.to_owned()],
            _ if name.ends_with('*') => self.arns(service, &[&format!("secret:{name}")]),
            _ => self.arns(service, &[&format!("secret:{name}-??????")]),
        }
    }

    /// The name of the statement of a service, and what it may touch.
    fn resources(&self, service: &str) -> (&'static str, Vec<String>) {
        match service {
            "elasticache" => ("ElastiCache", self.arns(service, &["*"])),
            "ec2" => ("Network", vec!["*".to_owned()]),
            "cloudwatch" => {
                let dashboards = format!("arn:{}:cloudwatch::{}:dashboard/*", self.partition, self.account);
                ("CloudWatch", self.arns(service, &["alarm:*"]).into_iter().chain([dashboards]).collect())
            }
            // Log deliveries and policies of resources have no ARN.
            "logs" => ("Logs", vec!["*".to_owned()]),
            "firehose" => ("LogStreams", self.arns(service, &["deliverystream/*"])),
            "sns" => ("Topics", self.arns(service, &["*"])),
            "kms" => ("Keys", self.arns(service, &["key/*"])),
            "s3" => ("SnapshotFiles", vec![format!("arn:{}:s3:::*", self.partition)]),
            _ => ("More", vec!["*".to_owned()]),
        }
    }
}

/// The role with which ElastiCache works: whoever makes the first cache of an account makes it.
fn service_role(place: &Place) -> Json {
    let name = "elasticache.amazonaws.com";
    json!({
        "Sid": "ServiceRole",
        "Effect": "Allow",
        "Action": "iam:CreateServiceLinkedRole",
        "Resource": format!(
            "arn:{}:iam::{}:role/aws-service-role/{name}/AWSServiceRoleForElastiCache",
            place.partition, place.account
        ),
        "Condition": { "StringEquals": { "iam:AWSServiceName": name } },
    })
}

/// A service that keeps secrets.
struct Keeper {
    service: &'static str,
    /// What its sources begin with.
    word: &'static str,
    /// The look-up of it.
    kind: &'static str,
    /// Names of statements are unique within a policy.
    sids: [&'static str; 2],
    read: &'static str,
    write: &'static [&'static str],
}

const KEEPERS: [Keeper; 2] = [
    Keeper {
        service: "ssm",
        word: "ssm:",
        kind: "ssm_parameter",
        sids: ["ReadParameters", "KeepParameters"],
        read: "ssm:GetParameter",
        write: &["ssm:PutParameter", "ssm:DeleteParameter"],
    },
    Keeper {
        service: "secretsmanager",
        word: "secretsmanager:",
        kind: "secretsmanager_secret_version",
        sids: ["ReadSecrets", "KeepSecrets"],
        read: "secretsmanager:GetSecretValue",
        write: &["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"],
    },
];

/// Secrets that the account keeps, read by `secret()` and by look-ups, and the place for those that are made here.
fn secrets(session: &Session, purpose: Purpose, every_kind: bool, place: &Place) -> Vec<Json> {
    let kept = session.environment.secrets.as_deref().unwrap_or_default();
    let mut found = Vec::new();
    for keeper in &KEEPERS {
        let prefix = kept.strip_prefix(keeper.word).map(|prefix| format!("{}/*", prefix.trim_end_matches('/')));
        let mut names = named(session, keeper, every_kind);
        names.extend(prefix.clone());
        let arns = |names: &BTreeSet<String>| -> Vec<String> {
            names.iter().flat_map(|name| place.secret(keeper.service, name)).collect()
        };
        if names.is_empty() {
            continue;
        }
        found.extend(statement(keeper.sids[0], BTreeSet::from([keeper.read]), arns(&names)));
        if let Some(prefix) = prefix.filter(|_| purpose == Purpose::Apply) {
            let own = arns(&BTreeSet::from([prefix]));
            found.extend(statement(keeper.sids[1], keeper.write.iter().copied().collect(), own));
        }
    }
    if !found.is_empty() {
        found.extend(statement("OpenSecrets", BTreeSet::from(["kms:Decrypt"]), place.arns("kms", &["key/*"])));
    }
    found
}

/// The names of the secrets that the stack reads, as its files write them; any where one is put together or looked up.
fn named(session: &Session, keeper: &Keeper, every_kind: bool) -> BTreeSet<String> {
    let any = || BTreeSet::from(["*".to_owned()]);
    let mut blocks = session.evaluator.stack().resources();
    if every_kind || blocks.any(|block| &*block.address.kind == keeper.kind) {
        return any();
    }
    let start = format!("\"{}", keeper.word);
    let mut names = BTreeSet::new();
    for (_, file) in session.sources.files() {
        for rest in file.text.split(&start).skip(1) {
            let name = rest.split('"').next().unwrap_or_default();
            if name.is_empty() || name.contains(['$', '%', '\\', '*']) {
                return any();
            }
            names.insert(name.split('#').next().unwrap_or_default().to_owned());
        }
    }
    names
}

/// The state, where it lies in a bucket of S3.
fn state(session: &Session, purpose: Purpose, place: &Place) -> Vec<Json> {
    let Some(Location::Bucket(bucket)) = &session.location else {
        return Vec::new();
    };
    if bucket.service != Service::S3 {
        return Vec::new();
    }
    let folder = if bucket.prefix.is_empty() { "*".to_owned() } else { format!("{}/*", bucket.prefix) };
    let actions = match purpose {
        Purpose::Plan | Purpose::Operate => vec!["s3:GetObject"],
        Purpose::Apply => vec!["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
    };
    let arn = format!("arn:{}:s3:::{}", place.partition, bucket.name);
    let mut list = json!({ "Sid": "StateList", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn });
    if !bucket.prefix.is_empty() {
        list["Condition"] = json!({ "StringLike": { "s3:prefix": folder } });
    }
    // What is encrypted with a key of one's own is written and read with it.
    let key = bucket.options.get("kms_key_id").map(|key| match key.starts_with("arn:") {
        true => vec![key.clone()],
        false => place.arns("kms", &["key/*"]),
    });
    let encrypts = match purpose {
        Purpose::Plan | Purpose::Operate => BTreeSet::from(["kms:Decrypt"]),
        Purpose::Apply => BTreeSet::from(["kms:Decrypt", "kms:GenerateDataKey"]),
    };
    let encryption = key.and_then(|resources| statement("StateKey", encrypts, resources));
    let objects = statement("State", actions.into_iter().collect(), vec![format!("{arn}/{folder}")]);
    objects.into_iter().chain([list]).chain(encryption).collect()
}
