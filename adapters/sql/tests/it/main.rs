//! The store, on every database it knows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod approvals;
mod audit;
mod caps;
mod commit;
mod directory;
mod harness;
mod inbox;
mod migrations;
mod opening;
mod outbox;
mod runs;
mod signs;
mod standing;
mod transcript;
mod trials;
mod vault;
