//! The core of Countersign: what the bot decides.
//!
//! Values in, values out. No HTTP, no SQL, no chat, no clock and no environment: those come in through
//! the traits of [`ports`], which the packages under `adapters/` implement.

pub mod approval;
pub mod audit;
pub mod bounds;
pub mod conversation;
pub mod digest;
pub mod directory;
pub mod ids;
pub mod inventory;
pub mod mask;
pub mod plan;
pub mod planner;
pub mod policy;
pub mod ports;
pub mod reply;
pub mod run;
pub mod schedule;
pub mod tool;
pub mod trial;
pub mod words;
