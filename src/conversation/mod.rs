//! The turn: a message comes in, a plan is made, gated and acted on, replies go out.

pub mod cards;
mod command;
pub mod consider;
pub mod context;
mod decision;
pub mod engine;
mod entitled;
mod explain;
pub mod ground;
pub mod inbound;
mod outcome;
mod recheck;
pub mod report;
mod seed;
mod speech;
mod turn;
mod work;

pub use context::{AnswerOption, Awaits, Context, LastCall, Question};
pub use engine::{Channel, Engine, Parts, PolicyError, ToolView};
pub use explain::Explanation;
pub use inbound::{Body, Inbound, Thread};
