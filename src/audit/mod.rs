//! The append-only log: what happened, chained by hashes so that a change or a cut shows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digest::Digest;

/// What is about to be logged; the store adds sequence number and hashes in the same transaction as
/// the change itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewEntry {
    pub at: Timestamp,
    /// A person's id, or `countersign` for what the bot does by itself.
    pub actor: String,
    /// `request`, `plan`, `verdict`, `decision`, `dispatch`, `outcome`, `policy` …
    pub kind: &'static str,
    /// What it is about: ids of request, approval, run, tool.
    pub subject: Value,
    /// The fact in one sentence, secrets masked.
    pub text: String,
    /// The client it concerns, for exports.
    pub client: Option<String>,
}

/// A logged entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: i64,
    pub at: Timestamp,
    pub actor: String,
    pub kind: String,
    pub subject: Value,
    pub text: String,
    pub client: Option<String>,
    pub previous: Digest,
    pub hash: Digest,
}

/// The hash before the first entry.
pub fn genesis() -> Digest {
    Digest::of(&json!("countersign audit log"))
}

impl Entry {
    /// Puts `new` behind the entry with number `seq - 1` and hash `previous`.
    pub fn chain(new: NewEntry, seq: i64, previous: Digest) -> Self {
        let mut entry = Self {
            seq,
            at: new.at,
            actor: new.actor,
            kind: new.kind.to_owned(),
            subject: new.subject,
            text: new.text,
            client: new.client,
            hash: genesis(),
            previous,
        };
        entry.hash = entry.compute_hash();
        entry
    }

    /// The hash this entry must have; times count in microseconds, as the store keeps them.
    pub fn compute_hash(&self) -> Digest {
        Digest::of(&json!({
            "seq": self.seq,
            "at": self.at.as_microsecond(),
            "actor": self.actor,
            "kind": self.kind,
            "subject": self.subject,
            "text": self.text,
            "client": self.client,
            "previous": self.previous.as_str(),
        }))
    }
}

/// Checks entries in order, one at a time, in constant memory.
#[derive(Debug)]
pub struct Verifier {
    seq: i64,
    hash: Digest,
}

impl Default for Verifier {
    fn default() -> Self {
        Self { seq: 0, hash: genesis() }
    }
}

/// What is wrong with a log, in words for an auditor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("entry {expected} is missing: entry {found} follows {}", expected - 1)]
    Gap { expected: i64, found: i64 },
    #[error("entry {0} was changed: its content does not give its hash")]
    Changed(i64),
    #[error("entry {0} does not continue the chain: an entry before it was replaced")]
    Unlinked(i64),
    #[error(
        "the log ends at entry {found}, but the head says {head}: the last entries were cut off"
    )]
    Cut { head: i64, found: i64 },
}

impl Verifier {
    pub fn check(&mut self, entry: &Entry) -> Result<(), Flaw> {
        if entry.seq != self.seq + 1 {
            return Err(Flaw::Gap { expected: self.seq + 1, found: entry.seq });
        }
        if entry.previous != self.hash {
            return Err(Flaw::Unlinked(entry.seq));
        }
        if entry.compute_hash() != entry.hash {
            return Err(Flaw::Changed(entry.seq));
        }
        self.seq = entry.seq;
        self.hash = entry.hash.clone();
        Ok(())
    }

    /// After the last entry: compares with the head the store keeps apart.
    pub fn finish(self, head_seq: i64, head_hash: &Digest) -> Result<i64, Flaw> {
        if self.seq != head_seq {
            return Err(Flaw::Cut { head: head_seq, found: self.seq });
        }
        if &self.hash != head_hash {
            return Err(Flaw::Unlinked(self.seq));
        }
        Ok(self.seq)
    }
}
