//! The planner that needs no model: deterministic, explainable, microseconds.
//!
//! A message goes through five steps: words ([`text`]), courtesy off ([`polite`]), what stands against
//! doing it ([`guards`]), what is wanted ([`looks`], [`writes`], [`tickets`], [`repeat`]), and on what
//! ([`targets`]). The one hard rule: a look never becomes a change, and whatever is unsure is asked.

mod automate;
mod canary;
mod clients;
mod combine;
mod control;
#[cfg(test)]
mod corpus;
mod every;
mod filters;
#[cfg(test)]
mod fixture;
mod guards;
mod intents;
mod later;
pub(super) mod lexicon;
mod listing;
mod looks;
mod params;
mod polite;
#[cfg(test)]
mod properties;
mod repair;
mod repeat;
mod rmm;
mod scene;
mod scripts;
mod spell;
mod story;
mod suggest;
mod talk;
mod targets;
pub(super) mod text;
mod tickets;
mod titles;
mod warning;
mod words;
mod writes;

use async_trait::async_trait;

use super::{Ask, Planner, Proposal, Speech};
use crate::bounds::MESSAGE_BYTES_MAX;
use crate::directory::Person;
use crate::tool::{Catalogue, Effect};
use clients::Clients;
use scene::{Carry, Outcome, Scene};
use text::Token;
use titles::Titles;

pub(super) use targets::ordinal;

/// Intents over the tool catalogue.
#[derive(Debug, Default)]
pub struct Grammar;

#[async_trait]
impl Planner for Grammar {
    async fn propose(&self, ask: &Ask<'_>) -> Proposal {
        propose(ask)
    }
}

/// See [`super::examples`].
pub(super) fn examples(catalogue: &Catalogue, person: &Person) -> Vec<String> {
    suggest::examples(catalogue, person, "dc01", "acme")
}

const SOMEBODY_ELSE: &str = "Those read like somebody else's words, so I did nothing with them. If \
     you want it done, say so in your own words, outside of quotes.";

/// See [`Planner::propose`].
///
/// - Costs microseconds: linear in the words of the message times the scripts of the catalogue and the
///   clients of the directory; devices are not searched, that is the resolver's part.
/// - Holds no state and reads no clock: the same [`Ask`] always gets the same answer.
pub fn propose(ask: &Ask<'_>) -> Proposal {
    if ask.text.len() <= MESSAGE_BYTES_MAX
        && let Some(proposal) = control::run(ask)
    {
        return proposal;
    }
    let unsure = |tokens: &[Token]| Proposal::Unsure { suggestions: suggest::closest(ask, tokens) };
    let read = if ask.text.len() > MESSAGE_BYTES_MAX { None } else { text::read(ask.text) };
    let Some(text::Message { mut tokens, outside }) = read else { return unsure(&[]) };
    if let Some(speech) = talk::speech(&tokens) {
        return Proposal::Say(speech);
    }
    let clients = Clients::of(ask.directory, &tokens);
    let ticket = tickets::take(&mut tokens, &clients);
    let negated = guards::negates(&tokens);
    let manner = polite::strip(&mut tokens);
    let speech = talk::speech(&tokens);
    let small = |token: &Token| !token.is_text() || words::is_filler(&token.low);
    // What is left beside a ticket is small words, and "do not" is made of them.
    let only_ticket = ticket.is_some() && (speech.is_some() || tokens.iter().all(small));
    if ticket.is_some() && (speech == Some(Speech::Cancel) || only_ticket && negated) {
        return Proposal::Refuse(guards::refusal(guards::Guard::Negated));
    }
    if only_ticket {
        tokens.clear();
    }
    if let Some(speech) = speech.filter(|_| ticket.is_none()) {
        return Proposal::Say(speech);
    }
    let reported = guards::cut_reported(&mut tokens);
    guards::cut_reason(&mut tokens);
    if ticket.is_none() && !tokens.iter().any(Token::is_text) {
        return match outside || reported {
            true => Proposal::Refuse(SOMEBODY_ELSE.to_owned()),
            false => unsure(&tokens),
        };
    }
    let changes = ticket.is_some() || guards::changes(&tokens);
    let canary = if changes { canary::take(&mut tokens) } else { None };
    let warn_mins = if changes { warning::take(&mut tokens) } else { None };
    let mut when = None;
    if changes || guards::ahead(&tokens) {
        let titles = Titles(ask.catalogue);
        when = every::take(&mut tokens, &clients, &titles);
        if when.is_none() && !guards::recurring(&tokens) {
            when = later::take(&mut tokens, &clients, &titles);
        }
    }
    if ticket.is_none()
        && let Some(outcome) = repair::read(ask, &clients, manner, &tokens)
    {
        let extras = later::Extras { when, canary, warn_mins };
        return match outcome {
            Outcome::Drafts(drafts) => Proposal::Plan(later::starting(drafts, &extras)),
            Outcome::Ask(question) => Proposal::Ask(later::asking(question, &extras)),
            Outcome::Refuse(text) => Proposal::Refuse(text),
            Outcome::Lost => unsure(&tokens),
        };
    }
    if let Some(guard) = guards::read(&tokens, &clients, &Titles(ask.catalogue), changes) {
        return Proposal::Refuse(guards::refusal(guard));
    }
    guards::cut_statements(&mut tokens);
    if ticket.is_none() && manner.can && general(&tokens) {
        return Proposal::Say(Speech::Help);
    }
    if ticket.is_none()
        && let Some(text) = talk::off_topic(&tokens, &clients)
    {
        return Proposal::Refuse(text);
    }
    let follow_up = repeat::strip_lead(&mut tokens);
    let scene = Scene { ask, clients, manner, follow_up, carry: Carry::Context };
    let extras = later::Extras { when, canary, warn_mins };
    match combine::read(&scene, &tokens, ticket.as_ref()) {
        Outcome::Drafts(drafts) if drafts.is_empty() => unsure(&tokens),
        Outcome::Drafts(drafts) if extras.is_empty() => Proposal::Plan(drafts),
        Outcome::Drafts(drafts)
            if extras.when.is_some()
                && !drafts.iter().any(|it| is_write(ask.catalogue, &it.tool)) =>
        {
            Proposal::Refuse(guards::refusal(guards::Guard::Scheduled))
        }
        Outcome::Drafts(drafts) => Proposal::Plan(later::starting(drafts, &extras)),
        Outcome::Ask(question) => Proposal::Ask(later::asking(question, &extras)),
        Outcome::Refuse(text) => Proposal::Refuse(text),
        Outcome::Lost if outside || reported => Proposal::Refuse(SOMEBODY_ELSE.to_owned()),
        Outcome::Lost => talk::foreign(&tokens).map_or_else(|| unsure(&tokens), Proposal::Refuse),
    }
}

