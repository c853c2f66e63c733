//! "Canary first", "one first, then the rest": taken out of the words of a request.

use super::lexicon::Phrases;
use super::text::{Kind, Token};
use crate::planner::Canary;

static CANARY: Phrases = Phrases::new(
    "canary first, with a canary, with canary, as a canary, one first, on one first, one device first, one machine \
     first, on one device first, on one machine first, starting with one, start with one, one first then the rest, \
     one first and then the rest, canary first then the rest, canary first and then the rest, on one first then the \
     rest, on one device first then the rest",
);

/// How many go first, when that was said.
pub(super) fn take(tokens: &mut Vec<Token>) -> Option<Canary> {
    // "One first, then the rest": the comma says nothing.
    let found = CANARY.all(tokens).next();
    let (at, length) = found?;
    let mut end = at + length;
    let rest = ["then", "the", "rest", "others", "and"];
    let behind =
        tokens[end..].iter().take_while(|it| it.kind == Kind::Comma || it.one_of(&rest)).count();
    if tokens[end..end + behind].iter().any(|it| it.one_of(&["rest", "others"])) {
        end += behind;
    }
    let comma = at.checked_sub(1).is_some_and(|it| tokens[it].kind == Kind::Comma);
    tokens.drain(at - usize::from(comma)..end);
    Some(Canary::Devices(1))
}
