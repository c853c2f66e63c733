//! Faults on order, by method.

use std::time::Duration;

/// The next `times` calls of `method` go wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    pub method: &'static str,
    pub kind: FaultKind,
    pub times: u32,
}

impl Fault {
    pub fn once(method: &'static str, kind: FaultKind) -> Self {
        Self { method, kind, times: 1 }
    }

    pub fn always(method: &'static str, kind: FaultKind) -> Self {
        Self { method, kind, times: u32::MAX }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// 429 with this many seconds in `Retry-After`.
    RateLimited(u64),
    /// Done, then the line goes dead in the middle of the answer.
    LostAnswer,
    /// Done, and the answer makes no sense to a strict reader.
    OddAnswer,
    /// 503; nothing was done.
    Unavailable,
    /// 200 with `ok: false` and this code; nothing was done.
    Refused(&'static str),
    /// The right answer, this much later.
    Slow(Duration),
}

#[derive(Debug, Default)]
pub(super) struct Queue(Vec<Fault>);

impl Queue {
    pub(super) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn take(&mut self, method: &str) -> Option<FaultKind> {
        let at = self.0.iter().position(|it| it.method == method && it.times > 0)?;
        let fault = &mut self.0[at];
        if fault.times != u32::MAX {
            fault.times -= 1;
        }
        let kind = fault.kind.clone();
        if fault.times == 0 {
            self.0.remove(at);
        }
        Some(kind)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
