//! The statistics of CloudWatch. Source: its user guide, "statistics definitions".

/// What to write instead of an unknown one.
pub(super) const HELP: &str = "Write Average, Sum, Minimum, Maximum, SampleCount, IQM, a percentile such as p99, or tm, tc, ts, wm, PR with their numbers.";

const PLAIN: [&str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

/// Whether a text is a statistic in any form.
pub(super) fn is_known(text: &str) -> bool {
    PLAIN.contains(&text) || is_extended(text)
}

/// `p99`, `p99.9`, `tm90`, `IQM`, `TM(10%:90%)`, `PR(:300)` and their like.
pub(super) fn is_extended(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if lower == "iqm" {
        return true;
    }
    let ranged = lower.split_once('(').filter(|(name, _)| ["tm", "tc", "ts", "wm", "pr"].contains(name));
    if let Some((_, rest)) = ranged {
        return rest.strip_suffix(')').is_some_and(|inner| inner.contains(':'));
    }
    let number = ["p", "tm", "tc", "ts", "wm"].iter().filter_map(|name| lower.strip_prefix(name));
    number.filter_map(|number| number.parse::<f64>().ok()).any(|number| (0.0..=100.0).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_have_many_forms() {
        for text in ["Average", "p99", "p99.9", "P50", "tm90", "IQM", "TM(10%:90%)", "PR(:300)", "ts99", "WM(5%:95%)"] {
            assert!(is_known(text), "{text}");
        }
        for text in ["average", "Median", "x99", "p101", "p", "TM(90)", ""] {
            assert!(!is_known(text), "{text}");
        }
    }
}
