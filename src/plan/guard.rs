//! What stands against a plan: protection, `prevent_destroy`, data that would be lost or money that would be spent without leave, and an impact that
//! is worse than allowed. One place for everything that deletes, whatever the reason.

use crate::kind::Impact;
use crate::kinds;
use crate::lang::ast::Expr;
use crate::lang::eval::eval;
use crate::plan::draft::Draft;
use crate::plan::emptied::emptied;
use crate::plan::named::named;
use crate::plan::{Action, Blocked, Options, Plan, Reason, Step, cost, whose};
use crate::shell;
use crate::value::Type;
use crate::value::convert::convert;

/// Every guard that stands against a step.
pub fn guard(draft: &Draft, steps: &[Step]) -> Vec<Blocked> {
    let blocked = |step: &Step, reason| Blocked { step: step.step, address: step.address.clone(), reason };
    let untold = steps.iter().filter_map(|step| Some(blocked(step, stranger(draft, step)?)));
    let deleted = steps.iter().filter_map(|step| Some(blocked(step, deletion(draft, step)?)));
    let lost = steps.iter().filter_map(|step| Some(blocked(step, loss(draft, step)?)));
    let bought = steps.iter().filter_map(|step| Some(blocked(step, purchase(draft, step)?)));
    let worse = steps.iter().filter_map(|step| Some(blocked(step, impact(draft, step)?)));
    let missing = named(draft).1;
    let alone = steps.iter().filter(|step| step.action == Action::Create);
    let alone = alone.filter_map(|step| Some(blocked(step, missing.get(&step.address)?.clone())));
    let sourceless = steps.iter().filter_map(|step| Some(blocked(step, emptied(draft, step)?)));
    let back = steps.iter().filter_map(|step| Some(blocked(step, taken_back(draft, step)?)));
    untold.chain(deleted).chain(lost).chain(alone).chain(sourceless).chain(back).chain(bought).chain(worse).collect()
}

/// Why an object may not be deleted. Protection outlives the block; `prevent_destroy` is asked while the block is there.
/// An object with a successor has the guards that it had before.
fn deletion(draft: &Draft, step: &Step) -> Option<String> {
    if step.action != Action::Delete {
        return None;
    }
    let (options, environment) = (draft.inputs.options, draft.inputs.environment);
    let kind = kinds::get(&step.address.kind);
    let data = kind.is_some_and(|kind| kind.holds_data());
    let replaced = matches!(step.reason, Reason::Replaced { .. });
    let by_environment = environment.protect && data;
    if step.record.protect || by_environment {
        let why = match (replaced, by_environment) {
            (true, _) => "it is protected and would be replaced",
            (false, true) => "the environment is protected",
            (false, false) => "it is protected",
        };
        let whose = if by_environment { " for the environment" } else { "" };
        return Some(format!("{why}; set protect = false{whose} and apply that first"));
    }
    let names = draft.evaluator.names();
    let block = names.0.resource(&step.address);
    if block.and_then(|block| block.meta.lifecycle.prevent_destroy.as_ref()).is_some_and(|it| prevents(draft, step, it))
    {
        let rest = if replaced { ", and it would be replaced" } else { "; remove that first" };
        return Some(format!("its block says prevent_destroy = true{rest}"));
    }
    // What leaves a copy of its data behind takes none with it.
    let copied = kind.zip(step.before.as_ref()).is_some_and(|(kind, before)| kind.is_copy(before));
    if data && !copied && !allowed(draft, step) && !is_named(options, step) {
        let what = match &step.reason {
            Reason::Replaced { .. } => "it would be replaced and lose its data".to_owned(),
            Reason::Deposed => format!(
                "its former object \"{}\" would be destroyed with its data",
                step.id.as_deref().unwrap_or_default()
            ),
            Reason::Destroyed => "it hangs on what is named, and would be destroyed with its data".to_owned(),
            _ => "it would be destroyed with its data".to_owned(),
        };
        return Some(format!("{what}; allow that with --allow-destroy {}", shell::quoted(&step.address.to_string())));
    }
    None
}

/// Why nobody can tell that an object is the one that was made here.
fn stranger(draft: &Draft, step: &Step) -> Option<String> {
    let (_, _, id) = whose::untold(draft, step)?;
    Some(format!(
        "its tags cannot be read, so nobody can tell whether \"{id}\" is still the object that was made here; allow the \
         reading of tags, or forget it with a `removed` block"
    ))
}

