//! Requests that would be understood: for the help, and for what was not understood.

use crate::directory::Person;
use crate::planner::Ask;
use crate::tool::{Catalogue, twins};

use super::automate;
use super::control;
use super::intents;
use super::repair;
use super::rmm;
use super::text::Token;
use super::words;

/// How many are offered.
const SUGGESTIONS_MAX: usize = 5;

/// One example per thing that `person` can ask for with the tools at hand, reads first. `{device}` and
/// `{client}` are filled with the names given.
pub(super) fn examples(
    catalogue: &Catalogue,
    person: &Person,
    device: &str,
    client: &str,
) -> Vec<String> {
    let reads = intents::all()
        .filter(|intent| !intent.tools_in(catalogue, None).is_empty())
        .map(|intent| intent.example.to_owned());
    let script = catalogue.iter().find(|tool| tool.script.is_some());
    let script = script.map(|tool| format!("run {} on {{device}}", tool.title));
    let writes = rmm::WRITES
        .iter()
        .chain(automate::WRITES)
        .chain(control::WRITES)
        .chain(repair::WRITES)
        .filter(|(tool, _)| twins::named(tool, None, catalogue).is_some())
        .map(|(_, example)| (*example).to_owned());
    let fill = |text: String| text.replace("{device}", device).replace("{client}", client);
    let changes = script.into_iter().chain(writes).filter(|_| person.may_ask());
    reads.chain(changes).map(fill).collect()
}

/// The examples closest to `tokens`.
pub(super) fn closest(ask: &Ask<'_>, tokens: &[Token]) -> Vec<String> {
    let host = tokens.iter().find(|it| it.is_word() && it.has_digit() && it.low.len() > 2);
    let host = host.map(|it| it.text.clone());
    let known = || ask.context.devices.first().and_then(|id| ask.directory.device(id));
    let device = host
        .or_else(|| known().map(|it| it.name.clone()))
        .or_else(|| ask.directory.devices().first().map(|it| it.name.clone()))
        .unwrap_or_else(|| "dc01".to_owned());
    let client = ask.context.client.as_ref().and_then(|id| ask.directory.client(id));
    let client = client.or_else(|| ask.directory.clients().first());
    let client = client.map_or("acme", |it| it.name.as_str());
    let mut rated: Vec<(usize, String)> = examples(ask.catalogue, ask.person, &device, client)
        .into_iter()
        .map(|example| (shared(tokens, &example), example))
        .collect();
    rated.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    rated.into_iter().take(SUGGESTIONS_MAX).map(|(_, example)| example).collect()
}

/// Letters of the words that both hold.
fn shared(tokens: &[Token], example: &str) -> usize {
    let example = example.to_lowercase();
    let words =
        tokens.iter().filter(|it| it.is_word() && it.word.len() > 2 && !words::is_filler(&it.low));
    words.filter(|it| example.contains(it.word.trim_end_matches('s'))).map(|it| it.word.len()).sum()
}
