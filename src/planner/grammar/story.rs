//! "Printing is stuck on fs01, restart the spooler": a sentence that asks for nothing may still say where.

use crate::planner::Mention;

use super::scene::Scene;
use super::targets;
use super::text::Token;
use super::words;

/// The one device that `tokens` speak of; `None` when they name none or several.
pub(super) fn device(scene: &Scene<'_>, tokens: &[Token]) -> Option<Mention> {
    let mut found: Vec<&[Token]> = Vec::new();
    for at in 0..tokens.len() {
        let token = &tokens[at];
        let next = tokens.get(at + 1);
        if token.possessive && next.is_some_and(|it| it.is_in(&words::KIND)) {
            found.push(&tokens[at..at + 2]);
        } else if token.is_text() && host(scene, token) {
            found.push(&tokens[at..=at]);
        }
    }
    match found.as_slice() {
        [one] => Some(Mention::Phrase(targets::phrase(one))),
        _ => None,
    }
}

/// Letters with digits, or a host name of the directory.
fn host(scene: &Scene<'_>, token: &Token) -> bool {
    let letters = token.low.bytes().any(|it| it.is_ascii_alphabetic());
    let shape = token.has_digit() && letters && token.low.len() > 3;
    let known = || !scene.ask.directory.hosts_named_in(&[token.low.as_str()]).is_empty();
    shape || token.low.len() > 2 && known()
}
