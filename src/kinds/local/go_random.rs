//! The generator behind `seed` of `random_integer` and `random_shuffle`: that of Go's package math/rand, so that a seed
//! gives what it gives with Terraform. An additive lagged Fibonacci generator (lags 607 and 273, modulo 2^64), which
//! begins in a state of 7.8e12 steps after a simple one. That state is computed here, by a power of a polynomial.

use std::sync::LazyLock;

/// The longer lag.
const LENGTH: usize = 607;
/// The shorter lag.
const TAP: usize = 273;
/// How many steps the state at the start is away from the simple one.
const STEPS: u64 = 7_800_000_000_000;

type State = [u64; LENGTH];

static START: LazyLock<Box<State>> = LazyLock::new(start);

/// A generator with a seed.
pub struct GoRandom {
    state: Box<State>,
    tap: usize,
    feed: usize,
}

impl GoRandom {
    /// The generator that the providers make of the text of a seed.
    pub fn of_text(seed: &str) -> Self {
        Self::new(crc64(seed.as_bytes()) as i64)
    }

    fn new(seed: i64) -> Self {
        let mut state = simple(seed, 40, 20);
        state.iter_mut().zip(START.iter()).for_each(|(word, start)| *word ^= start);
        Self { state, tap: 0, feed: LENGTH - TAP }
    }

    /// The next 63 bits.
    fn next(&mut self) -> u64 {
        self.tap = (self.tap + LENGTH - 1) % LENGTH;
        self.feed = (self.feed + LENGTH - 1) % LENGTH;
        self.state[self.feed] = self.state[self.feed].wrapping_add(self.state[self.tap]);
        self.state[self.feed] & (u64::MAX >> 1)
    }

    /// A number below a bound that is not 0 and has 63 bits: of 31 bits where the bound has no more.
    pub fn below(&mut self, bound: u64) -> u64 {
        let (bits, shift) = if bound <= i32::MAX as u64 { (31, 32) } else { (63, 0) };
        if bound.is_power_of_two() {
            return (self.next() >> shift) & (bound - 1);
        }
        let largest = (1u64 << bits) - 1 - (1u64 << bits) % bound;
        loop {
            let drawn = self.next() >> shift;
            if drawn <= largest {
                return drawn % bound;
            }
        }
    }

    /// The numbers from 0 on in an order.
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order = vec![0; count];
        for at in 0..count {
            let other = self.below(at as u64 + 1) as usize;
            order[at] = order[other];
            order[other] = at;
        }
        order
    }
}

/// The state that a seed gives by itself, out of a generator modulo 2^31 - 1.
fn simple(seed: i64, high: u32, middle: u32) -> Box<State> {
    const MODULUS: i64 = i32::MAX as i64;
    let seed = match seed.rem_euclid(MODULUS) {
        0 => 89_482_311,
        seed => seed,
    };
    let mut last = seed;
    let mut next = || {
        last = last * 48_271 % MODULUS;
        last as u64
    };
    (0..20).for_each(|_| {
        next();
    });
    let mut state = Box::new([0; LENGTH]);
    state.iter_mut().for_each(|word| *word = next() << high ^ next() << middle ^ next());
    state
}

/// The simple state of seed 1, so many steps later. Every word is the sum of those 607 and 273 steps before it, so that
/// a word any number of steps ahead is a sum of 607 words in a row; x to the power of that number, modulo
/// x^607 - x^334 - 1, tells which.
fn start() -> Box<State> {
    let power = power(STEPS);
    // Step by step from the eldest word on: words stand in the state from behind.
    let place = |step: usize| (LENGTH - TAP + LENGTH - 1 - step) % LENGTH;
    let first = simple(1, 20, 10);
    let mut words: Vec<u64> = (0..LENGTH).map(|step| first[place(step)]).collect();
    (LENGTH..2 * LENGTH).for_each(|step| words.push(words[step - LENGTH].wrapping_add(words[step - TAP])));
    let mut state = Box::new([0; LENGTH]);
    let turned = (STEPS % LENGTH as u64) as usize;
    for step in 0..LENGTH {
        let parts = power.iter().zip(&words[step..]).map(|(factor, word)| factor.wrapping_mul(*word));
        state[place((step + turned) % LENGTH)] = parts.fold(0, u64::wrapping_add);
    }
    state
}

/// The factors of x to that power.
fn power(exponent: u64) -> Vec<u64> {
    let mut power = vec![0u64; LENGTH];
    power[0] = 1;
    for bit in (0..u64::BITS - exponent.leading_zeros()).rev() {
        let mut product = vec![0u64; 2 * LENGTH];
        for (at, left) in power.iter().enumerate().filter(|(_, left)| **left != 0) {
            for (other, right) in power.iter().enumerate() {
                product[at + other] = product[at + other].wrapping_add(left.wrapping_mul(*right));
            }
        }
        if exponent >> bit & 1 == 1 {
            product.rotate_right(1);
        }
        for high in (LENGTH..2 * LENGTH).rev() {
            let factor = product[high];
            product[high - LENGTH] = product[high - LENGTH].wrapping_add(factor);
            product[high - TAP] = product[high - TAP].wrapping_add(factor);
        }
        product.truncate(LENGTH);
        power = product;
    }
    power
}

/// The checksum of ISO 3309 with 64 bits, as Go has it.
fn crc64(bytes: &[u8]) -> u64 {
    let step = |sum: u64, _| if sum & 1 == 1 { sum >> 1 ^ 0xd800_0000_0000_0000 } else { sum >> 1 };
    !bytes.iter().fold(u64::MAX, |sum, byte| (0..8).fold(sum ^ u64::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: what the tour of Go prints, `rand.Intn(100)` with seed 1, and the check value of the checksum.
    #[test]
    fn a_seed_gives_what_it_gives_in_go() {
        let mut one = GoRandom::new(1);
        let drawn: Vec<u64> = (0..10).map(|_| one.below(100)).collect();
        assert_eq!(drawn, [81, 87, 47, 59, 81, 18, 25, 40, 56, 0]);
        assert_eq!(crc64(b"123456789"), 0xb909_56c7_75a4_1001);
        let mut order = GoRandom::of_text("a seed").permutation(9);
        order.sort_unstable();
        assert_eq!(order, (0..9).collect::<Vec<_>>());
    }
}
