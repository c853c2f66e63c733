//! The console through its router, with a store that remembers.

#![allow(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[path = "../support/mod.rs"]
mod support;

mod approvals;
mod audit;
mod chat;
mod devices;
mod drawing;
mod guard;
mod health;
mod live;
mod sign_in;
mod tools;
