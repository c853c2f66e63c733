//! A digest of a value that does not depend on key order: what an approval is bound to.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::ids::{hex, unhex};

/// SHA-256 of a canonical form, as 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of `value`: object keys sorted, no white space, so equal values give equal digests
    /// whatever library wrote them.
    pub fn of(value: &Value) -> Self {
        let mut text = Vec::with_capacity(512);
        canonical(value, &mut text);
        Self::of_bytes(&text)
    }

    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(hex(&Sha256::digest(bytes)))
    }

    /// Takes what [`Digest::as_str`] gave; no check, for it is only ever compared.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `None`: what was stored is no digest.
    pub fn bytes(&self) -> Option<[u8; 32]> {
        unhex(&self.0)?.try_into().ok()
    }

    /// The first eight digits: enough for a person to compare two cards.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The canonical form of `value`, behind `out`.
pub(crate) fn canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<(&String, &Value)> = map.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            out.push(b'{');
            for (index, (key, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                scalar(key, out);
                out.push(b':');
                canonical(value, out);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                canonical(item, out);
            }
            out.push(b']');
        }
        Value::String(text) => scalar(text, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => scalar(value, out),
    }
}

/// JSON of something that is no object and no list.
pub(crate) fn scalar<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    #[expect(
        clippy::expect_used,
        reason = "memory takes every byte, and texts and numbers are JSON"
    )]
    serde_json::to_writer(out, value).expect("a scalar can be written into memory");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter_and_a_changed_value_does() {
        let one = Digest::of(&json!({"a": 1, "b": [{"x": "ä", "y": null}]}));
        let same = Digest::of(&json!({"b": [{"y": null, "x": "ä"}], "a": 1}));
        let other = Digest::of(&json!({"a": 1, "b": [{"x": "ä", "y": 0}]}));
        assert_eq!(one, same);
        assert_ne!(one, other);
    }
}
