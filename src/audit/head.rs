//! Signed heads: what the installation vouches for with its Ed25519 key (RFC 8032). Whoever keeps one outside
//! finds out later whether the log is still the one of then.

use std::fmt;

use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::Hash;
use crate::digest::Digest;
use crate::ids::{hex, unhex};

/// The public half, as 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicKey(String);

impl PublicKey {
    /// Of somebody who has it from elsewhere; case and white space aside.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_ascii_lowercase())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The root of the tree over the first `size` entries, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    pub size: i64,
    pub root: Digest,
    pub at: Timestamp,
    pub key: PublicKey,
    /// 128 hexadecimal digits.
    pub signature: String,
}

impl SignedHead {
    /// `key` itself signed exactly this.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let (Some(public), Some(signature)) = (unhex(key.as_str()), unhex(&self.signature)) else {
            return false;
        };
        let said = said(self.size, &self.root, self.at);
        let is_good = UnparsedPublicKey::new(&ED25519, public).verify(said.as_bytes(), &signature);
        self.key == *key && is_good.is_ok()
    }
}

/// What is signed: four lines, each with its end.
fn said(size: i64, root: &Digest, at: Timestamp) -> String {
    format!("countersign audit head\n{size}\n{root}\n{at}\n")
}

/// Holds the secret half.
pub struct Signer(Ed25519KeyPair);

#[derive(Debug, thiserror::Error)]
#[error("the key that signs the audit log is unusable: {0}")]
pub struct BadKey(&'static str);

impl Signer {
    /// A new key, in the form that [`Signer::open`] takes.
    pub fn new_key() -> Result<SecretString, BadKey> {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let made = made.map_err(|_| BadKey("the system gives no random numbers"))?;
        Ok(SecretString::from(hex(made.as_ref())))
    }

    pub fn open(key: &SecretString) -> Result<Self, BadKey> {
        let bytes = unhex(key.expose_secret()).ok_or(BadKey("it is no hexadecimal text"))?;
        let pair =
            Ed25519KeyPair::from_pkcs8(&bytes).map_err(|_| BadKey("it is no Ed25519 key"))?;
        Ok(Self(pair))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(hex(self.0.public_key().as_ref()))
    }

    pub fn sign(&self, size: i64, root: &Hash, at: Timestamp) -> SignedHead {
        // As the store keeps times.
        let at = Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        let root = Digest::from_stored(hex(root));
        let signature = hex(self.0.sign(said(size, &root, at).as_bytes()).as_ref());
        SignedHead { size, root, at, key: self.public(), signature }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_signed_as_a_whole_and_by_one_key() {
        let signer = Signer::open(&Signer::new_key().unwrap()).unwrap();
        let other = Signer::open(&Signer::new_key().unwrap()).unwrap();
        let at = "2026-09-01T09:00:00.123456789Z".parse().unwrap();
        let head = signer.sign(7, &[9; 32], at);
        assert!(head.is_signed_by(&signer.public()));
        assert!(!head.is_signed_by(&other.public()));
        let changed = [
            SignedHead { size: 6, ..head.clone() },
            SignedHead { root: Digest::from_stored(hex(&[8; 32])), ..head.clone() },
            SignedHead { at: "2026-09-01T09:00:01Z".parse().unwrap(), ..head.clone() },
            SignedHead { key: other.public(), ..head.clone() },
            SignedHead { signature: "00".into(), ..head.clone() },
            SignedHead { signature: "odd".into(), ..head.clone() },
        ];
        for changed in changed {
            assert!(!changed.is_signed_by(&signer.public()), "{changed:?}");
        }
        let kept = serde_json::to_string(&head).unwrap();
        assert_eq!(serde_json::from_str::<SignedHead>(&kept).unwrap(), head);
    }

    /// RFC 8032, section 7.1, test 2: the key takes part as the RFC says.
    #[test]
    fn signatures_are_those_of_rfc_8032() {
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        let key = UnparsedPublicKey::new(&ED25519, unhex(public).unwrap());
        assert!(key.verify(&[0x72], &unhex(signature).unwrap()).is_ok());
    }
}
