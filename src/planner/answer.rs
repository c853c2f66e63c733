//! shim
use crate::conversation::Question;
use crate::planner::{Ask, Draft};
pub enum Answered {
    Drafts(Vec<Draft>),
    Again(String),
    Cancelled,
    NotAnAnswer,
}
pub fn answer(_t: &str, _q: &Question, _a: &Ask<'_>) -> Answered {
    Answered::NotAnAnswer
}
