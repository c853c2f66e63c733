//! How the connection to Slack is, for `/readyz` and `check`.

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

#[derive(Default)]
pub(crate) struct Health {
    connected: AtomicUsize,
    heard_at: AtomicI64,
    forged: AtomicU64,
    trouble: Mutex<Option<String>>,
}

/// A look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Sockets that said hello; 0 in HTTP mode.
    pub sockets: usize,
    /// When Slack last sent something.
    pub heard_at: Option<Timestamp>,
    /// Requests with a wrong or stale signature since the start.
    pub forged: u64,
    /// What an operator has to mend, for example a revoked token.
    pub trouble: Option<String>,
}

impl Health {
    pub(crate) fn look(&self) -> Connection {
        let heard = self.heard_at.load(Ordering::Relaxed);
        Connection {
            sockets: self.connected.load(Ordering::Relaxed),
            heard_at: if heard == 0 { None } else { Timestamp::from_second(heard).ok() },
            forged: self.forged.load(Ordering::Relaxed),
            trouble: self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    pub(crate) fn heard(&self) {
        self.heard_at.store(Timestamp::now().as_second(), Ordering::Relaxed);
    }

    pub(super) fn forged(&self) {
        self.forged.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn opened(&self) {
        self.connected.fetch_add(1, Ordering::Relaxed);
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn closed(&self) {
        self.connected.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn trouble(&self, text: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}
