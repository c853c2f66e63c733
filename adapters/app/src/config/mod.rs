//! `countersign.toml` and the environment, read once and checked as a whole.
//!
//! Every problem is reported at once, each with the way out. Nothing here is optional by accident: an
//! unknown key is an error, for a misspelt rule would protect nobody.

mod audit;
mod caps;
mod clients;
mod lines;
mod people;
mod products;
mod read;
mod rules;
mod runs;
mod sections;
mod slack;

pub use read::{Problem, Problems, read, read_rules};
pub use sections::{Automate, Automation, Config, Control, Rmm, Runs, Server};

/// A sample that shows every key; a test reads it.
pub const SAMPLE: &str = include_str!("sample.toml");
