//! The real client over HTTP against the pretend product.
#![expect(clippy::unwrap_used, reason = "the harness is test code too")]

mod faults;
mod harness;
mod limits;
mod reads;
mod runs;
mod sync;
mod tickets;
mod tokens;
mod versions;
