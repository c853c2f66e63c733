//! Checks entries in order, one at a time: each has the next number, continues the chain, and its content
//! gives its hash. What it went through is a tree, so its root can be compared with a signed head.

use jiff::Timestamp;

use super::{Entry, Hash, Link, SignedHead, Tree, genesis};
use crate::digest::Digest;

#[derive(Debug)]
pub struct Verifier {
    hash: Hash,
    tree: Tree,
}

impl Default for Verifier {
    fn default() -> Self {
        Self { hash: genesis().bytes().unwrap_or_default(), tree: Tree::default() }
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
    #[error(
        "the log ends at entry {found}, but a head was signed at {at} over {size} entries: the last \
         entries were cut off"
    )]
    CutBelowSigned { size: i64, at: Timestamp, found: i64 },
    #[error(
        "entries 1 to {size} are not those over which a head was signed at {at}: the log was written anew"
    )]
    Rewritten { size: i64, at: Timestamp },
    #[error("the head over {size} entries does not have the signature of this installation")]
    NotSigned { size: i64 },
}

impl Verifier {
    /// Entries that were found good so far, which is the number of the last.
    pub fn upto(&self) -> i64 {
        i64::try_from(self.tree.size()).unwrap_or(i64::MAX)
    }

    /// The tree over them.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    pub fn check(&mut self, entry: &Entry) -> Result<(), Flaw> {
        self.link(&Link::of(entry))
    }

    pub fn link(&mut self, link: &Link) -> Result<(), Flaw> {
        if link.seq != self.upto() + 1 {
            return Err(Flaw::Gap { expected: self.upto() + 1, found: link.seq });
        }
        if link.previous != self.hash {
            return Err(Flaw::Unlinked(link.seq));
        }
        if !link.is_own {
            return Err(Flaw::Changed(link.seq));
        }
        self.tree.push(link.leaf());
        self.hash = link.hash;
        Ok(())
    }

    /// At the size of `head`: what was signed is what went by.
    pub fn meets(&self, head: &SignedHead) -> Result<(), Flaw> {
        if head.root.bytes() == Some(self.tree.root()) {
            return Ok(());
        }
        Err(Flaw::Rewritten { size: head.size, at: head.at })
    }

    /// After the last entry: compares with the head the store keeps apart.
    pub fn finish(&self, head_seq: i64, head_hash: &Digest) -> Result<i64, Flaw> {
        if self.upto() != head_seq {
            return Err(Flaw::Cut { head: head_seq, found: self.upto() });
        }
        if head_hash.bytes() != Some(self.hash) {
            return Err(Flaw::Unlinked(self.upto()));
        }
        Ok(head_seq)
    }
}