/// Whether it is destroyed by name: `destroy` means all there is, and `destroy --target` what it names. What only hangs on
/// that goes as well, and holds data that nobody spoke of.
fn is_named(options: &Options, step: &Step) -> bool {
    options.destroy
        && (options.targets.is_empty() || options.targets.iter().any(|target| target.contains(&step.address)))
}

/// Whether data of an object may be lost.
fn allowed(draft: &Draft, step: &Step) -> bool {
    let options = draft.inputs.options;
    options.allow_all || options.allow_destroy.iter().any(|allowed| step.address.is_within(allowed))
}

/// Why an object may not be changed as it is: what nodes hold that go, or are made anew and empty, is on no other. Whoever
/// restarts nodes by name knows what they hold, unless that is protected.
fn loss(draft: &Draft, step: &Step) -> Option<String> {
    let is_lost = step.action == Action::Update && step.calls.iter().any(|call| call.impact == Impact::DataLoss);
    let protected = step.record.protect || draft.inputs.environment.protect;
    let by_name = step.reason == Reason::Rebooted && !protected;
    let why = match step.reason {
        Reason::Rebooted => "it is protected, and nodes that restart are empty",
        _ => "nodes of it go, or come anew and empty, and what they hold is lost",
    };
    let stands = is_lost && !by_name && !allowed(draft, step);
    stands.then(|| format!("{why}; allow that with --allow-destroy {}", shell::quoted(&step.address.to_string())))
}

/// Why what others have decided is not simply put back: they may have had a reason that nobody wrote down, such as a region
/// that was lost.
fn taken_back(draft: &Draft, step: &Step) -> Option<String> {
    let contested = kinds::get(&step.address.kind)?.contested();
    let by_others = step.changes.iter().find(|change| change.recorded.is_some() && contested.contains(&change.name))?;
    (step.action == Action::Update && !allowed(draft, step)).then(|| {
        format!(
            "others have changed {}, and to put it back loses what is not everywhere yet; write into the block what is there, or allow it with --allow-destroy {}",
            by_others.name,
            shell::quoted(&step.address.to_string())
        )
    })
}

/// Why an object may not be made: it costs money that nobody gives back.
fn purchase(draft: &Draft, step: &Step) -> Option<String> {
    let bought = step.action == Action::Create && kinds::get(&step.address.kind).is_some_and(|kind| kind.is_bought());
    let allowed = draft.inputs.options.allow_purchase.iter().any(|allowed| step.address.is_within(allowed));
    let why = "it would be bought, and nobody gives the money back";
    (bought && !allowed)
        .then(|| format!("{why}; allow that with --allow-purchase {}", shell::quoted(&step.address.to_string())))
}

/// Whether `prevent_destroy` holds. What cannot be told prevents, and so does what is no truth.
fn prevents(draft: &Draft, step: &Step, expr: &Expr) -> bool {
    let value = eval(expr, &draft.evaluator.within(&step.address.module)).ok();
    let value = value.and_then(|value| convert(&value, &Type::Bool).ok());
    value.is_none_or(|value| value.as_bool() != Some(false) && !value.is_null())
}

/// Why a plan costs more than is allowed. What is not known may cost anything.
pub fn bill(plan: &Plan, options: &Options) -> Option<String> {
    let max = options.max_cost_increase?;
    let cost = cost::of(plan);
    let unknown = cost.lines.iter().filter_map(|line| Some((&line.address, line.monthly.as_ref().err()?)));
    if let Some((address, why)) = unknown.into_iter().next() {
        let more = if cost.unknown > 1 { format!(" and {} more", cost.unknown - 1) } else { String::new() };
        return Some(format!(
            "the price of {address}{more} is not known ({why}), which counts as above --max-cost-increase"
        ));
    }
    (cost.difference > max).then(|| {
        format!(
            "the bill grows by {} USD a month, above --max-cost-increase {}",
            cost::usd(cost.difference),
            cost::usd(max)
        )
    })
}

fn impact(draft: &Draft, step: &Step) -> Option<String> {
    let max = draft.inputs.options.max_impact?;
    if step.impact() > max {
        return Some(format!("its impact is {}, above --max-impact {}", step.impact().word(), max.word()));
    }
    let counted = step.counts_as();
    let waits = step.calls.iter().any(|call| call.waits() && call.counts_as() == counted);
    let why = if waits { "its impact in the maintenance window is" } else { "it locks clients out, which counts as" };
    (counted > max).then(|| format!("{why} {}, above --max-impact {}", counted.word(), max.word()))
}
