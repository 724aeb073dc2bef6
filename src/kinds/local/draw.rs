//! Drawing numbers, elements and identifiers, each as likely as any other.

use crate::entropy::Entropy;

/// So many random bytes.
pub fn bytes(entropy: &dyn Entropy, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    entropy.fill(&mut bytes);
    bytes
}

/// A number below a bound that is not 0.
pub fn below(entropy: &dyn Entropy, bound: u128) -> u128 {
    // What lies beyond the last whole multiple would make small numbers likelier.
    let usable = u128::MAX - u128::MAX % bound;
    loop {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        let drawn = u128::from_le_bytes(bytes);
        if drawn < usable {
            return drawn % bound;
        }
    }
}

/// An element of a list that is not empty.
pub fn pick<'a, T>(entropy: &dyn Entropy, from: &'a [T]) -> &'a T {
    &from[below(entropy, from.len() as u128) as usize]
}

/// Brings elements into any order.
pub fn shuffle<T>(entropy: &dyn Entropy, items: &mut [T]) {
    for end in (1..items.len()).rev() {
        items.swap(end, below(entropy, end as u128 + 1) as usize);
    }
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A random UUID (version 4).
pub fn uuid(entropy: &dyn Entropy) -> String {
    let mut bytes = bytes(entropy, 16);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn every_number_is_as_likely_as_any_other() {
        let entropy = SeededEntropy::new(7);
        let mut counts = [0u32; 10];
        (0..100_000).for_each(|_| counts[below(&entropy, 10) as usize] += 1);
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn every_order_is_as_likely_as_any_other() {
        let entropy = SeededEntropy::new(7);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..60_000 {
            let mut items = [1, 2, 3];
            shuffle(&entropy, &mut items);
            *counts.entry(items).or_insert(0) += 1;
        }
        assert!(counts.len() == 6 && counts.values().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_uuid_says_its_version() {
        let text = uuid(&SeededEntropy::new(7));
        assert!(text.len() == 36 && &text[14..15] == "4" && "89ab".contains(&text[19..20]), "{text}");
    }
}
