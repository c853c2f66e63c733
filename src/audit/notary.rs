//! Signs heads over what was checked, and proves entries against them.
//!
//! Only a log that is whole gets a new signature, so a change is not vouched for. A process checks the log
//! from its beginning once and goes on from there.

use std::sync::Arc;

use futures::lock::Mutex;
use jiff::Timestamp;
use serde::Serialize;

use super::{Check, Checked, Entry, Flaw, Link, Proof, PublicKey, SignedHead, Signer, Strangers};
use crate::digest::Digest;
use crate::ports::{Change, Store, StoreError, Write};

/// Entries that are proven at a time: whole tiles.
const PAGE: u32 = 2_048;

/// Entries checked before others get their turn on the store.
const STEP: i64 = 50_000;

pub struct Notary {
    store: Arc<dyn Store>,
    signer: Signer,
    check: Mutex<Check>,
}

/// An entry as it is handed out, with its proof.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Shown {
    Entry {
        #[serde(flatten)]
        entry: Box<Entry>,
        proof: Proof,
    },
    /// It names others as well, so only its place in the log is shown.
    Withheld { seq: i64, withheld: &'static str, hash: Digest, proof: Proof },
}

#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    #[error("the audit log is NOT whole: {0}")]
    Flaw(#[from] Flaw),
    #[error("there is no entry {0}; the last is {1}")]
    NoEntry(i64, i64),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Notary {
    pub fn new(store: Arc<dyn Store>, signer: Signer) -> Self {
        let check = Check::new(Some(signer.public()), Vec::new());
        Self { store, signer, check: Mutex::new(check) }
    }

    pub fn key(&self) -> PublicKey {
        self.signer.public()
    }

    /// A signed head over all entries of now; the last one if nothing came since.
    pub async fn head(&self, now: Timestamp) -> Result<SignedHead, ProofError> {
        let mut check = self.check.lock().await;
        self.signed(&mut check, now).await
    }

    async fn signed(&self, check: &mut Check, now: Timestamp) -> Result<SignedHead, ProofError> {
        loop {
            match check.go_on(self.store.as_ref(), STEP).await? {
                Ok(Checked::Whole { .. }) => break,
                Ok(Checked::SoFar { .. }) => {}
                Err(flaw) => {
                    // What is mended, or was read while it was restored, is found good from the beginning.
                    *check = Check::new(Some(self.key()), Vec::new());
                    return Err(flaw.into());
                }
            }
        }
        if let Some(signed) = check.signed().filter(|it| it.size == check.upto()) {
            return Ok(signed.clone());
        }
        let head = self.signer.sign(check.upto(), &check.tree().root(), now);
        let change = Change { writes: vec![Write::SignedHead(head.clone())], audit: Vec::new() };
        match self.store.commit(change).await {
            // Another process signed the same.
            Ok(_) | Err(StoreError::Lost { .. }) => Ok(head),
            Err(error) => Err(error.into()),
        }
    }

    /// Entry `seq` with its proof against a head of now.
    pub async fn prove(&self, seq: i64, now: Timestamp) -> Result<Shown, ProofError> {
        let mut check = self.check.lock().await;
        let head = self.signed(&mut check, now).await?;
        if seq < 1 || seq > head.size {
            return Err(ProofError::NoEntry(seq, head.size));
        }
        let index = usize::try_from(seq - 1).unwrap_or(usize::MAX);
        let (first, count) = check.tree().tile_of(index);
        let page = self.page(first, u32::try_from(count).unwrap_or(u32::MAX)).await?;
        let shown = |entry: &Entry| entry.seq == seq;
        let proven = prove(&check, &head, &page, shown)?.pop();
        let (entry, proof) = proven.ok_or(ProofError::NoEntry(seq, head.size))?;
        Ok(Shown::Entry { entry: Box::new(entry), proof })
    }

    /// Hands the entries of one client to `take`, each with its proof against one head of now. An entry that
    /// names somebody of `strangers` is withheld.
    pub async fn export(
        &self,
        is_theirs: impl Fn(&Entry) -> bool,
        strangers: &Strangers,
        after: i64,
        now: Timestamp,
        mut take: impl FnMut(Shown),
    ) -> Result<SignedHead, ProofError> {
        let mut check = self.check.lock().await;
        let head = self.signed(&mut check, now).await?;
        let mut first = check.tree().tile_of(usize::try_from(after.max(0)).unwrap_or(0)).0;
        let size = usize::try_from(head.size).unwrap_or(0);
        while first < size {
            let page = self.page(first, PAGE).await?;
            let is_shown =
                |entry: &Entry| entry.seq > after && entry.seq <= head.size && is_theirs(entry);
            for (entry, proof) in prove(&check, &head, &page, is_shown)? {
                take(match strangers.are_in(&entry) {
                    false => Shown::Entry { entry: Box::new(entry), proof },
                    true => Shown::Withheld {
                        seq: entry.seq,
                        withheld: "this entry names others as well",
                        hash: entry.hash,
                        proof,
                    },
                });
            }
            first += page.len().max(1);
        }
        Ok(head)
    }

    async fn page(&self, first: usize, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.store.audit(i64::try_from(first).unwrap_or(i64::MAX), limit).await
    }
}

/// Those of `page`, which begins with a tile, that are wanted.
fn prove(
    check: &Check,
    head: &SignedHead,
    page: &[Entry],
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Vec<(Entry, Proof)>, ProofError> {
    let mut proven = Vec::new();
    let mut rest = page;
    while let Some(first) = rest.first() {
        let begin = usize::try_from(first.seq - 1).unwrap_or(usize::MAX);
        let (_, count) = check.tree().tile_of(begin);
        // Entries that came since the head was signed.
        let Some((tile, others)) = rest.split_at_checked(count).filter(|_| count > 0) else {
            break;
        };
        rest = others;
        if !tile.iter().any(&wanted) {
            continue;
        }
        let leaves: Vec<_> = tile.iter().map(|entry| Link::of(entry).leaf()).collect();
        for (index, entry) in (begin..).zip(tile).filter(|(_, entry)| wanted(entry)) {
            let is_own = Link::of(entry).is_own;
            let path = check.tree().path(index, &leaves).filter(|_| is_own);
            // It was good a moment ago.
            let path = path.ok_or(Flaw::Changed(entry.seq))?;
            proven.push((entry.clone(), Proof::new(index, &path, head.clone())));
        }
    }
    Ok(proven)
}
