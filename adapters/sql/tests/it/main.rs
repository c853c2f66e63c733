//! The store, on every database it knows.

mod approvals;
mod audit;
mod commit;
mod directory;
mod harness;
mod inbox;
mod migrations;
mod opening;
mod outbox;
mod runs;
mod signs;
mod transcript;
