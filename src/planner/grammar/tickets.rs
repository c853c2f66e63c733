//! New tickets: "open a ticket for maria's laptop: printer offline".
//!
//! Taken out of the message before anything else is read, because a summary is data: "the user says
//! don't reboot" belongs into the ticket and commands nothing.

use serde_json::{Map, Value, json};

use crate::planner::{ClientMention, Draft, Mention};
use crate::tool::{Aim, Tool, ToolName};

use super::clients::Clients;
use super::filters;
use super::lexicon::Words;
use super::rmm;
use super::scene::{Clause, Scene};
use super::targets::{self, Target};
use super::text::{Kind, Token, join};
use super::words;

/// A ticket that was asked for; the words are cut out of the message.
#[derive(Debug)]
pub(super) struct Wanted {
    arguments: Map<String, Value>,
    /// What it is for: a client or a device.
    target: Vec<Token>,
    /// Commands stood in front of it.
    pub(super) behind: bool,
}

static VERBS: Words = Words::new(
    "open create log raise file make submit add start put write lodge enter book cut need want \
     generate record new creating opening ticket",
);
const NOUNS: &[&str] = &["ticket", "case", "incident", "request"];
static BETWEEN: Words = Words::new(
    "a an the new in me us up this that it as service support high low medium priority prio urgent \
     critical quick p1 p2 p3 p4 help desk another one normal rmm with",
);
static MARKERS: Words = Words::new(
    "called titled about saying summary subject title re regarding because that named stating since \
     as description reading concerning",
);

static NOTHING_NEW: Words = Words::new("it this that the same");

/// Cuts the words for a new ticket out of `tokens`.
pub(super) fn take(tokens: &mut Vec<Token>, clients: &Clients<'_>) -> Option<Wanted> {
    let (from, noun) = command(tokens)?;
    let mut rest: Vec<Token> = tokens.drain(noun + 1..).collect();
    let mut own: Vec<Token> = tokens.drain(from..).collect();
    while tokens
        .last()
        .is_some_and(|it| !it.is_text() || it.one_of(words::JOINTS) || it.one_of(&["also"]))
    {
        tokens.pop();
    }
    let behind = !tokens.is_empty();
    let mut arguments = Map::new();
    own.retain(|token| !token.one_of(&["me", "us"]));
    let mut clause = Clause::new(&own);
    filters::priority(&mut clause, &mut arguments);
    let mark = rest
        .iter()
        .position(|it| it.kind == Kind::Colon || it.is_in(&MARKERS) || it.kind == Kind::Quoted);
    if mark.is_none()
        && let Some(next) = next_command(&rest)
    {
        let mut others = rest.split_off(next);
        others.remove(0);
        tokens.extend(others);
    }
    priority(&mut rest, &mut arguments);
    let mark = rest
        .iter()
        .position(|it| it.kind == Kind::Colon || it.is_in(&MARKERS) || it.kind == Kind::Quoted);
    let (mut target, summary) = match mark {
        Some(at) => {
            let mut summary = rest.split_off(at);
            if summary.first().is_some_and(|it| it.kind != Kind::Quoted) {
                summary.remove(0);
            }
            while summary.first().is_some_and(|it| {
                it.kind == Kind::Colon
                    || it.one_of(&["is", "says", "summary", "subject", "title", "the", "of"])
            }) {
                summary.remove(0);
            }
            let quoted = summary.first().is_some_and(|it| it.kind == Kind::Quoted);
            if quoted && summary.len() > 1 {
                rest.extend(summary.split_off(1));
            }
            (rest, summary)
        }
        None => inline(rest, clients),
    };
    target.retain(|it| it.kind != Kind::Colon);
    let summary = labelled(summary, &mut target);
    // "about it" is what was asked in front of it.
    let summary = if summary.iter().all(|it| it.is_in(&NOTHING_NEW)) {
        String::new()
    } else {
        tidy(&summary)
    };
    if !summary.is_empty() {
        arguments.insert("summary".into(), json!(summary));
    }
    Some(Wanted { arguments, target, behind })
}

