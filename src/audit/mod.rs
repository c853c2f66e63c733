//! The append-only log: what happened, chained by hashes so that a change or a cut shows.
//!
//! The entries are also the leaves of a Merkle tree as in RFC 6962, so that one of them can be proven to
//! somebody who has nothing but a signed head of the tree. The tree is kept nowhere: the entries give it.

mod check;
mod head;
mod link;
mod notary;
mod proof;
mod share;
mod tree;
mod verifier;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::digest::{Digest, canonical, scalar};

pub use check::{Check, Checked};
pub use head::{BadKey, PublicKey, SignedHead, Signer};
pub use link::Link;
pub use notary::{Notary, ProofError, Shown};
pub use proof::{NotProven, Proof, Proven};
pub use share::{Strangers, concerning};
pub use tree::Tree;
pub use verifier::{Flaw, Verifier};

/// SHA-256, as bytes.
pub type Hash = [u8; 32];

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
    /// Random, so that nobody who holds only the hash can find the content by trying; entries of before
    /// it was added have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
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
            salt: Some(Uuid::new_v4().simple().to_string()),
            hash: genesis(),
            previous,
        };
        entry.hash = entry.compute_hash();
        entry
    }

    /// The hash this entry must have; times count in microseconds, as the store keeps them.
    pub fn compute_hash(&self) -> Digest {
        let mut subject = Vec::with_capacity(128);
        canonical(&self.subject, &mut subject);
        let content = Content {
            seq: self.seq,
            at_micros: self.at.as_microsecond(),
            actor: &self.actor,
            kind: &self.kind,
            subject: &subject,
            text: &self.text,
            client: self.client.as_deref(),
            salt: self.salt.as_deref(),
            previous: self.previous.as_str(),
        };
        content.hash()
    }
}

/// What the hash of an entry is made of.
pub struct Content<'a> {
    pub seq: i64,
    pub at_micros: i64,
    pub actor: &'a str,
    pub kind: &'a str,
    /// In its canonical form.
    pub subject: &'a [u8],
    pub text: &'a str,
    pub client: Option<&'a str>,
    pub salt: Option<&'a str>,
    pub previous: &'a str,
}

impl Content<'_> {
    /// What `Digest::of` makes of an object with these fields, without the object: a log of a million
    /// entries is verified in seconds.
    pub fn hash(&self) -> Digest {
        let mut out = Vec::with_capacity(640);
        let mut field = |name: &str, write: &dyn Fn(&mut Vec<u8>)| {
            out.push(if out.is_empty() { b'{' } else { b',' });
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            write(&mut out);
        };
        field("actor", &|out| scalar(self.actor, out));
        field("at", &|out| scalar(&self.at_micros, out));
        field("client", &|out| scalar(&self.client, out));
        field("kind", &|out| scalar(self.kind, out));
        field("previous", &|out| scalar(self.previous, out));
        if let Some(salt) = self.salt {
            field("salt", &|out| scalar(salt, out));
        }
        field("seq", &|out| scalar(&self.seq, out));
        field("subject", &|out| out.extend_from_slice(self.subject));
        field("text", &|out| scalar(self.text, out));
        out.push(b'}');
        Digest::of_bytes(&out)
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
            let mut entry = Entry::chain(new, 7, genesis());
            let mut object = json!({
                "seq": 7,
                "at": entry.at.as_microsecond(),
                "actor": "ana",
                "kind": "verdict",
                "subject": entry.subject,
                "text": text,
                "client": client,
                "previous": genesis().as_str(),
            });
            // Entries of before there were salts.
            let salt = entry.salt.take();
            assert_eq!(entry.compute_hash(), Digest::of(&object));
            object["salt"] = json!(salt);
            assert_eq!(entry.hash, Digest::of(&object));
        }
    }
}
