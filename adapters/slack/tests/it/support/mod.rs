//! A bot with everything but real products: SQLite, the engine, the Slack adapter, and somebody to press on.

mod planner;
mod product;
mod world;

pub use world::{Setup, World, eventually};
