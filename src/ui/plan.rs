//! A plan for people: what matters, unless everything is asked for.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::{AnsiColor, Style};

use crate::address::Address;
use crate::diag::visible;
use crate::kind::{Impact, Mark};
use crate::kinds;
use crate::plan::{Action, AttrChange, Counts, Drift, Plan, Reason, Step};
use crate::schema::Mode;
use crate::ui::difference::Key;
use crate::ui::environments::columns;
use crate::ui::terraform::names;
use crate::ui::value::{SENSITIVE, UNKNOWN, inline, plain, show, whole};
use crate::ui::{GREEN, RED, Ui, YELLOW, alike, at_least, calls, cost, difference, impact_style, style};
use crate::value::{Data, Value, same};

/// The whole text of a plan.
pub fn render(ui: Ui, plan: &Plan, environment: &str, place: &str) -> String {
    let mut out = String::new();
    notes(plan, &mut out);
    if plan.is_empty() && !plan.skipped.is_empty() {
        out.push_str(&format!("Nothing is left to be done in environment \"{environment}\" ({place}).\n"));
        left_out(ui, plan, &mut out);
        return out;
    }
    if plan.is_empty() {
        out.push_str(&nothing(plan, &format!("nvironment \"{environment}\" ({place})")));
        return out;
    }
    if !plan.steps.is_empty() || !plan.drift.is_empty() {
        out.push_str(&format!("Plan for environment \"{environment}\" ({place}):\n\n"));
        out.push_str(&legend(ui, plan));
    }
    for (from, to) in &plan.moves {
        out.push_str(&format!("  # {from} has moved to {to}\n\n"));
    }
    for (address, id) in &plan.taken_back {
        out.push_str(&format!("  # {address} is its former object again: \"{id}\"; what took its place goes\n\n"));
    }
    for imported in &plan.imports {
        out.push_str(&format!(
            "  # {} will be imported: \"{}\"\n\n",
            imported.address,
            visible::line(&imported.record.id)
        ));
    }
    for drift in plan.drift.iter().filter(|drift| !drift.changes.is_empty()) {
        let head = "was changed by others; its record takes that over, nothing is sent";
        out.push_str(&drifted(ui, drift, head, &plan.as_terraform));
        out.push('\n');
    }
    for told in alike::gathered(ui, shown(plan).iter().map(|shown| block(ui, shown)).collect()) {
        out.push_str(&told);
    }
    outputs(ui, plan, &mut out);
    out.push_str(&table(plan));
    out.push_str(&format!("Plan: {}.\n", counts(plan.counts())));
    out.push_str(&summary(ui, plan));
    out.push_str(&cost::render(&crate::plan::cost::of(plan)));
    for why in plan.against() {
        let word = ui.paint(style(RED).bold(), "BLOCKED");
        out.push_str(&format!("{word} {why}.\n"));
    }
    left_out(ui, plan, &mut out);
    out
}

/// What is said where nothing is to be done.
fn nothing(plan: &Plan, environment: &str) -> String {
    match plan.unchanged {
        _ if plan.partial => {
            format!("No changes in what was asked for; the rest of e{environment} was left out.\n")
        }
        0 => format!("No changes. E{environment} has no resources.\n"),
        unchanged => {
            format!("No changes. E{environment} is as the stack says; {} unchanged.\n", count(unchanged, "resource"))
        }
    }
}

/// The signs of a plan, those that it has: `+ create, -/+ replace, the old one first`.
fn legend(ui: Ui, plan: &Plan) -> String {
    let meanings = [
        ("+", GREEN, "create"),
        ("~", YELLOW, "change"),
        ("+/-", RED, "replace, the new one first"),
        ("-/+", RED, "replace, the old one first"),
        ("-", RED, "destroy or forget"),
        ("<=", AnsiColor::Cyan, "read"),
    ];
    let drifted = plan.drift.iter().any(|drift| !drift.changes.is_empty());
    let mut used: BTreeSet<&str> = shown(plan).iter().map(|shown| heading(shown).1).collect();
    used.extend(drifted.then_some("~"));
    let told = meanings.iter().filter(|(sign, ..)| used.contains(sign));
    let told: Vec<String> =
        told.map(|(sign, colour, word)| format!("{} {word}", ui.paint(style(*colour), sign))).collect();
    if told.is_empty() { String::new() } else { format!("  {}\n{}\n", told.join(", "), owned(plan)) }
}

