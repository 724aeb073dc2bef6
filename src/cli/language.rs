//! What the words of the language mean, each with an example.

/// A word, what it means, and an example of it.
type Word = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const WORDS: &[Word] = &[
    ("stack", "Names the stack and says what holds for all of its environments. Without it the directory gives the name.", "stack \"shop\" {\n  default_environment = \"dev\"\n  tags                = { team = \"shop\" }\n}\n"),
    ("environment", "One place where the stack is: account, region, values of variables, and a state of its own. -e NAME chooses it.", "environment \"dev\" {\n  endpoint = \"emulator\"\n  region   = \"us-east-1\"\n  vars     = { nodes = 2 }\n}\n\nvariable \"nodes\" { type = number }\n"),
    ("variable", "A value from outside: --var, -var-file, TF_VAR_NAME, CACHESTACK_VAR_NAME, *.auto.tfvars, or `vars` of an environment.", "variable \"nodes\" {\n  type        = number\n  default     = 2\n  description = \"Nodes of each group.\"\n\n  validation {\n    condition     = var.nodes > 0\n    error_message = \"At least one.\"\n  }\n}\n"),
    ("locals", "Names for values that are needed more than once.", "locals {\n  prefix = \"shop-${env.name}\"\n}\n"),
    ("output", "A value that is told after an apply, and by `cachestack output`.", "output \"prefix\" {\n  value = \"shop-${env.name}\"\n}\n"),
    ("env", "The environment: env.name, env.region, env.account_id.", "locals {\n  prefix = \"shop-${env.name}\"\n}\n"),
    ("count", "So many instances of a block, with count.index from 0. What goes is the last of them; for_each lets each go by its name.", "log_group \"logs\" {\n  count = 2\n  name  = \"/shop/${count.index}\"\n}\n"),
    ("for_each", "An instance of a block for each element of a set or a map: each.key, each.value.", "log_group \"logs\" {\n  for_each = toset([\"web\", \"jobs\"])\n  name     = \"/shop/${each.key}\"\n}\n"),
    ("each", "The element of for_each: each.key, each.value.", "log_group \"logs\" {\n  for_each = { web = 7, jobs = 30 }\n  name     = \"/shop/${each.key}\"\n\n  retention_in_days = each.value\n}\n"),
    ("depends_on", "What a block waits for beside what it refers to.", "log_group \"first\" { name = \"/shop/first\" }\n\nlog_group \"second\" {\n  name       = \"/shop/second\"\n  depends_on = [log_group.first]\n}\n"),
    ("lifecycle", "How an object comes and goes: create_before_destroy, prevent_destroy, ignore_changes, replace_triggered_by, enabled, precondition, postcondition.", "log_group \"logs\" {\n  name = \"/shop\"\n\n  lifecycle {\n    prevent_destroy = true\n    ignore_changes  = [retention_in_days]\n  }\n}\n"),
    ("protect", "Refuses every plan that would delete or replace the object, in a block or in an environment.", "log_group \"logs\" {\n  name    = \"/shop\"\n  protect = true\n}\n"),
    ("timeouts", "How long a run waits for an object.", "serverless_cache \"shop\" {\n  name   = \"shop\"\n  engine = \"valkey\"\n\n  timeouts {\n    create = \"40m\"\n  }\n}\n"),
    ("module", "Calls a directory of blocks, as often as count or for_each say. `init` fetches those of registries and repositories.", "module \"cache\" {\n  source = \"./cache\"\n  name   = \"shop\"\n}\n"),
    ("moved", "Says that an object has another address by now, so that it is not made anew. `state mv --moved` writes one.", "moved {\n  from = log_group.old\n  to   = log_group.new\n}\n\nlog_group \"new\" { name = \"/shop\" }\n"),
    ("import", "Takes an object of the account over with the next apply. `import --discover` finds all of them.", "import {\n  to = log_group.logs\n  id = \"/shop\"\n}\n\nlog_group \"logs\" { name = \"/shop\" }\n"),
    ("removed", "Lets an object go from the state and leaves it in the account.", "removed {\n  from = log_group.logs\n\n  lifecycle {\n    destroy = false\n  }\n}\n"),
    ("policy", "A condition over what a plan changes, judged on every plan: deny refuses it, warn tells.", "policy \"no-deletions\" {\n  deny {\n    condition     = change.action == \"delete\"\n    error_message = \"${change.address} would go.\"\n  }\n}\n"),
    ("check", "A condition that is told when it does not hold, and stops nothing.", "check \"named\" {\n  assert {\n    condition     = env.name != \"\"\n    error_message = \"There is no name.\"\n  }\n}\n"),
    ("data", "Looks something up that is there already.", "data \"caller_identity\" \"me\" {}\n\noutput \"account\" { value = data.caller_identity.me.account_id }\n"),
    ("access", "Who may reach a cache over the network: a security group of its own, with a rule for each client and the port of its engine.", "cache_cluster \"shop\" {\n  cluster_id      = \"shop\"\n  engine          = \"memcached\"\n  node_type       = \"cache.t4g.micro\"\n  num_cache_nodes = 1\n\n  access {\n    vpc_id     = \"vpc-0123456789abcdef0\"\n    from_cidrs = [\"10.0.0.0/16\"]\n  }\n}\n"),
    ("impact", "What clients notice of a call: none, blip, failover, write-pause, reboot or data-loss, in this order; `explain` knows each. --max-impact refuses a plan above one.", ""),
    ("alarms", "The usual alarms of a cache: a word for all of them, or a block that says otherwise of some.", "replication_group \"shop\" {\n  replication_group_id = \"shop\"\n  description          = \"Shop\"\n  node_type            = \"cache.t4g.micro\"\n  alarms               = \"standard\"\n}\n"),
    ("target", "The cache that alarms watch: one instance for each of its nodes, shards or groups, as `per` says. `node` and `group` are what each is about.", "replication_group \"shop\" {\n  replication_group_id = \"shop\"\n  description          = \"Shop\"\n  node_type            = \"cache.t4g.micro\"\n}\n\nalarm \"cpu\" {\n  target              = replication_group.shop\n  per                 = \"node\"\n  alarm_name          = \"${node.id}-cpu\"\n  metric_name         = \"CPUUtilization\"\n  statistic           = \"Average\"\n  comparison_operator = \"GreaterThanThreshold\"\n  threshold           = 80\n  period              = 300\n  evaluation_periods  = 2\n}\n"),
    ("per", "For what of a `target` alarms are made: node, shard or group.", "replication_group \"shop\" {\n  replication_group_id = \"shop\"\n  description          = \"Shop\"\n  node_type            = \"cache.t4g.micro\"\n}\n\nalarm \"lag\" {\n  target              = replication_group.shop\n  per                 = \"node\"\n  alarm_name          = \"${node.id}-lag\"\n  metric_name         = \"ReplicationLag\"\n  statistic           = \"Average\"\n  comparison_operator = \"GreaterThanThreshold\"\n  threshold           = 5\n  period              = 60\n  evaluation_periods  = 3\n}\n"),
    ("dynamic", "Nested blocks out of a collection: `for_each`, and `content` for what each of them holds.", "security_group \"shop\" {\n  name = \"shop\"\n\n  dynamic \"ingress\" {\n    for_each = [6379, 6380]\n    content {\n      from_port   = ingress.value\n      to_port     = ingress.value\n      protocol    = \"tcp\"\n      cidr_blocks = [\"10.0.0.0/8\"]\n    }\n  }\n}\n"),
    ("provider", "How AWS is reached: region, credentials, roles, endpoints, tags; one block without an alias, and others that a block chooses by `provider`.", "provider \"aws\" {\n  region = \"us-east-1\"\n}\n"),
    ("lint", "How much a rule counts: off, a warning or an error, in the whole stack. `# cachestack:ignore CODE REASON` is for one line.", "stack \"shop\" {\n  lint {\n    CS1027 = \"off\"\n  }\n}\n"),
    ("prevent_destroy", "In `lifecycle`: refuses every plan that would delete or replace the object.", "log_group \"logs\" {\n  name = \"/shop\"\n\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n"),
    ("create_before_destroy", "In `lifecycle`: the new object is made before the old one goes.", "log_group \"logs\" {\n  name = \"/shop\"\n\n  lifecycle {\n    create_before_destroy = true\n  }\n}\n"),
    ("ignore_changes", "In `lifecycle`: attributes that others may change; a plan leaves them as they are.", "log_group \"logs\" {\n  name = \"/shop\"\n\n  lifecycle {\n    ignore_changes = [retention_in_days]\n  }\n}\n"),
    ("replace_triggered_by", "In `lifecycle`: what replaces the object when it changes.", "log_group \"first\" { name = \"/shop/first\" }\n\nlog_group \"second\" {\n  name = \"/shop/second\"\n\n  lifecycle {\n    replace_triggered_by = [log_group.first]\n  }\n}\n"),
    ("drift", "What others have changed in the account since the last run. A plan tells it as such and puts back what the stack says; `cachestack drift` looks for it, and `apply -refresh-only` takes it over.", ""),
    ("blocked", "A guard stands against a step: it would lose data, destroy what is protected, or do more to clients than --max-impact allows. The line says what allows it; nothing is sent while one stands, but with --skip-blocked.", ""),
];

