//! What shells are offered, and that they take the scripts.

use std::process::Command;

use crate::harness::Place;

const STACK: &str = r#"
environment "staging" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "production" {
  endpoint = "emulator"
  region   = "us-west-2"
}

stack "shop" {
  default_environment = "staging"
}

replication_group "shop" {
  replication_group_id = "shop"
  node_type            = "cache.t4g.small"
}

parameter_group "p" {
  for_each = toset(["a"])
  name     = "p-${each.key}"
  family   = "redis7"
}

parameter_group "key" {
  for_each = { "$(touch PWNED); 'b' `c`*" = "a", "hidden\u202e" = "b" }
  name     = "key-${each.value}"
  family   = "redis7"
}

variable "size" { default = 1 }

output "kinds" { value = 2 }
"#;

/// The same, asked again while something is missing: the account has three seconds to answer, and the machine may be busy.
fn offered_in_time(place: &Place, words: &[&str], wanted: &[&str]) -> Vec<String> {
    let has_all = |found: &Vec<String>| wanted.iter().all(|word| found.iter().any(|one| one == word));
    let mut tries = (0..10).map(|_| offered(place, words));
    tries.find(has_all).unwrap_or_else(|| offered(place, words))
}

/// What the program offers for the last of these words, in the protocol of fish: one candidate in each line.
fn offered(place: &Place, words: &[&str]) -> Vec<String> {
    let typed = [&["--", "cachestack"], words].concat();
    let output = place.program(&typed).env("CACHESTACK_COMPLETE", "fish").output().expect("an answer");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

/// The same in the protocol of bash.
fn offered_to_bash(place: &Place, words: &[&str]) -> String {
    offered_in_a_quote(place, words, "")
}

/// The same where the last word has begun with a quote.
fn offered_in_a_quote(place: &Place, words: &[&str], quote: &str) -> String {
    let mut program = place.program(&[&["--", "cachestack"], words].concat());
    program.env("CACHESTACK_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    program.envs([("_CLAP_COMPLETE_COMP_TYPE", "9"), ("_CLAP_IFS", "\n"), ("_CLAP_COMPLETE_SPACE", "true")]);
    let last = words.last().expect("a word");
    program.env("CACHESTACK_TYPED", format!("{quote}{last}"));
    String::from_utf8(program.output().expect("an answer").stdout).expect("text")
}

#[test]
fn what_is_known_is_offered() {
    let mut place = Place::new();
    place.env("CACHESTACK_EMULATOR_SPEED", "instant");
    place.write("main.hcl", STACK);
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["backup", "replication_group.shop", "--name", "before-sale"]).expect(0);
    place.write("shop/main.hcl", &STACK.replace("\"shop\" {", "\"till\" {"));
    // Bash takes what it is offered as it is, and an equals sign for a word.
    let for_bash: [(&[&str], &str); 4] = [
        (&["state", "show", "parameter_group.p"], r#"parameter_group.p\[\"a\"\]"#),
        (&["plan", "--environment", "=", "prod"], "production"),
        (&["plan", "-max-impact", "=", "b"], "blip"),
        (&["plan", "-e", "=", "prod"], "production"),
    ];
    for (words, wanted) in for_bash {
        assert_eq!(offered_to_bash(&place, words).trim(), wanted, "{words:?}");
    }
    let key = offered_to_bash(&place, &["state", "show", "parameter_group.key"]);
    let in_a_quote = |quote: &str| {
        let key = offered_in_a_quote(&place, &["state", "show", "parameter_group.key"], quote);
        format!("{quote}{}{quote}", key.trim())
    };
    for key in [key.trim().to_owned(), in_a_quote("'"), in_a_quote("\"")] {
        let said = Command::new("bash").args(["-c", &format!("printf %s {key}")]).current_dir(place.path()).output();
        let said = String::from_utf8(said.expect("bash").stdout).expect("text");
        assert_eq!(said, "parameter_group.key[\"$(touch PWNED); 'b' `c`*\"]", "{key}");
    }
    assert!(!place.path().join("PWNED").exists());
    let table: [(&[&str], &[&str]); 20] = [
        (&["output", ""], &["kinds"]),
        (&["plan", "--var", ""], &["size="]),
        (&["plan", "--endpoint", "e"], &["emulator"]),
        (&["backup", ""], &["replication_group.shop"]),
        (&["backup", "param"], &[]),
        (&["plan", "-target", ""], &["replication_group.shop"]),
        (&["plan", "shop", "-target", ""], &["replication_group.till"]),
        (&["state", "list", ""], &["replication_group.shop"]),
        (&["plan", "-e", ""], &["production", "staging"]),
        (&["plan", "-e", "prod"], &["production"]),
        (&["plan", "-e", "staging", "--target", ""], &["replication_group.shop"]),
        (&["plan", "--max-impact", "b"], &["blip"]),
        (&["init", "--template", ""], &[]),
        (&["explain", "CS0401"], &["CS0401"]),
        (&["explain", "cidrh"], &["cidrhost"]),
        (&["explain", "write"], &["write-pause"]),
        (
            &["explain", "replication_group.nod"],
            &["replication_group.node_type", "replication_group.node_group_configuration"],
        ),
        (&["restore", "replication_group.shop", "--snapshot", "bef"], &["before-sale"]),
        (&["snapshot", "delete", ""], &["before-sale"]),
        (&["-C", "/nowhere-at-all", "plan", "-e", ""], &[]),
    ];
    for (words, wanted) in table {
        let found = offered_in_time(&place, words, wanted);
        match words {
            ["init", ..] => assert!(found.len() > 1, "{found:?}"),
            _ => assert!(wanted.iter().all(|word| found.iter().any(|one| one == word)), "{words:?}: {found:?}"),
        }
        assert!(
            !wanted.is_empty() || words[0] == "init" || found.iter().all(|one| one.starts_with('-')),
            "{words:?}: {found:?}"
        );
    }
}

#[test]
fn every_shell_has_a_script() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = place.run(&["completion", shell]).expect(0).stdout;
        assert!(script.contains("CACHESTACK_COMPLETE"), "{shell}: {script}");
    }
    // The one that every machine of ours has.
    place.write("completion.bash", &place.run(&["completion", "bash"]).expect(0).stdout);
    assert!(place.read("completion.bash").contains("CACHESTACK_TYPED=\"${COMP_WORDS[COMP_CWORD]}\""));
    let known = Command::new("bash")
        .args(["-c", "source ./completion.bash && complete -p cachestack"])
        .current_dir(place.path())
        .output()
        .expect("bash");
    let said = String::from_utf8_lossy(&known.stdout);
    assert!(known.status.success() && said.contains("-F"), "{said}{}", String::from_utf8_lossy(&known.stderr));
}

/// A manual page for each command, which `man` can set.
#[test]
fn every_command_has_a_manual_page() {
    let place = Place::new();
    place.run(&["man", "--out", "pages"]).expect(0);
    let pages: Vec<String> = std::fs::read_dir(place.path().join("pages"))
        .expect("pages")
        .map(|entry| entry.expect("a page").file_name().to_string_lossy().into_owned())
        .collect();
    let help = place.run(&["--help"]).expect(0).stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = commands.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut count = 0;
    for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        assert!(pages.contains(&format!("cachestack-{name}.1")), "{name}: {pages:?}");
        count += 1;
    }
    assert!(count > 30, "{help}");
    let of_plan = std::fs::read_to_string(place.path().join("pages/cachestack-plan.1")).expect("a page");
    assert!(of_plan.contains("Exit codes: 0 done"), "{of_plan}");
    let first = place.run(&["man"]).expect(0).stdout;
    assert!(first.contains(".SH NAME") && first.contains("Exit codes: 0 done"), "{first}");
}
