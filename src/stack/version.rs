//! `required_version` of a stack: which versions of cachestack may read it.

use crate::diag::Diagnostic;
use crate::lang::declare::Module;
use crate::lang::eval::{Scope, eval};

/// Reports a stack that wants another cachestack.
pub fn check(module: &Module, scope: &dyn Scope, diagnostics: &mut Vec<Diagnostic>) {
    let Some(attribute) = module.stack.as_ref().and_then(|stack| stack.attributes.get("required_version")) else {
        return;
    };
    let text = match eval(&attribute.expr, scope) {
        Ok(value) => value.as_str().map(str::to_owned),
        Err(mut wrong) => return diagnostics.append(&mut wrong),
    };
    let ours = env!("CARGO_PKG_VERSION");
    let (detail, help) = match text.as_deref().map(|text| (text, allows(text, ours))) {
        Some((_, Some(true))) => return,
        Some((text, Some(false))) => (
            format!("The stack wants \"{text}\", and this is cachestack {ours}."),
            "Use another version of cachestack.",
        ),
        _ => {
            ("`required_version` is no constraint.".to_owned(), "Write versions as in \">= 0.1, < 2.0\" or \"~> 1.2\".")
        }
    };
    diagnostics
        .push(Diagnostic::error("CS0356", "Another version of cachestack", detail).at(attribute.expr.span).help(help));
}

/// Whether a version meets every part of a constraint, in Terraform's notation; `None` for what is no constraint.
fn allows(constraint: &str, version: &str) -> Option<bool> {
    let ours = numbers(version)?;
    let mut all = true;
    for part in constraint.split(',').map(str::trim) {
        let at = part.find(|c: char| c.is_ascii_digit())?;
        let (operator, text) = part.split_at(at);
        let asked = numbers(text)?;
        let padded = |version: &[u64]| -> [u64; 3] { std::array::from_fn(|at| version.get(at).copied().unwrap_or(0)) };
        let order = padded(&ours).cmp(&padded(&asked));
        all &= match operator.trim() {
            "" | "=" => order.is_eq(),
            "!=" => order.is_ne(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            // All but the last of the parts that are written stays.
            "~>" => order.is_ge() && ours[..asked.len().saturating_sub(1)] == asked[..asked.len().saturating_sub(1)],
            _ => return None,
        };
    }
    Some(all)
}

/// Up to three numbers with dots between them.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let numbers: Vec<u64> = text.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    (1..=3).contains(&numbers.len()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn constraints_are_those_of_terraform() {
        let cases = [
            (">= 0.1", "0.1.0", Some(true)),
            ("0.1", "0.1.0", Some(true)),
            ("= 0.1.1", "0.1.0", Some(false)),
            ("!= 0.1.0", "0.1.0", Some(false)),
            (">= 0.1, < 2.0", "1.9.9", Some(true)),
            (">= 0.1, < 2.0", "2.0.0", Some(false)),
            ("> 0.1", "0.1.0", Some(false)),
            ("<= 0.1", "0.1.0", Some(true)),
            ("~> 1.2", "1.9.0", Some(true)),
            ("~> 1.2", "2.0.0", Some(false)),
            ("~> 1.2.3", "1.2.9", Some(true)),
            ("~> 1.2.3", "1.3.0", Some(false)),
            ("~> 1", "7.0.0", Some(true)),
            ("latest", "0.1.0", None),
            (">= x", "0.1.0", None),
            ("=> 1.0", "0.1.0", None),
            ("", "0.1.0", None),
        ];
        for (constraint, version, want) in cases {
            assert_eq!(allows(constraint, version), want, "{constraint} {version}");
        }
    }
}
