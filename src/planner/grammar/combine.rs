//! Several commands in one message, in order: "run disk cleanup on dc01 and log a ticket".
//!
//! All or nothing: when one of them is not understood, none is proposed.

use crate::bounds::CALLS_PER_PLAN_MAX;
use crate::conversation::{Awaits, Question};
use crate::planner::{Draft, Mention};
use crate::tool::ToolName;

use super::automate;
use super::control;
use super::looks;
use super::repeat;
use super::rmm;
use super::scene::{Carry, Outcome, Scene};
use super::scripts::{self, Mood};
use super::story;
use super::text::{Kind, Token};
use super::tickets::Wanted;
use super::titles::Titles;
use super::words;
use super::writes::{self, Sure};

/// Reads all commands of a message; `ticket` was cut out of it.
pub(super) fn read(scene: &Scene<'_>, tokens: &[Token], ticket: Option<&Wanted>) -> Outcome {
    let clauses = split(&Titles(scene.ask.catalogue), tokens);
    let mut outcomes: Vec<Outcome> = Vec::new();
    let first = ticket.filter(|it| !it.behind).and_then(|it| it.draft(scene, &[]));
    let mut carry = match first {
        Some(draft) if !draft.devices.is_empty() => Carry::Known(draft.devices),
        Some(_) | None => Carry::Context,
    };
    for (at, clause) in clauses.iter().enumerate() {
        let own = scene.with_carry(carry.clone());
        let outcome = command(&own, clause);
        let story = matches!(outcome, Outcome::Lost)
            && !matches!(scripts::mood(clause), Some(Mood::Command { .. }))
            && ends_sentence(tokens, clauses[at]);
        if story && at + 1 < clauses.len() {
            carry =
                story::device(scene, clause).map_or(Carry::Unknown, |it| Carry::Known(vec![it]));
            continue;
        }
        carry = match devices(&outcome) {
            Some(mentions) => Carry::Known(mentions),
            None => carry,
        };
        outcomes.push(outcome);
    }
    backfill(scene, &clauses, &mut outcomes);
    let merged = match merge(outcomes) {
        Outcome::Drafts(drafts) if drafts.len() > CALLS_PER_PLAN_MAX => {
            return Outcome::Refuse(format!(
                "That makes {} calls, and I take {CALLS_PER_PLAN_MAX} at once. Split it up, please; \
                 nothing was started.",
                drafts.len()
            ));
        }
        other => other,
    };
    match ticket {
        Some(ticket) => with_ticket(scene, merged, ticket, clauses.is_empty()),
        None => merged,
    }
}

/// What one command comes to, through the product that it names.
fn command(scene: &Scene<'_>, tokens: &[Token]) -> Outcome {
    let mut outcome = through_any(scene, tokens);
    if let Some(product) = scripts::product(tokens) {
        outcome.drafts_mut().for_each(|draft| draft.through = Some(product));
    }
    outcome
}

fn through_any(scene: &Scene<'_>, tokens: &[Token]) -> Outcome {
    if let Some(outcome) = automate::clear(scene, tokens) {
        return outcome;
    }
    if let Some(outcome) = control::join(scene, tokens) {
        return outcome;
    }
    if let Some(outcome) = repeat::explicit(scene, tokens) {
        return outcome;
    }
    if looks::ticket_number(tokens).is_some() && changes_ticket(tokens) {
        return Outcome::Refuse(NO_TICKET_CHANGES.to_owned());
    }
    let outcome = match scripts::mood(tokens) {
        None => looks::of_script(scene, tokens).unwrap_or_else(|| looks::read(scene, tokens)),
        Some(mood @ Mood::Command { .. }) => return writes::read(scene, tokens, mood).0,
        Some(Mood::Terse) => {
            let (write, sure) = writes::read(scene, tokens, Mood::Terse);
            if sure == Sure::Named && !matches!(write, Outcome::Lost) {
                return write;
            }
            match (looks::read(scene, tokens), write) {
                (Outcome::Lost, write) => write,
                (look, Outcome::Lost) => look,
                (look @ Outcome::Drafts(_), _) => look,
                (_, write) => write,
            }
        }
    };
    match outcome {
        Outcome::Lost => match writes::by_name(scene, tokens) {
            Outcome::Lost => repeat::implied(scene, tokens),
            asked => asked,
        },
        other => other,
    }
}

