//! What the tests and the gallery share: a store with memory, people, a small fleet, and a world around
//! the router.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "the gallery and the tests each use a part"
)]

pub mod provider;
pub mod samples;
pub mod store;
pub mod world;