/// The tags that no plan shows, told with the first one of an environment.
fn owned(plan: &Plan) -> &'static str {
    let is_first = plan.unchanged == 0 && plan.steps.iter().all(|step| step.before.is_none());
    let is_tagged = |step: &Step| kinds::get(&step.address.kind).is_some_and(|kind| kind.schema().taggable());
    match is_first && plan.steps.iter().any(is_tagged) {
        true => "  What is created also gets the tags cachestack:stack, cachestack:environment and cachestack:id.\n",
        false => "",
    }
}

/// From so many instances on, of several kinds, a table says how many there are of each.
const TABLE_FROM: usize = 10;

/// How many instances of each kind are made, changed and destroyed, where there are many of several kinds.
fn table(plan: &Plan) -> String {
    let shown = shown(plan);
    let mut kinds: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for one in &shown {
        let counted = kinds.entry(&one.address.kind).or_default();
        for step in one.steps() {
            let column = match step.action {
                Action::Create => 0,
                Action::Update => 1,
                Action::Delete => 2,
                Action::Forget => 3,
                Action::Read => continue,
            };
            counted[column] += 1;
        }
    }
    kinds.retain(|_, counted| counted.iter().sum::<usize>() > 0);
    if kinds.len() < 2 || shown.len() < TABLE_FROM {
        return String::new();
    }
    let row = |(kind, counted): (&&str, &[usize; 4])| {
        [&[(*kind).to_owned()], &counted.map(|number| number.to_string())[..]].concat().try_into().ok()
    };
    let rows: Vec<[String; 5]> = kinds.iter().filter_map(row).collect();
    columns(&["Kind", "add", "change", "destroy", "forget"], &rows, |column| column > 0) + "\n"
}

/// What `--skip-blocked` leaves out, and why.
fn left_out(ui: Ui, plan: &Plan, out: &mut String) {
    for skipped in &plan.skipped {
        let word = ui.paint(style(YELLOW).bold(), "LEFT OUT");
        out.push_str(&format!("{word} {}: {}.\n", skipped.address, skipped.reason));
    }
}

fn notes(plan: &Plan, out: &mut String) {
    for note in &plan.notes {
        let address = note.address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
        out.push_str(&format!("Note: {address}{}.\n", visible::line(&note.text)));
    }
    if !plan.notes.is_empty() {
        out.push('\n');
    }
}

/// A number of things: `1 resource`, `2 resources`.
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// `1 to add, 2 to change, 0 to destroy`
pub fn counts(counts: Counts) -> String {
    let forget = if counts.forget > 0 { format!(", {} to forget", counts.forget) } else { String::new() };
    let import = if counts.import > 0 { format!("{} to import, ", counts.import) } else { String::new() };
    let take = if counts.drift > 0 { format!("{} to take over, ", counts.drift) } else { String::new() };
    format!("{take}{import}{} to add, {} to change, {} to destroy{forget}", counts.add, counts.change, counts.destroy)
}

/// The worst impact, and how long it will take along the longest way through the edges.
pub fn summary(ui: Ui, plan: &Plan) -> String {
    let worst = plan.impact();
    let longest = plan.longest_way();
    let mut text = String::new();
    if worst > Impact::None {
        let at = named(plan.steps.iter().filter(|step| step.impact() == worst)).unwrap_or_default();
        let word = ui.paint(impact_style(worst), worst.word());
        text.push_str(&format!("Impact: {word} ({at}).\n"));
    }
    let marked = |mark: Mark| {
        let has = |step: &&Step| step.calls.iter().any(|call| call.marks.contains(&mark));
        Some(format!("{} ({})", mark.word(), named(plan.steps.iter().filter(has))?))
    };
    let marks: Vec<String> = Mark::ALL.into_iter().filter_map(marked).collect();
    if !marks.is_empty() {
        text.push_str(&format!("Marks: {}.\n", marks.join(", ")));
    }
    if longest > 5 {
        text.push_str(&format!("Expected duration on AWS: at least {}.\n", at_least(longest)));
    }
    text
}