/// The word explained; none for another one.
pub fn explain(word: &str) -> Option<String> {
    let (word, meaning, example) = WORDS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(word))?;
    let example: Vec<String> = example.lines().map(|line| format!("    {line}\n").replace("    \n", "\n")).collect();
    let example = if example.is_empty() { String::new() } else { format!("\n{}", example.concat()) };
    Some(format!("{word}\n\n{meaning}\n{example}"))
}

/// Every word.
pub fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(word, ..)| *word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{Session, SessionOptions};

    /// Every example is a stack, beside the module that one of them calls.
    #[test]
    fn examples_are_valid() {
        for (word, _, example) in WORDS.iter().filter(|(.., example)| !example.is_empty()) {
            let place = tempfile::tempdir().expect("a directory");
            let write = |name: &str, text: &str| {
                let file = place.path().join(name);
                std::fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
                std::fs::write(file, text).expect("a file");
            };
            write("cache/main.hcl", "variable \"name\" { type = string }\n");
            write("main.hcl", example);
            if !example.contains("environment \"dev\"") {
                write("dev.hcl", "environment \"dev\" {\n  endpoint = \"emulator\"\n  region   = \"us-east-1\"\n}\n");
            }
            let options =
                SessionOptions { environment: Some("dev".to_owned()), ..SessionOptions::new(place.path().to_owned()) };
            let session = Session::open(&options);
            let wrong: Vec<_> = session.diagnostics.iter().filter(|one| one.is_error()).collect();
            assert!(wrong.is_empty(), "{word}: {wrong:#?}");
            assert!(example.contains(word), "{word}");
        }
    }
}
