//! The append-only log: what happened, chained by hashes so that a change or a cut shows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digest::{Digest, canonical, scalar};

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
        // What `Digest::of` makes of an object with these fields, without the object: a log of a million
        // entries is verified in seconds.
        let mut out = Vec::with_capacity(512);
        let mut field = |name: &str, write: &dyn Fn(&mut Vec<u8>)| {
            out.push(if out.is_empty() { b'{' } else { b',' });
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            write(&mut out);
        };
        field("actor", &|out| scalar(&self.actor, out));
        field("at", &|out| scalar(&self.at.as_microsecond(), out));
        field("client", &|out| scalar(&self.client, out));
        field("kind", &|out| scalar(&self.kind, out));
        field("previous", &|out| scalar(self.previous.as_str(), out));
        field("seq", &|out| scalar(&self.seq, out));
        field("subject", &|out| canonical(&self.subject, out));
        field("text", &|out| scalar(&self.text, out));
        out.push(b'}');
        Digest::of_bytes(&out)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Logs that exist were hashed like this.
    #[test]
    fn the_hash_is_that_of_an_object_with_sorted_keys() {
        for (text, client) in [("ask: “Räumen” \"x\"\n", Some("c1")), ("", None)] {
            let new = NewEntry {
                at: "2026-09-01T09:00:00.000001Z".parse().unwrap(),
                actor: "ana".into(),
                kind: "verdict",
                subject: json!({ "b": [1, 2.5, null, { "z": true, "a": "ä\u{1}" }], "a": {} }),
                text: text.into(),
                client: client.map(str::to_owned),
            };
            let entry = Entry::chain(new, 7, genesis());
            let object = json!({
                "seq": 7,
                "at": entry.at.as_microsecond(),
                "actor": "ana",
                "kind": "verdict",
                "subject": entry.subject,
                "text": text,
                "client": client,
                "previous": genesis().as_str(),
            });
            assert_eq!(entry.hash, Digest::of(&object));
        }
    }
}