const NO_TICKET_CHANGES: &str =
    "I can read tickets and open new ones, but not change one, so nothing was done.";

/// "Close ticket 1042".
fn changes_ticket(tokens: &[Token]) -> bool {
    let verbs = [
        "add", "comment", "note", "reopen", "close", "resolve", "assign", "edit", "reply", "post",
        "put",
    ];
    let first = tokens.iter().find(|it| it.is_text());
    first.is_some_and(|it| {
        it.one_of(&verbs) || it.is_word() && words::CHANGE.has(&it.word) && !it.is_in(&words::RUN)
    })
}

/// Cuts where a new command begins: behind "and", a comma or a full stop. In "run flush dns and disk cleanup", the name
/// of a script begins one.
fn split<'t>(titles: &Titles<'_>, tokens: &'t [Token]) -> Vec<&'t [Token]> {
    let mut clauses = Vec::new();
    let runs = tokens.first().is_some_and(|it| it.is_in(&words::RUN));
    let mut from = 0;
    let mut at = 1;
    while at < tokens.len() {
        let joint = tokens[at].kind != Kind::Colon && !tokens[at].is_text()
            || tokens[at].one_of(&["and", "then"]);
        let mut next = at + 1;
        while tokens.get(next).is_some_and(|it| {
            it.one_of(&["and", "then", "also", "please", "afterwards", "so"]) || !it.is_text()
        }) {
            next += 1;
        }
        let sentence = matches!(tokens[at].kind, Kind::Stop | Kind::Question);
        let placed = tokens[from].one_of(words::TOWARDS) && !sentence; // "at acme, run …"
        let begins = !placed
            && tokens.get(next).is_some_and(|it| {
                it.is_word()
                    && (sentence
                        || words::COMMAND.has(it.word.as_str()) && !noun(tokens, next)
                        || runs && titles.begins(tokens, next) && !titles.holds(tokens, at))
            });
        if joint && begins && tokens[from..at].iter().any(Token::is_text) {
            clauses.push(&tokens[from..at]);
            from = next;
            at = next;
        }
        at += 1;
    }
    if tokens[from.min(tokens.len())..].iter().any(Token::is_text) {
        clauses.push(&tokens[from..]);
    }
    clauses
}

/// "patch" in "health and patch status" begins no command.
fn noun(tokens: &[Token], at: usize) -> bool {
    tokens[at].one_of(&["patch", "update", "file", "log", "report", "open", "scan"])
        && tokens.get(at + 1).is_none_or(|it| {
            it.one_of(&["status", "state", "level", "levels", "report", "info", "history", "ports"])
        })
        || tokens[at].one_of(&["is", "what", "which", "who", "when", "how"])
            && tokens.get(at + 1).is_none()
}

fn ends_sentence(all: &[Token], clause: &[Token]) -> bool {
    let end = all.iter().position(|it| clause.last().is_some_and(|last| std::ptr::eq(it, last)));
    end.and_then(|at| all.get(at + 1)).is_some_and(|it| !it.is_text())
}

/// The devices an outcome is about, when it says.
fn devices(outcome: &Outcome) -> Option<Vec<Mention>> {
    let Outcome::Drafts(drafts) = outcome else { return None };
    let mut mentions: Vec<Mention> = Vec::new();
    for mention in drafts.iter().flat_map(|draft| &draft.devices) {
        if !mentions.contains(mention) {
            mentions.push(mention.clone());
        }
    }
    let all = mentions.iter().any(|it| matches!(it, Mention::All { .. } | Mention::Lost { .. }));
    (!mentions.is_empty() && !all).then_some(mentions)
}

