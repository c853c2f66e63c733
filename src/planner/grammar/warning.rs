//! "Warn the user first", "with a warning of 10 minutes": taken out of the words of a request.

use super::lexicon::Phrases;
use super::text::{Kind, Token};

static WARN: Phrases = Phrases::new(
    "warn the user, warn the users, warn the person, warn them, warn him, warn her, warn whoever is there, tell the user, \
     notify the user, notify the users, alert the user, inform the user, warn the user there, warning the user, \
     warning the users, warning them, with a warning, with warning, after a warning",
);

/// What may stand behind it and says no more.
const BEHIND: &[&str] = &[
    "first",
    "before",
    "beforehand",
    "ahead",
    "in",
    "advance",
    "earlier",
    "of",
    "time",
    "it",
    "starts",
];

const MINUTES: &[&str] = &["minute", "minutes", "min", "mins"];

/// Nobody said how long before.
const MINS_DEFAULT: u32 = 5;

/// How many minutes before, when that was said.
pub(super) fn take(tokens: &mut Vec<Token>) -> Option<u32> {
    let (at, length) = WARN.all(tokens).next()?;
    let mut end = at + length;
    let mut mins = None;
    while let Some(token) = tokens.get(end) {
        let number = token.low.parse::<u32>().ok().filter(|_| token.is_word());
        let minutes = tokens.get(end + 1).is_some_and(|it| it.one_of(MINUTES));
        match number {
            Some(number) if minutes && mins.is_none() => {
                mins = Some(number);
                end += 2;
            }
            None if token.one_of(BEHIND) && !is_next_clause(&tokens[end..]) => end += 1,
            _ => break,
        }
    }
    let joins =
        |it: &Token| it.kind == Kind::Comma || it.one_of(&["and", "but", "after", "please"]);
    let from = (0..at).rev().take_while(|it| joins(&tokens[*it])).last().unwrap_or(at);
    // "Warn the user and then run …": what is left begins behind that.
    let then = |it: &&Token| it.kind == Kind::Comma || it.one_of(&["and", "then"]);
    if from == 0 {
        end += tokens[end..].iter().take_while(then).count();
    }
    tokens.drain(from..end);
    Some(mins.unwrap_or(MINS_DEFAULT))
}

/// "In 20 minutes", "in the maintenance window": a start of its own, and no part of the warning.
fn is_next_clause(tokens: &[Token]) -> bool {
    tokens[0].one_of(&["in"]) && !tokens.get(1).is_some_and(|it| it.one_of(&["advance"]))
}
