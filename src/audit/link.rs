//! What the check of a whole log needs of an entry: its place, its hashes, and whether they are its own.

use super::{Entry, Hash, tree};
use crate::digest::Digest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub seq: i64,
    /// Zeros for what is no hash.
    pub previous: Hash,
    pub hash: Hash,
    /// The content gives `hash`.
    pub is_own: bool,
}

impl Link {
    /// `computed` is what the content gives.
    pub fn new(seq: i64, previous: &str, hash: &str, computed: &Digest) -> Self {
        let bytes = |text: &str| Digest::from_stored(text).bytes();
        Self {
            seq,
            previous: bytes(previous).unwrap_or_default(),
            hash: bytes(hash).unwrap_or_default(),
            is_own: computed.as_str() == hash,
        }
    }

    pub fn of(entry: &Entry) -> Self {
        let computed = entry.compute_hash();
        Self::new(entry.seq, entry.previous.as_str(), entry.hash.as_str(), &computed)
    }

    /// The leaf of the tree: its data are the 32 bytes of the entry's hash.
    pub fn leaf(&self) -> Hash {
        tree::leaf(&self.hash)
    }
}
