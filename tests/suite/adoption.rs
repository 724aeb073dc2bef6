//! An account that others have made is found, written and taken over: a plan is empty then, and Terraform's, too, where
//! it is there.

use std::process::Command;

use crate::harness::{Emulator, Place, Run, root, run};
use crate::referees::{program, python_with, skipped};

/// Objects that boto3 makes, and two rules that AWS makes with security groups.
const OBJECTS: usize = 61;
/// Snapshots, which Terraform's provider does not manage.
const OURS_ALONE: usize = 2;

/// An account, a directory to write into, and how the two are told to a command.
struct Account {
    emulator: Emulator,
    place: Place,
}

impl Account {
    fn made(test: &str) -> Option<Self> {
        let python = python_with(test, "boto3")?;
        let emulator = Emulator::start("instant");
        let mut command = Command::new(python);
        command.arg(root().join("tests/clients/account.py")).arg(&emulator.url).env("PYTHONDONTWRITEBYTECODE", "1");
        run(command).expect(0).says("made 59 objects of 20 kinds");
        let mut place = Place::new();
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "123456789012"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &*emulator.url),
            ("CACHESTACK_ENDPOINT", &*emulator.url),
            ("CHECKPOINT_DISABLE", "1"),
        ] {
            place.env(name, value);
        }
        Some(Self { emulator, place })
    }

    fn cachestack(&self, args: &[&str]) -> Run {
        run(self.place.program(args))
    }

    /// Lets Terraform find its providers in the mirror; without one says that the rest is skipped.
    fn has_terraform(&mut self, test: &str) -> bool {
        let Some(mirror) = std::env::var_os("CACHESTACK_PROVIDERS") else {
            skipped(test, "CACHESTACK_PROVIDERS");
            return false;
        };
        let mirror = mirror.to_string_lossy().into_owned();
        let settings = format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"{mirror}\"\n  }}\n}}\n");
        self.place.write("terraform.rc", &settings);
        let settings = self.place.path().join("terraform.rc").to_string_lossy().into_owned();
        self.place.env("TF_CLI_CONFIG_FILE", &settings);
        program(test, "terraform").is_some()
    }

    fn terraform(&self, args: &[&str]) -> Run {
        let own = self.place.program::<&str>(&[]);
        let mut command = Command::new("terraform");
        let variables = own.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.args(args).current_dir(self.place.path()).env_clear().envs(variables);
        run(command)
    }

    /// The text of every file that was written, by its name.
    fn files(&self) -> Vec<(String, String)> {
        let names = std::fs::read_dir(self.place.path()).expect("a directory").flatten();
        let names =
            names.filter(|entry| entry.path().is_file()).filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.into_iter().map(|name| (name.clone(), self.place.read(&name))).collect()
    }
}

#[test]
fn an_account_of_others_is_taken_over() {
    let Some(account) = Account::made("an_account_of_others_is_taken_over") else { return };
    let before = account.emulator.export();
    account.cachestack(&["import", "--discover"]).expect(1);
    assert!(!account.files().is_empty(), "what was not approved is written all the same");
    assert_eq!(account.cachestack(&["state", "list"]).expect(0).stdout, "");
    for (name, _) in account.files() {
        std::fs::remove_file(account.place.path().join(name)).expect("a file");
    }
    account
        .cachestack(&["import", "--discover", "--auto-approve"])
        .expect(0)
        .says(&format!("us-east-1: {OBJECTS} objects without a record; 0 have one"))
        .says(&format!("{OBJECTS} imported, 0 added, 0 changed, 0 destroyed"))
        .says("A plan of what was taken over is empty.");
    let files = account.files();
    account.cachestack(&["plan", "--detailed-exitcode"]).expect(0);
    account.cachestack(&["fmt", "--check"]).expect(0);
    let all: String = files.iter().map(|(_, text)| text.as_str()).collect();
    for written in [
        "for_each = { \"shop-fragments\" = 3, \"shop-pages\" = 2, \"shop-search\" = 2 }",
        "auth_token                 = secret(\"env:SHOP_TOKENS_AUTH_TOKEN\")",
        "passwords = [secret(\"env:SHOP_ADMIN_PASSWORDS\")]",
        "subnet_group_name          = subnet_group.shop_private.name",
        "CacheClusterId = \"${replication_group.shop_sessions.replication_group_id}-001\"",
        "alarm_actions = [sns_topic.shop_page.arn]",
        "destination      = log_group.shop[\"/shop/slow\"].name",
        "replication_group_id = replication_group.shop_sessions.replication_group_id",
    ] {
        assert!(all.contains(written), "{written}\n{all}");
    }
    for left in ["nobody-knows", "network_type", "auto_minor_version_upgrade", "__default_policy_ID"] {
        assert!(!all.contains(left), "{left}");
    }
    account
        .cachestack(&["import", "--discover", "--auto-approve"])
        .expect(0)
        .says("0 objects without a record; 61 have one");
    assert_eq!(account.files(), files, "what is recorded is not written again");
    assert_eq!(account.emulator.export(), before, "nothing in the account has changed");
}

