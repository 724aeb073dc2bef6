//! One mistake is told once, however many instances and environments it concerns.

use std::collections::BTreeMap;

use indexmap::IndexSet;

use super::{Diagnostic, Severity, SourceMap, Span, sort};

/// So many are named.
const NAMED: usize = 3;

/// What two messages that are one have in common: the place and the rule; and the how-manieth it is there of one instance.
type Key = (Severity, &'static str, Span, usize);

/// What was found in several environments of one stack, each mistake once, in reading order, and the texts that it is in.
pub fn join(found: Vec<(&str, Vec<Diagnostic>, &SourceMap)>) -> (Vec<Diagnostic>, SourceMap) {
    let environments: Vec<&str> = found.iter().map(|(name, ..)| *name).collect();
    let mut sources = SourceMap::default();
    let mut all = Vec::new();
    for (name, diagnostics, own) in found {
        let files = sources.join(own);
        all.extend(diagnostics.into_iter().map(|one| (name, one.renumbered(&files))));
    }
    let mut told = gather(all, &environments);
    sort(&mut told);
    (told, sources)
}

/// Joins what is said of several instances of a block, or in several environments, at one place. What has no
/// place is joined where it is the same word for word.
/// `found` has the environment of each; `environments` are all that were looked at.
pub fn gather(found: Vec<(&str, Diagnostic)>, environments: &[&str]) -> Vec<Diagnostic> {
    let mut told: Vec<(Diagnostic, IndexSet<String>, Vec<&str>)> = Vec::new();
    let mut places: BTreeMap<Key, Vec<(String, usize)>> = BTreeMap::new();
    let mut counts: BTreeMap<(&str, Option<String>, &'static str, Span), usize> = BTreeMap::new();
    for (environment, one) in found {
        let Some(span) = one.span else {
            match told.iter_mut().find(|(known, _, of)| *known == one && !of.contains(&environment)) {
                Some((_, _, of)) => of.push(environment),
                None => told.push((one, IndexSet::new(), vec![environment])),
            }
            continue;
        };
        let count = counts.entry((environment, one.address.clone(), one.code, span)).or_default();
        *count += 1;
        let block = one.address.as_deref().map(|address| address.split('[').next().unwrap_or_default());
        let (key, block) = ((one.severity, one.code, span, *count), block.unwrap_or_default().to_owned());
        let name = block.clone();
        let instances: Vec<String> =
            if one.instances.is_empty() { one.address.iter().cloned().collect() } else { one.instances.clone() };
        // Blocks that stand for others have one place, and may have one mistake.
        let known = places.entry(key).or_default();
        let same = known.iter().find(|(of, at)| *of == block || told[*at].0.detail == one.detail).map(|(_, at)| *at);
        let at = same.unwrap_or_else(|| {
            known.push((block, told.len()));
            told.push((one, IndexSet::new(), Vec::new()));
            told.len() - 1
        });
        let (first, all, of) = &mut told[at];
        // Of several blocks nobody wants to know how many instances they have.
        if !is_of(first.address.as_deref(), &name) {
            first.of_instances = 0;
        }
        all.extend(instances);
        if !of.contains(&environment) {
            of.push(environment);
        }
    }
    let finish = |(mut one, instances, of): (Diagnostic, IndexSet<String>, Vec<&str>)| {
        one.instances = if instances.len() > 1 { instances.into_iter().collect() } else { Vec::new() };
        let some = of.len() < environments.len();
        one.environments = of.into_iter().filter(|_| some).map(str::to_owned).collect();
        one
    };
    told.into_iter().map(finish).collect()
}

fn is_of(address: Option<&str>, block: &str) -> bool {
    address.is_none_or(|address| address.split('[').next() == Some(block))
}

/// Which instances a message concerns, and in which environments; nothing where it is one in all of them.
pub fn concerns(one: &Diagnostic) -> Option<String> {
    let said = [("of", &one.instances), ("in", &one.environments)];
    let parts: Vec<String> = said
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word} {}", list(names)))
        .collect();
    let share = match (one.instances.len(), one.of_instances) {
        (some @ 2.., all) if some < all => vec![format!("{some} of {all}")],
        _ => Vec::new(),
    };
    let parts: Vec<String> = match one.instances.is_empty() {
        true => parts,
        false => parts[..1].iter().cloned().chain(share).chain(parts[1..].iter().cloned()).collect(),
    };
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `a`, `a and b`, `a, b, c and 4 more`
fn list(names: &[String]) -> String {
    let shown = names.len().min(NAMED + usize::from(names.len() == NAMED + 1));
    match (names.len() - shown, &names[..shown]) {
        (0, [.., last]) if shown > 1 => format!("{} and {last}", names[..shown - 1].join(", ")),
        (0, shown) => shown.join(", "),
        (more, shown) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    #[test]
    fn one_mistake_is_told_once() {
        let at = |start: u32| Span { file: FileId(0), start, end: start + 1 };
        let of = |address: &str, start: u32, detail: &str| {
            Diagnostic::error("CS0541", "s", detail).at(at(start)).of(address)
        };
        let nowhere = Diagnostic::error("CS0351", "s", "d");
        let many = (0..6).map(|index| ("dev", of(&format!("alarm.a[{index}]"), 7, "d"))).collect::<Vec<_>>();
        let cases: Vec<(Vec<(&str, Diagnostic)>, &[&str], &[Option<&str>])> = vec![
            (vec![("dev", of("a.x", 1, "d"))], &["dev"], &[None]),
            (vec![("dev", of("a.x", 1, "d")), ("prod", of("a.x", 1, "d"))], &["dev", "prod"], &[None]),
            (vec![("dev", of("a.x", 1, "d"))], &["dev", "prod"], &[Some("in dev")]),
            (
                vec![("dev", of("a.x[0]", 1, "d")), ("dev", of("a.x[1]", 1, "e"))],
                &["dev"],
                &[Some("of a.x[0] and a.x[1]")],
            ),
            (vec![("dev", of("a.x", 1, "d")), ("dev", of("a.x", 1, "e"))], &["dev"], &[None, None]),
            (vec![("dev", of("a.x", 1, "d")), ("dev", of("a.x", 3, "d"))], &["dev"], &[None, None]),
            (vec![("dev", of("a.x", 1, "d")), ("dev", of("a.y", 1, "e"))], &["dev"], &[None, None]),
            (vec![("dev", of("a.x", 1, "d")), ("dev", of("a.y", 1, "d"))], &["dev"], &[Some("of a.x and a.y")]),
            (vec![("dev", nowhere.clone()), ("prod", nowhere.clone())], &["dev", "prod"], &[None]),
            (vec![("prod", nowhere.clone())], &["dev", "prod"], &[Some("in prod")]),
            (many, &["dev", "prod"], &[Some("of alarm.a[0], alarm.a[1], alarm.a[2] and 3 more, in dev")]),
        ];
        let of = |count: usize| {
            let one = |index: u32| ("dev", Diagnostic { of_instances: 4, ..of(&format!("a.x[{index}]"), 1, "d") });
            (0..count as u32).map(one).collect::<Vec<_>>()
        };
        let all: Vec<_> =
            [2, 4].map(|count| gather(of(count), &["dev", "prod"]).iter().map(concerns).collect::<Vec<_>>()).concat();
        let share = "of a.x[0] and a.x[1], 2 of 4, in dev";
        assert_eq!(all.iter().flatten().collect::<Vec<_>>(), [share, "of a.x[0], a.x[1], a.x[2] and a.x[3], in dev"]);
        for (found, environments, want) in cases {
            let told = gather(found, environments);
            let said: Vec<_> = told.iter().map(concerns).collect();
            assert_eq!(said.iter().map(Option::as_deref).collect::<Vec<_>>(), want);
        }
    }
}
