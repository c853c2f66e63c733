//! That an entry is in the log, for somebody who has no access to it: the entry, its path up the tree, and the
//! signed head that the path leads to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tree::{leaf, root_by_path};
use super::{Entry, Hash, PublicKey, SignedHead};
use crate::digest::Digest;
use crate::ids::hex;

/// Steps of a path in a tree that holds 2⁶³ entries.
const PATH_MAX: usize = 63;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// From 0: one less than the number of the entry.
    pub index: i64,
    /// From the leaf up.
    pub path: Vec<Digest>,
    pub head: SignedHead,
}

/// What a proof proves.
#[derive(Debug, Clone, PartialEq)]
pub enum Proven {
    /// This entry, word for word.
    Entry(Box<Entry>),
    /// An entry whose content is not shown.
    Withheld { seq: i64 },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotProven {
    #[error("this is no proof: {0}")]
    Unreadable(String),
    #[error("the content of entry {0} does not give its hash: it was changed")]
    Changed(i64),
    #[error("the path does not lead from entry {0} to the signed root: it is not in that log")]
    Elsewhere(i64),
    #[error("the head over {0} entries was not signed with {1}")]
    NotSigned(i64, PublicKey),
}

impl Proof {
    pub fn new(index: usize, path: &[Hash], head: SignedHead) -> Self {
        let path = path.iter().map(|it| Digest::from_stored(hex(it))).collect();
        Self { index: i64::try_from(index).unwrap_or(i64::MAX), path, head }
    }

    /// Reads what `audit prove` and `audit export --client` print: an entry, or what is shown of it, with its
    /// proof. Needs nothing else; `key` is whose signature counts, that of the proof itself if `None`.
    pub fn check(text: &str, key: Option<&PublicKey>) -> Result<(Proven, Self), NotProven> {
        let unreadable = |error: serde_json::Error| NotProven::Unreadable(error.to_string());
        let missing = |what: &str| NotProven::Unreadable(format!("it has no {what}"));
        let mut value: Value = serde_json::from_str(text).map_err(unreadable)?;
        let fields = value.as_object_mut().ok_or_else(|| missing("fields"))?;
        let proof = fields.remove("proof").ok_or_else(|| missing("proof"))?;
        let proof: Self = serde_json::from_value(proof).map_err(unreadable)?;
        let (seq, hash, proven) = if fields.contains_key("withheld") {
            let seq = fields.get("seq").and_then(Value::as_i64).ok_or_else(|| missing("seq"))?;
            let hash = fields.get("hash").and_then(Value::as_str).ok_or_else(|| missing("hash"))?;
            (seq, Digest::from_stored(hash), Proven::Withheld { seq })
        } else {
            let entry: Entry = serde_json::from_value(value).map_err(unreadable)?;
            if entry.compute_hash() != entry.hash {
                return Err(NotProven::Changed(entry.seq));
            }
            (entry.seq, entry.hash.clone(), Proven::Entry(Box::new(entry)))
        };
        let key = key.unwrap_or(&proof.head.key);
        if !proof.head.is_signed_by(key) {
            return Err(NotProven::NotSigned(proof.head.size, key.clone()));
        }
        if proof.index + 1 != seq || !proof.leads_up_from(&hash) {
            return Err(NotProven::Elsewhere(seq));
        }
        Ok((proven, proof))
    }

    fn leads_up_from(&self, hash: &Digest) -> bool {
        let path: Option<Vec<Hash>> = self.path.iter().map(Digest::bytes).collect();
        let (Some(hash), Some(path)) = (hash.bytes(), path) else { return false };
        let (Ok(index), Ok(size)) = (u64::try_from(self.index), u64::try_from(self.head.size))
        else {
            return false;
        };
        let root = root_by_path(leaf(&hash), index, size, &path);
        path.len() <= PATH_MAX && root.is_some() && root == self.head.root.bytes()
    }
}