#[test]
fn parts_of_an_account_are_taken_over() {
    let Some(account) = Account::made("parts_of_an_account_are_taken_over") else { return };
    let steps: [(&[&str], &str); 3] = [
        (&["--name", "/shop/*"], "7 objects without a record; 0 have one, 54 are not looked for"),
        (&["--tag", "tier=gold"], "1 objects without a record; 7 have one, 53 are not looked for"),
        (&["--name", "shop-c*", "--tag", "team=shop"], "1 objects without a record; 8 have one, 52 are not looked for"),
    ];
    for (filter, told) in steps {
        let args = [&["import", "--discover", "--auto-approve"], filter].concat();
        account.cachestack(&args).expect(0).says(told).says("A plan of what was taken over is empty.");
    }
    let group = account.place.read("replication_group.hcl");
    assert!(group.contains("= log_group.shop[\"/shop/slow\"].name"), "recorded objects are referred to: {group}");
    assert!(account.place.path().join("replication_group-2.hcl").exists(), "nothing is overwritten");
    account.cachestack(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn terraform_has_nothing_to_do_with_what_was_written_for_it() {
    let name = "terraform_has_nothing_to_do_with_what_was_written_for_it";
    let Some(mut account) = Account::made(name) else { return };
    account
        .cachestack(&["import", "--discover", "--terraform", "--auto-approve"])
        .expect(0)
        .says(&format!("{} imported, 0 added, 0 changed, 0 destroyed", OBJECTS - OURS_ALONE))
        .says("A plan of what was taken over is empty.");
    account.cachestack(&["plan", "--detailed-exitcode"]).expect(0);
    if !account.has_terraform(name) {
        return;
    }
    account.terraform(&["init", "-no-color"]).expect(0);
    account.terraform(&["validate", "-no-color"]).expect(0);
    account.terraform(&["fmt", "-check"]).expect(0);
    account
        .terraform(&["plan", "-no-color"])
        .expect(0)
        .says("Plan: 59 to import, 0 to add, 0 to change, 0 to destroy.");
}

/// What Terraform manages goes over, and back: neither has anything to do then.
#[test]
fn a_state_goes_from_terraform_and_back() {
    let name = "a_state_goes_from_terraform_and_back";
    let Some(mut account) = Account::made(name) else { return };
    account.cachestack(&["import", "--discover", "--terraform", "--auto-approve"]).expect(0);
    if !account.has_terraform(name) {
        return;
    }
    account.terraform(&["init", "-no-color"]).expect(0);
    account.terraform(&["apply", "-no-color", "-auto-approve"]).expect(0).says("59 imported, 0 added, 0 changed");
    std::fs::remove_file(account.place.path().join("imports.tf")).expect("the imports");
    std::fs::remove_dir_all(account.place.path().join(".cachestack")).expect("the state");
    account
        .cachestack(&["import", "--from-tfstate", "terraform.tfstate"])
        .expect(0)
        .says("59 imported, 0 added, 0 changed, 0 destroyed");
    account.cachestack(&["plan", "--detailed-exitcode"]).expect(0);
    let removed = account.place.read("removed-from-terraform.tf.txt");
    assert!(removed.contains("from = aws_elasticache_cluster.shop\n"), "{removed}");
    std::fs::remove_file(account.place.path().join("terraform.tfstate")).expect("Terraform's state");
    account.cachestack(&["export", "--tfstate", "terraform.tfstate"]).expect(0);
    account.terraform(&["plan", "-no-color", "-detailed-exitcode"]).expect(0).says("No changes.");
    // Terraform lets go of what the blocks name, and destroys nothing.
    let before = account.emulator.export();
    for (file, _) in account
        .files()
        .iter()
        .filter(|(file, _)| file.ends_with(".tf") && !["main.tf", "secrets.tf"].contains(&&**file))
    {
        std::fs::remove_file(account.place.path().join(file)).expect("a file");
    }
    account.place.write("removed.tf", &removed);
    account.terraform(&["apply", "-no-color", "-auto-approve"]).expect(0).says("0 added, 0 changed, 0 destroyed");
    assert_eq!(account.terraform(&["state", "list"]).expect(0).stdout, "");
    assert_eq!(account.emulator.export(), before, "nothing in the account has changed");
}
