//! The turn: a message comes in, a plan is made, gated and acted on, replies go out.

mod again;
mod attention;
mod away;
pub mod cards;
mod command;
pub mod consider;
pub mod context;
mod decision;
mod due;
pub mod engine;
mod entitled;
mod explain;
pub mod ground;
mod halting;
pub mod inbound;
pub mod linking;
mod outcome;
mod pathway;
mod recheck;
pub mod report;
mod rework;
mod seed;
mod settle;
mod speech;
mod turn;
mod work;

pub use context::{AnswerOption, Awaits, Context, LastCall, Question};
pub use engine::{Channel, Engine, Parts, PolicyError, ToolView};
pub use explain::Explanation;
pub use halting::{HaltError, Named, Switch};
pub use inbound::{Body, Inbound, Thread};
pub use linking::{LinkError, LinkState, LinkView, Suggested};
