//! "Fix the automate agent on fs01", "repair stale automate agents at acme, 3 at a time", "… across all clients
//! except harbour": the one request that may leave something out, because what it is about is a list by itself.

use serde_json::json;

use crate::directory::Product;
use crate::planner::{Ask, ClientMention, Draft, Mention};
use crate::tool::{REPAIR_AGENT, ToolName};

use super::clients::Clients;
use super::guards;
use super::lexicon::{Phrases, Words};
use super::polite::Manner;
use super::scene::{Carry, Clause, Outcome, Scene};
use super::targets::{self, Target};
use super::text::{Kind, Token};
use super::titles::Titles;
use super::words;

/// For the help.
pub(super) const WRITES: &[(&str, &str)] = &[(REPAIR_AGENT, "fix the automate agent on {device}")];

static MEND: Words =
    Words::new("fix repair heal mend revive restore rescue recover remediate restart reinstall");

static AGENT: Words = Words::new("agent agents");

/// How an agent is called that has to be mended.
static BROKEN: Words = Words::new(
    "stale broken offline dead lost silent missing stuck failing down unhealthy disconnected dangling",
);

static EVERYWHERE: Phrases = Phrases::new(
    "across all clients, across all customers, across all companies, for all clients, at all clients, on all clients, \
     of all clients, all clients, every client, for every client, at every client, across every client, everywhere, \
     all customers, for all customers, of all customers, across clients, across tenants, across all tenants, \
     all tenants, across the board, fleet wide, fleetwide",
);

static EXCEPT: Phrases = Phrases::new(
    "except, excepting, excluding, except for, but not, other than, apart from, aside from, leaving out, skipping, \
     skip, without, not",
);

static RESTART_ONLY: Phrases = Phrases::new(
    "restart only, only restart, only restarts, without reinstall, without reinstalling, without a reinstall, \
     no reinstall, never reinstall, dont reinstall, do not reinstall, restarts only, by restart only",
);

/// `None`: it is about something else.
pub(super) fn read(
    ask: &Ask<'_>,
    clients: &Clients<'_>,
    manner: Manner,
    tokens: &[Token],
) -> Option<Outcome> {
    let tool = ask.catalogue.get(&ToolName::new(REPAIR_AGENT))?;
    let first = tokens.iter().position(Token::is_text)?;
    let verb = &tokens[first];
    let agent = tokens.iter().position(|it| it.is_in(&AGENT))?;
    let of_automate =
        tokens[..=agent].iter().rev().take(3).any(|it| it.one_of(&["automate", "labtech"]))
            || tokens.get(agent + 1).is_some_and(|it| it.one_of(&["automate", "labtech"]));
    if !verb.is_in(&MEND) || !of_automate || agent > first + 8 {
        return None;
    }
    let mut clause = Clause::new(tokens);
    let mut draft = Draft::new(tool.name.clone());
    let restart_only = RESTART_ONLY.all(tokens).next();
    if let Some((at, length)) = restart_only {
        clause.take(at..at + length);
    }
    if restart_only.is_some() || verb.one_of(&["restart"]) {
        draft.arguments.insert("reinstall".into(), json!(false));
    }
    for (name, at, number) in [at_once(tokens), stop_after(tokens)].into_iter().flatten() {
        clause.take(at);
        draft.arguments.insert(name.into(), json!(number));
    }
    let left_out = EXCEPT.all(tokens).find(|(at, _)| *at > agent && !clause.used[*at]);
    let (head, except) = match left_out {
        None => (tokens.len(), Vec::new()),
        Some((at, length)) => {
            // What was taken from behind the exception is no part of a name.
            let behind: Vec<Token> = (at + length..tokens.len())
                .map(|it| match clause.used[it] {
                    true => Token { kind: Kind::Comma, ..tokens[it].clone() },
                    false => tokens[it].clone(),
                })
                .collect();
            (at, names(&behind))
        }
    };
    if left_out.is_some() && except.is_empty() {
        return Some(Outcome::Refuse(
            "I did not understand what to leave out, so nothing was done. Name clients or devices, for example: repair \
             stale automate agents across all clients except acme."
                .to_owned(),
        ));
    }
    let said: Vec<Token> =
        (0..head).filter(|it| !clause.used[*it]).map(|it| tokens[it].clone()).collect();
    if let Some(guard) = guards::read(&said, clients, &Titles(ask.catalogue), true) {
        return Some(Outcome::Refuse(guards::refusal(guard)));
    }
    let mut clause = Clause::new(&said);
    let is_lead = |token: &Token| {
        token.is_in(&MEND)
            || token.is_in(&AGENT)
            || token.is_in(&BROKEN)
            || token.one_of(&[
                "automate",
                "labtech",
                "connectwise",
                "cw",
                "remote",
                "services",
                "service",
            ])
    };
    let agent = said.iter().position(|it| it.is_in(&AGENT)).unwrap_or(0);
    let end = agent
        + 1
        + usize::from(said.get(agent + 1).is_some_and(|it| it.one_of(&["automate", "labtech"])));
    clause.take(
        (0..end.min(said.len())).filter(|it| is_lead(&said[*it]) || said[*it].one_of(words::ALL)),
    );
    let lost = || vec![Mention::Lost { product: Product::Automate, except: except.clone() }];
    if let Some((at, length)) = EVERYWHERE.all(&said).next() {
        clause.take(at..at + length);
        let rest = said.iter().zip(&clause.used).filter(|(it, used)| it.is_text() && !**used);
        let small = |it: &Token| {
            words::is_filler(&it.low) || it.is_in(&words::PREPOSITIONS) || it.is_in(&BROKEN)
        };
        if rest.clone().any(|(it, _)| !small(it)) {
            return Some(Outcome::Lost);
        }
        return Some(Outcome::Drafts(vec![Draft { devices: lost(), ..draft }]));
    }
    let scene =
        Scene { ask, clients: clients.clone(), manner, follow_up: false, carry: Carry::Context };
    let question =
        || "On which device, or for which client, should I repair the Automate agent?".to_owned();
    Some(match targets::read_all(&scene, &clause) {
        Target::Devices(devices) if except.is_empty() => {
            Outcome::Drafts(vec![Draft { devices, ..draft }])
        }
        Target::Client(client) => Outcome::Drafts(vec![Draft {
            devices: lost(),
            client: Some(ClientMention::Client(client.id.clone())),
            ..draft
        }]),
        Target::All { servers: None, client } => {
            Outcome::Drafts(vec![Draft { devices: lost(), client: Some(client), ..draft }])
        }
        Target::None if except.is_empty() => match (scene.carried(), scene.recent().as_slice()) {
            (Some(carried), _) => Outcome::Drafts(vec![Draft { devices: carried.to_vec(), ..draft }]),
            (None, known) => scene.ask_device(question(), vec![draft], known),
        },
        Target::Which(choices) if except.is_empty() => {
            scene.ask_device(question(), vec![draft], &choices)
        }
        _ if except.is_empty() => scene.ask_device(question(), vec![draft], &[]),
        _ => Outcome::Refuse(
            "Something can be left out of the agents of one client or of all, so nothing was done. For example: repair \
             stale automate agents across all clients except acme."
                .to_owned(),
        ),
    })
}

