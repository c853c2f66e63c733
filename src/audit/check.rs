//! The check of a whole log: every entry, and every head that was signed over some of them.
//!
//! It goes on where it stopped, so a page can take it in pieces and whoever signs need not begin anew. The
//! store hashes the contents of some pages ahead while those before are chained.

use std::collections::VecDeque;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{Flaw, PublicKey, SignedHead, Tree, Verifier};
use crate::digest::Digest;
use crate::ports::{Store, StoreError};

/// Entries read at a time.
const PAGE: i64 = 2_048;

/// Pages under way at once.
const AHEAD: usize = 4;

/// Signed heads read at a time.
const HEADS: u32 = 1_000;

/// How far a check is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// All entries up to the head, which has this hash.
    Whole { head: i64, hash: Digest },
    /// The first `upto` of `head` entries.
    SoFar { upto: i64, head: i64 },
}

#[derive(Debug, Default)]
pub struct Check {
    verifier: Verifier,
    /// Whose signature counts; `None`: that of the first head, as long as nobody says whose.
    key: Option<PublicKey>,
    /// Heads that somebody kept outside and that were not met yet, the smallest first.
    kept: VecDeque<SignedHead>,
    /// The last head of the store that was met.
    signed: Option<SignedHead>,
    /// Those behind it that were read already.
    heads: VecDeque<SignedHead>,
    /// How many entries the newest head of the store is over; -1: there is none.
    newest: i64,
}

impl Check {
    pub fn new(key: Option<PublicKey>, mut kept: Vec<SignedHead>) -> Self {
        kept.sort_by_key(|head| head.size);
        Self { key, kept: kept.into(), ..Self::default() }
    }

    pub fn upto(&self) -> i64 {
        self.verifier.upto()
    }

    pub fn tree(&self) -> &Tree {
        self.verifier.tree()
    }

    /// The newest head of the store that was met.
    pub fn signed(&self) -> Option<&SignedHead> {
        self.signed.as_ref()
    }

    /// Checks at most `most` more entries. After a flaw the check has to begin anew.
    pub async fn go_on(
        &mut self,
        store: &dyn Store,
        most: i64,
    ) -> Result<Result<Checked, Flaw>, StoreError> {
        // The head first: entries that come in meanwhile are for the next time.
        let (head, hash) = store.audit_head().await?;
        let last = store.last_signed_head().await?;
        for signed in self.kept.back().into_iter().chain(&last) {
            if signed.size > head {
                let (size, at) = (signed.size, signed.at);
                return Ok(Err(Flaw::CutBelowSigned { size, at, found: head }));
            }
        }
        self.newest = last.map_or(-1, |it| it.size);
        let goal = head.min(self.upto().saturating_add(most));
        let begin = self.upto();
        let pages = (0..).map(|page| begin + page * PAGE).take_while(|after| *after < goal);
        let limit = |after: i64| u32::try_from(PAGE.min(goal - after)).unwrap_or(u32::MAX);
        let mut pages =
            stream::iter(pages).map(|after| store.audit_links(after, limit(after))).buffered(AHEAD);
        if let Err(flaw) = self.met(store).await? {
            return Ok(Err(flaw));
        }
        while let Some(links) = pages.try_next().await? {
            for link in &links {
                if let Err(flaw) = self.verifier.link(link) {
                    return Ok(Err(flaw));
                }
                if self.is_at_head()
                    && let Err(flaw) = self.met(store).await?
                {
                    return Ok(Err(flaw));
                }
            }
        }
        if self.upto() != goal {
            return Ok(Err(Flaw::Cut { head, found: self.upto() }));
        }
        if self.upto() < head {
            return Ok(Ok(Checked::SoFar { upto: self.upto(), head }));
        }
        Ok(self.verifier.finish(head, &hash).map(|_| Checked::Whole { head, hash }))
    }

    fn is_at_head(&self) -> bool {
        let upto = self.upto();
        let mut next = self.kept.front().into_iter().chain(self.heads.front());
        next.any(|head| head.size <= upto)
    }

    /// Compares with the heads over exactly as many entries as went by.
    async fn met(&mut self, store: &dyn Store) -> Result<Result<(), Flaw>, StoreError> {
        let upto = self.upto();
        while let Some(kept) = self.kept.pop_front_if(|head| head.size <= upto) {
            if let Err(flaw) = self.meets(&kept) {
                return Ok(Err(flaw));
            }
        }
        loop {
            let behind = self.signed.as_ref().map_or(-1, |it| it.size);
            if self.heads.is_empty() && behind < self.newest {
                self.heads = store.signed_heads(behind, HEADS).await?.into();
            }
            let Some(head) = self.heads.pop_front_if(|head| head.size <= upto) else {
                return Ok(Ok(()));
            };
            if let Err(flaw) = self.meets(&head) {
                return Ok(Err(flaw));
            }
            self.signed = Some(head);
        }
    }

    fn meets(&mut self, head: &SignedHead) -> Result<(), Flaw> {
        let key = self.key.get_or_insert_with(|| head.key.clone());
        if !head.is_signed_by(key) {
            return Err(Flaw::NotSigned { size: head.size });
        }
        // Another process may have signed fewer entries since they went by here; the next check from the
        // beginning compares those.
        if head.size < self.upto() { Ok(()) } else { self.verifier.meets(head) }
    }
}
