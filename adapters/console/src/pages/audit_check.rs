//! Whether the audit log holds together, found out piece by piece.
//!
//! A page must not hash a million entries: each look checks a bounded piece and remembers where it is.
//! The whole log is begun anew after a while, so a change behind the remembered place shows, too.

use std::time::{Duration, Instant};

use countersign::audit::{Flaw, Verifier, genesis};
use countersign::digest::Digest;
use countersign::ports::{Store, StoreError};

/// Entries checked per look: some 50 ms.
const ENTRIES_PER_LOOK: i64 = 20_000;

/// Entries read at once.
const CHUNK: u32 = 1_000;

/// A change of an old entry shows on the page after this at the latest, and at once with
/// `countersign audit verify`.
const BEGIN_ANEW_AFTER: Duration = Duration::from_secs(600);

/// What is known of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Checked {
    /// All entries up to the head, which has this hash.
    Whole {
        head: i64,
        hash: Digest,
    },
    /// The first `upto` of `head` entries; the next look goes on.
    SoFar {
        upto: i64,
        head: i64,
    },
    Broken(Flaw),
}

/// Kept between looks.
#[derive(Debug)]
pub(crate) struct AuditCheck {
    verifier: Verifier,
    /// The last entry that was checked, and its hash.
    upto: i64,
    hash: Digest,
    begun: Instant,
}

impl Default for AuditCheck {
    fn default() -> Self {
        Self { verifier: Verifier::default(), upto: 0, hash: genesis(), begun: Instant::now() }
    }
}

impl AuditCheck {
    /// Checks the next piece. A flaw is found again with every look.
    pub(crate) async fn look(&mut self, store: &dyn Store) -> Result<Checked, StoreError> {
        if self.begun.elapsed() > BEGIN_ANEW_AFTER {
            *self = Self::default();
        }
        // The head first: entries that come in meanwhile are for the next look.
        let (head, head_hash) = store.audit_head().await?;
        let goal = head.min(self.upto + ENTRIES_PER_LOOK);
        while self.upto < goal {
            let limit = CHUNK.min(u32::try_from(goal - self.upto).unwrap_or(CHUNK));
            let entries = store.audit(self.upto, limit).await?;
            if entries.is_empty() {
                return Ok(self.broken(Flaw::Cut { head, found: self.upto }));
            }
            for entry in entries {
                if let Err(flaw) = self.verifier.check(&entry) {
                    return Ok(self.broken(flaw));
                }
                self.upto = entry.seq;
                self.hash = entry.hash;
            }
        }
        if self.upto > head {
            return Ok(self.broken(Flaw::Cut { head, found: self.upto }));
        }
        if self.upto < head {
            return Ok(Checked::SoFar { upto: self.upto, head });
        }
        if self.hash != head_hash {
            return Ok(self.broken(Flaw::Unlinked(head)));
        }
        Ok(Checked::Whole { head, hash: head_hash })
    }

    fn broken(&mut self, flaw: Flaw) -> Checked {
        *self = Self::default();
        Checked::Broken(flaw)
    }
}
