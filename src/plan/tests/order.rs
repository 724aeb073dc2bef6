//! In which order steps come, and what each waits for.

use super::*;

#[test]
fn steps_are_ordered() {
    for (before, after, options, expected) in [
        (
            "",
            GROUP,
            Options::default(),
            &[
                "create subnet_group.s",
                "create replication_group.g <- create subnet_group.s",
                "create alarm.a[\"g-001\"] <- create replication_group.g",
                "create alarm.a[\"g-002\"] <- create replication_group.g",
            ] as &[&str],
        ),
        (
            GROUP,
            "",
            Options::default(),
            &[
                "delete alarm.a[\"g-001\"]",
                "delete alarm.a[\"g-002\"]",
                "delete replication_group.g <- delete alarm.a[\"g-001\"], delete alarm.a[\"g-002\"]",
                "delete subnet_group.s <- delete replication_group.g",
            ],
        ),
        (
            GROUP,
            &group(&[("\"g\"\n", "\"h\"\n")]),
            Options::default(),
            &[
                "delete replication_group.g",
                "create replication_group.g <- delete replication_group.g",
                "create alarm.a[\"h-001\"] <- create replication_group.g",
                "create alarm.a[\"h-002\"] <- create replication_group.g",
                "delete alarm.a[\"g-001\"] <- create replication_group.g",
                "delete alarm.a[\"g-002\"] <- create replication_group.g",
            ],
        ),
        (
            GROUP,
            &group(&[("= \"s\"", "= \"t\"")]),
            Options::default(),
            &[
                "create subnet_group.s",
                "delete replication_group.g <- create subnet_group.s",
                "create replication_group.g <- create subnet_group.s, delete replication_group.g",
                "delete subnet_group.s <- create subnet_group.s, delete replication_group.g, create replication_group.g",
            ],
        ),
        (
            GROUP,
            &group(&[("= 2\n  subnet", "= 1\n  subnet")]),
            Options::default(),
            &["update replication_group.g", "delete alarm.a[\"g-002\"] <- update replication_group.g"],
        ),
    ] {
        check(before, after, &options, ordered, expected);
    }
}

/// All names change, and each waits for others: what holds data still goes last, and nothing comes before what it needs.
#[test]
fn renamed_together() {
    let one = group(&[
        ("  for_each            = replication_group.g.member_clusters\n", ""),
        ("a-${each.key}", "a"),
        ("each.key", "\"${replication_group.g.id}-001\""),
    ]);
    let names = [("= \"s\"", "= \"t\""), ("= \"g\"", "= \"h\""), ("= \"a\"", "= \"b\"")];
    let renamed = names.iter().fold(one.clone(), |text, (old, new)| text.replace(old, new));
    let expected = [
        "create subnet_group.s",
        "delete replication_group.g <- create subnet_group.s",
        "create replication_group.g <- create subnet_group.s, delete replication_group.g",
        "delete alarm.a <- create replication_group.g",
        "create alarm.a <- create replication_group.g, delete alarm.a",
        "delete subnet_group.s <- create subnet_group.s, delete replication_group.g, create replication_group.g",
    ];
    check(&one, &renamed, &Options::default(), ordered, &expected);
}