/// Where "open a ticket" starts, and its noun.
fn command(tokens: &[Token]) -> Option<(usize, usize)> {
    let marked = tokens.iter().any(|it| matches!(it.kind, Kind::Colon | Kind::Quoted));
    for noun in 0..tokens.len() {
        let token = &tokens[noun];
        if !(token.one_of(NOUNS)
            || token.is_word() && token.word == "ticket" && !token.low.ends_with('s'))
        {
            continue;
        }
        let mut from = noun;
        while from > 0
            && tokens[from - 1].is_in(&BETWEEN)
            && noun - from < 5
            && !(tokens[from - 1].one_of(&["new"]) && from == 1)
        {
            from -= 1;
        }
        let next = tokens.get(noun + 1);
        let leads = next.is_some_and(|it| !it.is_word() || it.one_of(&["for", "at", "on"]));
        let terse = from == 0 && marked && leads && token.word == "ticket";
        let request = token.one_of(&["request"])
            && !tokens[from..noun].iter().any(|it| it.one_of(&["service", "support"]));
        let numbered = super::looks::ticket_number(&tokens[noun..]).is_some();
        if request || numbered {
            continue;
        }
        if terse {
            return Some((0, noun));
        }
        let Some(verb) = from.checked_sub(1) else { continue };
        let plain = tokens[verb].is_word()
            && (VERBS.has(tokens[verb].low.as_str()) || VERBS.has(tokens[verb].word.as_str()));
        let joint = tokens[..verb]
            .iter()
            .rposition(|it| !it.is_text() || it.one_of(words::JOINTS))
            .map_or(0, |at| at + 1);
        let looks =
            tokens[joint..verb].iter().any(|it| it.is_in(&words::LOOK) && !it.one_of(&["give"]))
                || tokens[joint..verb].iter().any(|it| it.one_of(&["the", "our", "their", "my"]));
        if plain && !looks {
            return Some((verb, noun));
        }
    }
    None
}

/// "and reboot it", behind the words of the ticket.
fn next_command(rest: &[Token]) -> Option<usize> {
    (1..rest.len())
        .find(|at| {
            rest[at - 1].one_of(words::JOINTS)
                && words::COMMAND.has(rest[*at].word.as_str())
                && !rest[*at].one_of(&["is", "what", "who", "when", "how", "which"])
        })
        .map(|at| at - 1)
}

/// Takes "priority high" out, with the comma or "with" in front of it; in a summary only at the end.
fn priority(rest: &mut Vec<Token>, arguments: &mut Map<String, Value>) {
    let mark = rest.iter().position(|it| it.kind == Kind::Colon).filter(|at| {
        !rest[..*at].last().is_some_and(|it| it.one_of(&["priority", "prio", "severity"]))
    });
    let words = |it: &&str| rest.iter().any(|token| token.low == **it);
    if !["priority", "prio", "severity", "urgent", "critical", "p1", "p2", "p3", "p4", "p5"]
        .iter()
        .any(words)
    {
        return;
    }
    let start = match mark {
        Some(at) => {
            let comma = rest.iter().rposition(|it| matches!(it.kind, Kind::Comma | Kind::Stop));
            let lead = rest.iter().rposition(|it| it.one_of(&["priority", "prio"]));
            comma
                .filter(|it| *it > at && lead.is_some_and(|lead| lead > *it && lead < *it + 4))
                .unwrap_or(rest.len())
        }
        None => 0,
    };
    let head = mark.unwrap_or(0);
    let mut drop = vec![false; rest.len()];
    for (from, to) in [(0, head), (start, rest.len())] {
        let part: Vec<Token> = rest[from..to].to_vec();
        let mut clause = Clause::new(&part);
        filters::priority(&mut clause, arguments);
        for (at, used) in clause.used.iter().enumerate() {
            if *used {
                drop[from + at] = true;
                let before = (from + at).checked_sub(1);
                if let Some(before) = before
                    && (rest[before].one_of(&["with", "at", "a", "and", "as", "in", "of"])
                        || rest[before].kind == Kind::Comma)
                {
                    drop[before] = true;
                }
            }
        }
    }
    let mut keep = drop.iter().map(|it| !it);
    rest.retain(|_| keep.next().unwrap_or(true));
}

/// "Printer offline at acme", "for maria's laptop": the target is the end that names one, or all of it
/// behind "for".
fn inline(rest: Vec<Token>, clients: &Clients<'_>) -> (Vec<Token>, Vec<Token>) {
    let leads = rest.first().is_some_and(|it| it.one_of(&["for", "on", "at", "with"]));
    if leads {
        if let Some(comma) =
            rest.iter().position(|it| it.kind == Kind::Comma || it.kind == Kind::Stop)
        {
            let summary = rest[comma + 1..].to_vec();
            return (rest[..comma].to_vec(), summary);
        }
        return (rest, Vec::new());
    }
    let names = |tokens: &[Token]| {
        clients.whole(tokens).is_some()
            || tokens.iter().any(|it| it.has_digit() && it.low.len() > 2)
            || tokens.iter().any(|it| it.possessive)
                && tokens.iter().any(|it| it.is_in(&words::KIND))
    };
    let end = (1..rest.len())
        .find(|at| rest[*at].one_of(&["at", "for", "on", "from"]) && names(&rest[at + 1..]));
    match end {
        Some(at) => (rest[at..].to_vec(), rest[..at].to_vec()),
        None => (Vec::new(), rest),
    }
}

