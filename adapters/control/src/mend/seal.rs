//! A secret for one machine: sealed with a key that the machine made, because Control keeps the text of every
//! command and shows it to its technicians.
//!
//! RSA with OAEP over SHA-1, the one padding of Windows' own RSA that is no trap.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;
use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};

const HASH: usize = 20;

/// Bytes of a modulus: 1,024 to 4,096 bits. Machines are asked for 2,048.
const BYTES: std::ops::RangeInclusive<usize> = 128..=512;

/// What a machine printed; nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PublicKey {
    #[serde(rename = "Modulus")]
    modulus: String,
    #[serde(rename = "Exponent")]
    exponent: String,
}

impl PublicKey {
    /// The last line of `output` that is a key that can be used.
    pub(super) fn printed(output: &str) -> Option<Self> {
        let keys =
            output.lines().rev().filter_map(|it| serde_json::from_str::<Self>(it.trim()).ok());
        keys.into_iter().find(|it| it.numbers().is_some())
    }

    /// `output` without the lines that are keys.
    pub(super) fn left_out(output: &str) -> String {
        let lines = output.lines().filter(|it| serde_json::from_str::<Self>(it.trim()).is_err());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn numbers(&self) -> Option<(BigUint, BigUint)> {
        let number = |text: &str| Some(BigUint::from_bytes_be(&STANDARD.decode(text).ok()?));
        let (modulus, exponent) = (number(&self.modulus)?, number(&self.exponent)?);
        let fits = BYTES.contains(&modulus.to_bytes_be().len())
            && exponent == BigUint::from(65_537u32)
            && modulus.bit(0);
        fits.then_some((modulus, exponent))
    }

    /// `secret` so that only the machine can read it, in base64. `None`: it is too long, or the system has no
    /// randomness to give.
    pub(super) fn seal(&self, secret: &[u8]) -> Option<String> {
        let (modulus, exponent) = self.numbers()?;
        let length = modulus.to_bytes_be().len();
        let room = length.checked_sub(2 * HASH + 2 + secret.len())?;
        let mut seed = [0u8; HASH];
        getrandom::fill(&mut seed).ok()?;
        let mut data = Sha1::digest(b"").to_vec();
        data.extend(std::iter::repeat_n(0, room));
        data.push(1);
        data.extend(secret);
        let data = masked(&data, &seed);
        let block = [&[0], masked(&seed, &data).as_slice(), data.as_slice()].concat();
        let sealed = BigUint::from_bytes_be(&block).modpow(&exponent, &modulus).to_bytes_be();
        let mut padded = vec![0; length - sealed.len()];
        padded.extend(sealed);
        Some(STANDARD.encode(padded))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `2^521 - 1` and `2^607 - 1` are primes that everybody knows.
    fn key() -> (PublicKey, BigUint, BigUint) {
        let prime = |bits: u32| (BigUint::from(1u8) << bits) - 1u8;
        let (p, q) = (prime(521), prime(607));
        let order = (&p - 1u8) * (&q - 1u8);
        let private = BigUint::from(65_537u32).modinv(&order).unwrap();
        let modulus = p * q;
        let key = PublicKey {
            modulus: STANDARD.encode(modulus.to_bytes_be()),
            exponent: STANDARD.encode([1, 0, 1]),
        };
        (key, modulus, private)
    }

    #[test]
    fn only_who_has_the_private_part_reads_it() {
        let (key, modulus, private) = key();
        let sealed = STANDARD.decode(key.seal(b"7abc").unwrap()).unwrap();
        assert_ne!(STANDARD.encode(&sealed), key.seal(b"7abc").unwrap(), "never twice the same");
        let opened = BigUint::from_bytes_be(&sealed).modpow(&private, &modulus).to_bytes_be();
        // The first byte of the block is 0 and gone.
        let (seed, data) = opened.split_at(HASH);
        let seed = masked(seed, data);
        let data = masked(data, &seed);
        assert!(data.starts_with(&Sha1::digest(b"")) && data.ends_with(b"\0\x017abc"));
        assert_eq!(key.seal(&[b'x'; 200]), None, "too long for this key");
    }

    #[test]
    fn what_is_no_key_is_none() {
        let (key, ..) = key();
        let line = serde_json::to_string(&key).unwrap();
        let output = format!("The services were restarted.\n{line}\n");
        assert_eq!(PublicKey::printed(&output), Some(key.clone()));
        assert_eq!(PublicKey::left_out(&output), "The services were restarted.");
        let weak = r#"{"Modulus":"AQAB","Exponent":"AQAB"}"#;
        let other = line.replace("AQAB", "Aw==");
        for text in ["", "{}", weak, other.as_str(), "Modulus"] {
            assert_eq!(PublicKey::printed(text), None, "{text}");
        }
    }
}
