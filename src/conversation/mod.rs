//! The turn: a message comes in, a plan is made, gated and acted on, replies go out.

pub mod context;
pub mod engine;
pub mod inbound;

pub use context::{AnswerOption, Awaits, Context, LastCall, Question};
pub use engine::{Engine, Parts, PolicyError, ToolView};
pub use inbound::{Body, Inbound, Thread};