type Number = (&'static str, std::ops::Range<usize>, u64);

/// "5 at a time", "at most 5 at a time", "3 at once".
fn at_once(tokens: &[Token]) -> Option<Number> {
    (0..tokens.len()).find_map(|at| {
        let number: u64 = number(&tokens[at])?;
        let behind = |words: &[&str]| {
            words
                .iter()
                .zip(at + 1..)
                .all(|(word, it)| tokens.get(it).is_some_and(|it| it.one_of(&[word])))
        };
        let length = [&["at", "a", "time"][..], &["at", "once"], &["in", "parallel"]]
            .into_iter()
            .find(|it| behind(it))?
            .len();
        let lead = |it: usize| tokens[it].one_of(&["at", "most", "only", "max"]);
        let from = (0..at).rev().take_while(|it| lead(*it)).last().unwrap_or(at);
        Some(("at_once", from..at + 1 + length, number))
    })
}

/// "stop after 2 failures", "stop at the first failure".
fn stop_after(tokens: &[Token]) -> Option<Number> {
    let stop = (1..tokens.len()).find(|it| {
        tokens[*it].one_of(&["stop", "stopping"])
            && tokens.get(it + 1).is_some_and(|it| it.one_of(&["after", "at", "on"]))
    })?;
    let end = (stop + 2..tokens.len().min(stop + 6))
        .find(|it| tokens[*it].one_of(&["failure", "failures", "error", "errors", "failed"]))?;
    let said = tokens[stop + 2..end].iter().find_map(number);
    let first = tokens[stop + 2..end].iter().any(|it| it.one_of(&["first", "a", "the", "any"]));
    Some(("stop_after", stop..end + 1, said.or(first.then_some(1))?))
}

fn number(token: &Token) -> Option<u64> {
    let words =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let named = words.iter().position(|it| token.one_of(&[it])).map(|it| it as u64);
    token.low.parse().ok().or(named)
}

/// "acme and harbour dental, dc01".
fn names(tokens: &[Token]) -> Vec<String> {
    let parts =
        tokens.split(|it| it.kind == Kind::Comma || it.one_of(&["and", "or", "plus", "nor"]));
    let lead =
        |it: &&Token| it.one_of(&["at", "on", "for", "of", "from", "the", "client", "clients"]);
    parts
        .map(|part| {
            let small = part.iter().take_while(lead).count();
            targets::phrase(&part[small..])
        })
        .filter(|it| !it.is_empty())
        .collect()
}
