//! The real client over HTTP against the simulator.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod alerts;
mod faults;
mod harness;
mod merging;
mod reads;
mod runs;
mod sign_in;
mod sync;