/// The first addresses of steps, and how many more there are; none where there are none.
pub fn named<'a>(steps: impl Iterator<Item = &'a Step>) -> Option<String> {
    let at: Vec<String> = steps.map(|step| step.address.to_string()).collect();
    match at.len() {
        0 => None,
        1..=3 => Some(at.join(", ")),
        more => Some(format!("{} and {} more", at[..3].join(", "), more - 3)),
    }
}

/// What others have changed.
pub fn drifted(ui: Ui, drift: &Drift, head: &str, as_terraform: &BTreeSet<Address>) -> String {
    let address = ui.paint(Style::new().bold(), &drift.address.to_string());
    let sign = ui.paint(style(YELLOW), "~");
    let mut out = format!("  # {address} {head}\n");
    if drift.changes.is_empty() {
        return out;
    }
    let header = header(&drift.address, as_terraform.contains(&drift.address.config()));
    out.push_str(&format!("  {sign} {header} {{\n"));
    let width = drift.changes.iter().map(|change| name(change).len()).max().unwrap_or(0);
    let told = |change: &AttrChange| attribute(ui, change, key_of(&drift.address, change.name), width, false);
    drift.changes.iter().for_each(|change| out.push_str(&told(change)));
    out + "    }\n"
}

/// What is shown together: both halves of a replacement are one.
pub struct Shown<'a> {
    /// The instance.
    pub address: &'a Address,
    /// What becomes of it; of a replacement the half that makes.
    pub main: &'a Step,
    /// The other half.
    pub other: Option<&'a Step>,
    /// Whether its block is spelled as Terraform's.
    pub as_terraform: bool,
}

impl Shown<'_> {
    /// Its steps in the order in which they are made.
    pub fn steps(&self) -> Vec<&Step> {
        let mut steps: Vec<&Step> = self.other.into_iter().chain([self.main]).collect();
        if matches!(&self.main.reason, Reason::Replaced { create_first: true, .. }) {
            steps.reverse();
        }
        steps
    }
}

/// The steps of a plan by instance.
pub fn shown(plan: &Plan) -> Vec<Shown<'_>> {
    let mut all: Vec<Shown> = Vec::new();
    let mut places: BTreeMap<&Address, usize> = BTreeMap::new();
    for step in &plan.steps {
        let replaced = matches!(step.reason, Reason::Replaced { .. });
        match places.get(&step.address).copied().filter(|_| replaced) {
            Some(at) => {
                let first = all[at].main;
                let (main, other) = if step.action == Action::Create { (step, first) } else { (first, step) };
                all[at] = Shown { main, other: Some(other), ..all[at] };
            }
            None => {
                if replaced {
                    places.insert(&step.address, all.len());
                }
                let as_terraform = plan.as_terraform.contains(&step.address.config());
                all.push(Shown { address: &step.address, main: step, other: None, as_terraform });
            }
        }
    }
    all
}

/// What becomes of an instance, in the pieces by which it is known to be like another.
fn block<'a>(ui: Ui, shown: &Shown<'a>) -> alike::Told<'a> {
    let (words, sign, colour) = heading(shown);
    let calls = calls::told(ui, &shown.steps());
    let told =
        alike::Told { step: shown.main, words, head: String::new(), lines: Vec::new(), tail: String::new(), calls };
    match shown.main.reason {
        Reason::Rebooted => told,
        _ => body(ui, shown, (sign, colour), told),
    }
}

/// The header of a block, as it is spelled.
fn header(Address { mode, kind, name, .. }: &Address, as_terraform: bool) -> String {
    match (mode.word(), as_terraform) {
        ("", true) => format!("resource \"{}\" \"{name}\"", names::kind(*mode, kind)),
        (word, true) => format!("{word} \"{}\" \"{name}\"", names::kind(*mode, kind)),
        ("", false) => format!("{kind} \"{name}\""),
        (word, false) => format!("{word} {kind} \"{name}\""),
    }
}