/// "Can you reboot servers?" asks what is possible; it names nothing to reboot.
fn general(tokens: &[Token]) -> bool {
    let opens = ["open", "create", "raise", "log", "make", "file"];
    let plural = [
        "tickets", "scripts", "patches", "updates", "disks", "services", "tasks", "things",
        "stuff", "reboots",
    ];
    let Some(first) = tokens.iter().find(|it| it.is_text()) else { return false };
    let acts = guards::changes(tokens) || first.one_of(&opens);
    let vague = |token: &Token| {
        !token.is_text()
            || words::is_filler(&token.low)
            || token.one_of(&opens)
            || token.one_of(&plural)
            || token.is_in(&words::KINDS)
            || token.one_of(words::JOINTS)
            || token.is_in(&words::PREPOSITIONS)
            || words::CHANGE.has(&token.word)
    };
    let several = tokens.iter().any(|it| it.one_of(&plural) || it.is_in(&words::KINDS));
    let pointing = tokens
        .iter()
        .any(|it| it.one_of(words::IT) || it.one_of(words::THEM) || it.one_of(words::ALL));
    acts && several && !pointing && tokens.iter().all(vague)
}

/// Whether `text`, on its own, is a clear request: one that begins like one and has a plan.
pub(super) fn is_request(ask: &Ask<'_>) -> bool {
    let Some(mut message) = text::read(ask.text) else { return false };
    let clients = Clients::of(ask.directory, &message.tokens);
    let ticket = tickets::take(&mut message.tokens, &clients).is_some();
    polite::strip(&mut message.tokens);
    let first = message.tokens.iter().find(|it| it.is_text());
    let begins = ticket
        || first.is_some_and(|it| {
            it.is_word() && (words::COMMAND.has(&it.word) || it.is_in(&words::LOOK))
        });
    let several = message.tokens.iter().filter(|it| it.is_text()).count() > 1 || ticket;
    begins && several && matches!(propose(ask), Proposal::Plan(_) | Proposal::Ask(_))
}

/// The devices that `text` names, when it is nothing but names.
pub(super) fn devices_named(text: &str, ask: &Ask<'_>) -> Option<super::answer::Named> {
    let mut message = text::read(text)?;
    let manner = polite::strip(&mut message.tokens);
    repeat::strip_lead(&mut message.tokens);
    let clients = Clients::of(ask.directory, &message.tokens);
    if guards::read(&message.tokens, &clients, &Titles(ask.catalogue), true).is_some() {
        return None;
    }
    let scene = Scene { ask, clients, manner, follow_up: false, carry: Carry::Context };
    let mut clause = scene::Clause::new(&message.tokens);
    let around = ["use", "try", "mean", "meant", "run", "choose", "pick", "take"];
    for at in 0..message.tokens.len() {
        if message.tokens[at].one_of(&around) {
            clause.take([at]);
        }
    }
    match targets::read(&scene, &clause) {
        targets::Target::Devices(mentions) => Some(super::answer::Named { mentions, client: None }),
        targets::Target::All { servers, client } => Some(super::answer::Named {
            mentions: vec![super::Mention::All { servers }],
            client: Some(client),
        }),
        targets::Target::None
        | targets::Target::Client(_)
        | targets::Target::Several { .. }
        | targets::Target::Which(_)
        | targets::Target::Unclear => None,
    }
}

/// Whether `name` changes something.
fn is_write(catalogue: &Catalogue, name: &crate::tool::ToolName) -> bool {
    catalogue.get(name).is_some_and(|tool| tool.effect == Effect::Write)
}
