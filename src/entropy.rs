//! The one source of randomness of the engine: ids, marks, salts, the ends of names.

use std::fmt::Debug;
use std::sync::Mutex;

use argon2::password_hash::SaltString;

/// Gives random bytes.
pub trait Entropy: Send + Sync + Debug {
    /// Fills a buffer.
    fn fill(&self, bytes: &mut [u8]);

    /// A new identifier of 32 hex digits.
    fn id(&self) -> String {
        let mut bytes = [0u8; 16];
        self.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A new salt of a digest: 16 bytes in base64 without padding.
    fn salt(&self) -> String {
        let mut bytes = [0u8; 16];
        self.fill(&mut bytes);
        SaltString::encode_b64(&bytes).expect("16 bytes are a salt").to_string()
    }
}

/// The system's.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system gives random bytes");
    }
}

/// The same bytes for the same seed (splitmix64).
#[derive(Debug)]
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}