/// What differs, as a block.
fn body<'a>(ui: Ui, shown: &Shown, (sign, colour): (&str, AnsiColor), told: alike::Told<'a>) -> alike::Told<'a> {
    let head = format!(
        "{} {} {{\n",
        ui.paint(style(colour), &format!("{sign:>3}")),
        header(shown.address, shown.as_terraform)
    );
    let replaced = matches!(shown.main.reason, Reason::Replaced { .. });
    let creating = shown.main.action == Action::Create && !replaced;
    let is_told = |change: &&AttrChange| ui.full || !creating || is_written(shown.main, change.name);
    let (changes, folded): (Vec<&AttrChange>, Vec<&AttrChange>) = shown.main.changes.iter().partition(is_told);
    let width = changes.iter().map(|change| name(change).len()).max().unwrap_or(0);
    let line = |change: &AttrChange| alike::Line {
        text: attribute(ui, change, key_of(shown.address, change.name), width, creating),
        label: format!("      {} {:width$}", ui.paint(style(colour), sign), name(change)),
        value: if change.after.is_sensitive_anywhere() { SENSITIVE.to_owned() } else { inline(&change.after) },
    };
    let lines = changes.into_iter().map(line).collect();
    let mut tail = left_folded(&folded);
    if shown.main.action == Action::Delete {
        tail.push_str(&deleted(ui, shown.main));
    }
    tail.push_str("    }\n");
    alike::Told { head, lines, tail, ..told }
}

/// Whether the block says something of an attribute; of tags, so may the stack.
fn is_written(step: &Step, name: &str) -> bool {
    name == "tags_all" || step.record.set.contains(name)
}

/// What a block that is made leaves to defaults and to AWS, in a line.
fn left_folded(folded: &[&AttrChange]) -> String {
    let (unknown, known): (Vec<&AttrChange>, Vec<&AttrChange>) =
        folded.iter().partition(|change| change.after.is_unknown());
    let told = |all: &[&AttrChange], what: &str| (!all.is_empty()).then(|| format!("{} {what}", all.len()));
    let told: Vec<String> =
        [told(&known, "by default"), told(&unknown, "known after apply")].into_iter().flatten().collect();
    if told.is_empty() { String::new() } else { format!("      # and {}\n", told.join(", ")) }
}

fn name(change: &AttrChange) -> &'static str {
    if change.name == "tags_all" { "tags" } else { change.name }
}

fn heading(shown: &Shown) -> (String, &'static str, AnsiColor) {
    let step = shown.main;
    match (&step.reason, step.action) {
        (Reason::Replaced { causes, create_first }, _) => {
            let how = if *create_first { "the new one first" } else { "the old one first" };
            let sign = if *create_first { "+/-" } else { "-/+" };
            let stays = shown.other.is_some_and(|old| old.action == Action::Forget);
            let how = if stays { "the old one stays and is forgotten" } else { how };
            (format!("must be replaced, {how}: {}", causes.join(", ")), sign, RED)
        }
        (Reason::Vanished, Action::Create) => ("is gone and will be created again".to_owned(), "+", GREEN),
        (Reason::Vanished, Action::Forget) => ("is gone already; its record will be dropped".to_owned(), "-", YELLOW),
        (_, Action::Create) => ("will be created".to_owned(), "+", GREEN),
        (Reason::Rebooted, _) => ("has nodes that will be restarted".to_owned(), "~", YELLOW),
        (_, Action::Update) if step.calls.is_empty() => ("will be updated in the state only".to_owned(), "~", YELLOW),
        (_, Action::Update) => ("will be updated in place".to_owned(), "~", YELLOW),
        (Reason::Deposed, Action::Delete) => ("has a successor; the old object will be destroyed".to_owned(), "-", RED),
        (Reason::Orphan(gone), Action::Delete) => (format!("will be destroyed, because {}", gone.words()), "-", RED),
        (_, Action::Delete) => ("will be destroyed".to_owned(), "-", RED),
        (_, Action::Forget) => ("will be forgotten; the object stays".to_owned(), "-", YELLOW),
        (_, Action::Read) => ("will be read during apply".to_owned(), "<=", AnsiColor::Cyan),
    }
}

