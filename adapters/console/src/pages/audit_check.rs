//! Whether the audit log holds together, found out piece by piece.
//!
//! A page must not hash a million entries: each look checks a bounded piece and remembers where it is.
//! The whole log is begun anew after a while, so a change behind the remembered place shows, too.

use std::time::{Duration, Instant};

use countersign::audit::{Check, Checked, Flaw, SignedHead};
use countersign::ports::{Store, StoreError};

/// Entries checked per look: some 50 ms.
const ENTRIES_PER_LOOK: i64 = 20_000;

/// A change of an old entry shows on the page after this at the latest, and at once with
/// `countersign audit verify`.
const BEGIN_ANEW_AFTER: Duration = Duration::from_secs(600);

/// Kept between looks.
#[derive(Debug)]
pub(crate) struct AuditCheck {
    check: Check,
    begun: Instant,
}

impl Default for AuditCheck {
    fn default() -> Self {
        Self { check: Check::default(), begun: Instant::now() }
    }
}

/// What one look found.
pub(crate) struct Look {
    pub(crate) checked: Result<Checked, Flaw>,
    /// The newest signed head that was met on the way.
    pub(crate) signed: Option<SignedHead>,
}

impl AuditCheck {
    /// Checks the next piece. A flaw is found again with every look.
    pub(crate) async fn look(&mut self, store: &dyn Store) -> Result<Look, StoreError> {
        if self.begun.elapsed() > BEGIN_ANEW_AFTER {
            *self = Self::default();
        }
        let checked = self.check.go_on(store, ENTRIES_PER_LOOK).await?;
        let signed = self.check.signed().cloned();
        if checked.is_err() {
            *self = Self::default();
        }
        Ok(Look { checked, signed })
    }
}
