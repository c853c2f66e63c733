//! The key of a machine, as Windows' own RSA makes one: sealed with OAEP over SHA-1.
//!
//! Made of primes that everybody knows, so it protects nothing; a machine's number picks among them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;
use sha1::{Digest as _, Sha1};

use crate::fleet::MachineNo;

/// `2^n - 1` is prime.
const PRIMES: [u32; 4] = [521, 607, 1_279, 2_203];
const EXPONENT: u32 = 65_537;
const HASH: usize = 20;

pub(super) struct Key {
    modulus: BigUint,
    private: BigUint,
}

pub(super) fn of(machine: MachineNo) -> Key {
    let pairs = [(521, 607), (521, 1_279), (607, 1_279)];
    debug_assert!(pairs.iter().all(|it| PRIMES.contains(&it.0) && PRIMES.contains(&it.1)));
    let (one, other) = pairs[machine.0 as usize % pairs.len()];
    let prime = |bits: u32| (BigUint::from(1u8) << bits) - 1u8;
    let (p, q) = (prime(one), prime(other));
    let order = (&p - 1u8) * (&q - 1u8);
    let private = BigUint::from(EXPONENT).modinv(&order).unwrap_or_default();
    Key { modulus: p * q, private }
}

impl Key {
    /// As the script prints it.
    pub(super) fn public(&self) -> String {
        let exponent = STANDARD.encode([1, 0, 1]);
        let modulus = STANDARD.encode(self.modulus.to_bytes_be());
        format!("{{\"Modulus\":\"{modulus}\",\"Exponent\":\"{exponent}\"}}")
    }

    pub(super) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let length = self.modulus.to_bytes_be().len();
        if sealed.len() != length {
            return None;
        }
        let opened =
            BigUint::from_bytes_be(sealed).modpow(&self.private, &self.modulus).to_bytes_be();
        let mut block = vec![0; length.checked_sub(opened.len())?];
        block.extend(opened);
        let (seed, data) = block.get(1..)?.split_at_checked(HASH)?;
        let seed = masked(seed, data);
        let data = masked(data, &seed);
        let (hash, rest) = data.split_at_checked(HASH)?;
        if block[0] != 0 || hash != Sha1::digest(b"").as_slice() {
            return None;
        }
        let end = rest.iter().position(|it| *it != 0)?;
        (rest[end] == 1).then(|| rest[end + 1..].to_vec())
    }
}

/// `bytes` under the mask that grows from `seed`.
fn masked(bytes: &[u8], seed: &[u8]) -> Vec<u8> {
    let mask = (0u32..).flat_map(|count| {
        let mut hash = Sha1::new();
        hash.update(seed);
        hash.update(count.to_be_bytes());
        hash.finalize().to_vec()
    });
    bytes.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
}