/// The attribute that tells the elements of a nested block apart.
fn key_of(address: &Address, name: &str) -> Option<Key> {
    let attr = kinds::get(&address.kind)?.schema().attr(name)?;
    Some(Key { member: attr.block.as_ref()?.key?, open: attr.mode == Mode::OptionalComputed })
}

fn attribute(ui: Ui, change: &AttrChange, key: Option<Key>, width: usize, creating: bool) -> String {
    let label = format!("{:width$}", name(change));
    let forces = remark(ui, change);
    let secret = change.before.is_sensitive_anywhere() || change.after.is_sensitive_anywhere();
    let is_new = (creating || !secret) && change.before.is_null();
    if creating || is_new {
        let sign = ui.paint(style(GREEN), "+");
        if let (Data::String(text), false) = (&change.after.data, secret)
            && text.contains('\n')
        {
            return format!("      {sign} {label} = <<-EOT{forces}\n{}        EOT\n", lines(text, "          "));
        }
        return format!("      {sign} {label} = {}{forces}\n", show(&change.after, 8));
    }
    let sign = ui.paint(style(YELLOW), "~");
    if secret && change.after.is_null() {
        return format!("      {sign} {label} = {SENSITIVE} -> null{forces}\n");
    }
    if secret {
        return format!("      {sign} {label} = {SENSITIVE} -> {SENSITIVE}{forces}\n");
    }
    if let Some(diff) = difference::of_values(ui, key, &change.before, &change.after) {
        return format!("      {sign} {}:{forces}\n{diff}", name(change));
    }
    format!("      {sign} {label} = {} -> {}{forces}\n", show(&change.before, 8), show(&change.after, 8))
}

/// Behind a change: what it forces, and whose doing made it necessary.
fn remark(ui: Ui, change: &AttrChange) -> String {
    let mut out = if change.replaces { ui.paint(style(RED), "  # forces replacement") } else { String::new() };
    if let Some(recorded) = &change.recorded {
        let is_long = recorded.as_items().is_some() || recorded.as_object().is_some();
        let was = match is_long || same(recorded, &change.after) {
            true => String::new(),
            false => format!(", it was {}", inline(recorded)),
        };
        out.push_str(&ui.paint(style(YELLOW), &format!("  # changed by others{was}")));
    }
    out
}

fn lines(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{indent}{}\n", plain(line))).collect()
}

/// What tells which object goes.
fn deleted(ui: Ui, step: &Step) -> String {
    let before = step.before.clone().unwrap_or_default();
    let attrs = kinds::get(&step.address.kind).map(|kind| &*kind.schema().attrs).unwrap_or_default();
    let told = attrs.iter().filter(|attr| attr.told_at_deletion).map(|attr| attr.name);
    let sign = ui.paint(style(RED), "-");
    let present: Vec<(&str, &Value)> = ["id"]
        .into_iter()
        .chain(told)
        .filter_map(|name| before.get(name).map(|value| (name, value)))
        .filter(|(_, value)| !value.is_null())
        .collect();
    let width = present.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    present.iter().map(|(name, value)| format!("      {sign} {name:width$} = {}\n", inline(value))).collect()
}

fn outputs(ui: Ui, plan: &Plan, out: &mut String) {
    if plan.changed_outputs.is_empty() {
        return;
    }
    out.push_str("Changes to outputs:\n");
    let width = plan.changed_outputs.iter().map(String::len).max().unwrap_or(0);
    for name in &plan.changed_outputs {
        let after = plan.outputs.get(name).map(|value| match value {
            value if value.sensitive => SENSITIVE.to_owned(),
            value if value.is_unknown() => UNKNOWN.to_owned(),
            value => whole(value, 4),
        });
        let before = plan.old_outputs.get(name);
        let before = before.map(|value| value.as_ref().map_or_else(|| SENSITIVE.to_owned(), |value| whole(value, 4)));
        let name = format!("{name:width$}");
        let (mark, colour, text) = match (before, after) {
            (Some(before), Some(after)) => ("~", YELLOW, format!("{name} = {before} -> {after}")),
            (None, Some(after)) => ("+", GREEN, format!("{name} = {after}")),
            (_, None) => ("-", RED, name),
        };
        out.push_str(&format!("  {} {text}\n", ui.paint(style(colour), mark)));
    }
    out.push('\n');
}
