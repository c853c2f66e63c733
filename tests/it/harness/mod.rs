//! A whole bot in a test: real store, real clients over HTTP, pretend products, and a clock that stands
//! still until the test moves it.
//!
//! Only this folder knows function names of the product; a test says who writes what, who presses what,
//! and what must have happened on which device.

mod bot;
mod dice;
pub mod mortal;
pub mod story;
pub mod webdriver;
mod world;

pub use bot::Bot;
pub use world::{PEOPLE, World};

pub use countersign_simulator::{Fault, FaultKind, Route};

/// Minutes.
pub fn mins(count: u64) -> std::time::Duration {
    std::time::Duration::from_secs(count * 60)
}

/// Hours.
pub fn hours(count: u64) -> std::time::Duration {
    mins(count * 60)
}

/// Seconds.
pub fn secs(count: u64) -> std::time::Duration {
    std::time::Duration::from_secs(count)
}