/// "Run disk cleanup and flush dns on dc01": the first command takes the device of the second.
fn backfill(scene: &Scene<'_>, clauses: &[&[Token]], outcomes: &mut [Outcome]) {
    if outcomes.len() != clauses.len() {
        return;
    }
    for at in (0..outcomes.len().saturating_sub(1)).rev() {
        let Some(later) = devices(&outcomes[at + 1]) else { continue };
        let open = match &outcomes[at] {
            Outcome::Ask(question) => {
                matches!(question.awaits, Awaits::Device { .. }) && question.options.is_empty()
            }
            Outcome::Drafts(_) | Outcome::Refuse(_) | Outcome::Lost => false,
        };
        if open {
            outcomes[at] = command(&scene.with_carry(Carry::Known(later)), clauses[at]);
        }
    }
}

/// One outcome of several: a question goes first and carries the rest with it.
fn merge(outcomes: Vec<Outcome>) -> Outcome {
    let mut before: Vec<Draft> = Vec::new();
    let mut asked: Option<Question> = None;
    let mut after: Vec<Draft> = Vec::new();
    let count = outcomes.len();
    for outcome in outcomes {
        match outcome {
            Outcome::Drafts(drafts) => {
                let list = if asked.is_none() { &mut before } else { &mut after };
                for draft in drafts {
                    if !list.contains(&draft) {
                        list.push(draft);
                    }
                }
            }
            Outcome::Ask(question) if asked.is_none() => asked = Some(question),
            Outcome::Ask(_) => return Outcome::Refuse(TWO_QUESTIONS.to_owned()),
            Outcome::Refuse(text) => return Outcome::Refuse(text),
            Outcome::Lost if count > 1 => return Outcome::Refuse(ONE_LOST.to_owned()),
            Outcome::Lost => return Outcome::Lost,
        }
    }
    match asked {
        None if before.is_empty() => Outcome::Lost,
        None => Outcome::Drafts(before),
        Some(question) => Outcome::Ask(around(question, &before, &after)),
    }
}

const TWO_QUESTIONS: &str = "More than one part of that is unclear to me, so nothing was \
     started. Send the parts one by one.";
const ONE_LOST: &str = "I understood only a part of that, so nothing was started. Send the parts one \
     by one and I will say which one it is.";

fn around(mut question: Question, before: &[Draft], after: &[Draft]) -> Question {
    let wrap = |own: &mut Vec<Draft>| {
        *own = before.iter().chain(own.iter()).chain(after).cloned().collect();
    };
    for option in &mut question.options {
        wrap(&mut option.drafts);
    }
    match &mut question.awaits {
        Awaits::Option => {}
        Awaits::Argument { drafts, draft, .. }
        | Awaits::Device { drafts, draft, .. }
        | Awaits::Client { drafts, draft } => {
            wrap(drafts);
            *draft += before.len();
        }
    }
    question
}

const NO_TICKETS: &str = "No product that takes a ticket is connected, so nothing was done. Ask for it without the ticket.";

/// The ticket comes last, whatever the order of the words: it tells of the rest.
fn with_ticket(scene: &Scene<'_>, merged: Outcome, ticket: &Wanted, alone: bool) -> Outcome {
    if scene.ask.catalogue.get(&ToolName::new(rmm::CREATE_TICKET)).is_none() {
        return Outcome::Refuse(NO_TICKETS.to_owned());
    }
    let join = |drafts: &[Draft]| {
        let own = ticket.draft(scene, drafts)?;
        Some(drafts.iter().cloned().chain([own]).collect::<Vec<Draft>>())
    };
    match merged {
        Outcome::Lost if alone => join(&[]).map_or(Outcome::Lost, Outcome::Drafts),
        Outcome::Lost => Outcome::Refuse(ONE_LOST.to_owned()),
        Outcome::Drafts(drafts) => join(&drafts).map_or(Outcome::Lost, Outcome::Drafts),
        Outcome::Refuse(text) => Outcome::Refuse(text),
        Outcome::Ask(mut question) => {
            let lists = question.options.iter_mut().map(|option| &mut option.drafts);
            let awaited = match &mut question.awaits {
                Awaits::Option => None,
                Awaits::Device { drafts, .. }
                | Awaits::Client { drafts, .. }
                | Awaits::Argument { drafts, .. } => Some(drafts),
            };
            for drafts in lists.chain(awaited) {
                if let Some(all) = join(drafts) {
                    *drafts = all;
                }
            }
            Outcome::Ask(question)
        }
    }
}