/// "…, client acme": a labelled part behind a comma says what the ticket is for.
fn labelled(mut summary: Vec<Token>, target: &mut Vec<Token>) -> Vec<Token> {
    let label = ["client", "company", "customer", "device", "computer", "machine"];
    let at = (1..summary.len())
        .find(|at| summary[at - 1].kind == Kind::Comma && summary[*at].one_of(&label));
    if let Some(at) = at.filter(|_| target.is_empty()) {
        let mut part = summary.split_off(at);
        let end = part.iter().position(|it| it.kind == Kind::Comma).unwrap_or(part.len());
        let rest = part.split_off(end);
        part.remove(0);
        part.retain(|it| it.kind != Kind::Colon);
        *target = part;
        summary.extend(rest);
    }
    summary
}

fn tidy(tokens: &[Token]) -> String {
    let mut tokens = tokens.to_vec();
    if tokens.len() > 2 {
        let closing = |it: &Token| {
            !it.is_text() || it.one_of(&["thanks", "please", "cheers", "pls", "thx", "ty"])
        };
        while tokens.last().is_some_and(closing) {
            tokens.pop();
        }
    }
    while tokens.first().is_some_and(|it| !it.is_text() || it.one_of(&["and"])) {
        tokens.remove(0);
    }
    while tokens.last().is_some_and(|it| !it.is_text()) {
        tokens.pop();
    }
    join(&tokens)
}

impl Wanted {
    /// The draft; `before` are the drafts of the same message, whose device a ticket without its own is
    /// about. Without a summary the core words one from those steps, or asks.
    pub(super) fn draft(&self, scene: &Scene<'_>, before: &[Draft]) -> Option<Draft> {
        let tool = scene.ask.catalogue.get(&ToolName::new(rmm::CREATE_TICKET))?;
        let mut draft = Draft::new(tool.name.clone());
        draft.arguments = self.arguments.clone();
        let clause = Clause::new(&self.target);
        match targets::read(scene, &clause) {
            Target::Devices(mentions) => draft.devices = mentions,
            Target::Client(_) => {
                let words = targets::phrase(targets::trim(&self.target));
                draft.client = Some(ClientMention::Phrase(words));
            }
            Target::None
            | Target::All { .. }
            | Target::Several { .. }
            | Target::Which(_)
            | Target::Unclear => {}
        }
        if draft.devices.is_empty() && draft.client.is_none() {
            if let Some(first) = before.first() {
                // A ticket is about one device; what is on several gets one about the client.
                if let [one @ (Mention::Phrase(_) | Mention::Device(_))] = first.devices.as_slice()
                {
                    draft.devices = vec![one.clone()];
                }
                draft.client.clone_from(&first.client);
            } else if self.points_back() {
                let ids = scene.ask.context.devices.iter().take(1);
                draft.devices = ids.cloned().map(Mention::Device).collect();
            }
        }
        Some(without_devices(tool, draft, scene))
    }

    fn points_back(&self) -> bool {
        self.target.iter().any(|it| it.one_of(words::IT) || it.one_of(words::THEM))
    }
}

fn name(scene: &Scene<'_>, mention: &Mention) -> String {
    match mention {
        Mention::Phrase(phrase) => phrase.clone(),
        Mention::Device(id) => {
            scene.ask.directory.device(id).map_or_else(String::new, |it| it.name.clone())
        }
        Mention::All { servers: Some(true) } => "all servers".to_owned(),
        Mention::All { servers: Some(false) } => "all workstations".to_owned(),
        Mention::All { servers: None } => "all devices".to_owned(),
        Mention::Lost { product, .. } => format!("devices lost in {}", product.label()),
    }
}

/// Where tickets take no device, its name goes into the description.
fn without_devices(tool: &Tool, mut draft: Draft, scene: &Scene<'_>) -> Draft {
    let takes = match tool.aim {
        Aim::Tenant | Aim::Client => false,
        Aim::Device | Aim::DeviceOrTenant | Aim::Devices => true,
    };
    if !takes && !draft.devices.is_empty() {
        let names: Vec<String> = draft.devices.iter().map(|it| name(scene, it)).collect();
        draft
            .arguments
            .insert("description".into(), json!(format!("Device: {}", names.join(", "))));
        draft.devices.clear();
    }
    draft
}
