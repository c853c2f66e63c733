//! ConnectWise RMM: its REST client, and the tools, runs and directory made of it.
//!
//! ```text
//! client/   one call over HTTP: token, budget, waits, pages, versions; what may have happened when it fails
//! wire/     the product's JSON as records, in every spelling
//! api/      the product's calls, one function each
//! tools/    names, schemas and policies of the tools; slugs and parameters of scripts
//! read/     the tools that read, and how their answers look
//! write/    scheduling, polling, tickets; drift before and look-up after
//! sync/     the directory, piece by piece, within the background's share of the budget
//! ```
//! Rests on three rules. A write goes out once. No five minutes see more than 500 requests. What is shown
//! as a fact was in an answer of the product.

mod api;
mod args;
mod check;
mod client;
mod config;
mod ids;
mod names;
mod read;
mod rmm;
mod show;
mod sync;
mod tools;
mod wire;
mod write;

pub use check::CheckLine;
pub use config::{Config, ConfigError, Region, region_warning};
pub use rmm::Rmm;
