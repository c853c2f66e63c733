//! What leans on the conversation: "same on fs01", "what about bluegum?", "the second one".
//!
//! The last calls are made again for something else. A change is made again only when that was said
//! ("run it on dc02 too"); "and dc02?" gets a question first.

use crate::conversation::AnswerOption;
use crate::planner::{ClientMention, Draft, Mention};
use crate::tool::{Aim, Tool, ToolName};

use super::intents;
use super::is_write;
use super::lexicon::Phrases;
use super::looks;
use super::rmm;
use super::scene::{Clause, Outcome, Scene, ask_option};
use super::targets::{self, Target};
use super::text::{Kind, Token};
use super::words;

static LEADS: Phrases = Phrases::new(
    "and what about, and how about, what about, how about, and also, and then, and now, and, also, \
     now, then, but what about, ok and, or, plus",
);

/// Takes "and", "what about" off the start; true when there was any.
pub(super) fn strip_lead(tokens: &mut Vec<Token>) -> bool {
    let mut found = false;
    while let Some(length) = LEADS.starts(tokens) {
        if length >= tokens.len() {
            break;
        }
        found |= !tokens[0].one_of(&["now", "then"]);
        tokens.drain(..length);
        while tokens.first().is_some_and(|it| !it.is_text()) {
            tokens.remove(0);
        }
    }
    found
}

const VERBS: &[&str] = &[
    "run", "do", "execute", "rerun", "try", "apply", "perform", "start", "launch", "repeat", "use",
    "trigger",
];

/// "Run it on dc02 too", "same on fs01", "again": the last calls, said again.
pub(super) fn explicit(scene: &Scene<'_>, tokens: &[Token]) -> Option<Outcome> {
    let verb = usize::from(tokens.first()?.one_of(VERBS));
    let mut at = verb;
    while tokens.get(at).is_some_and(|it| it.one_of(&["the", "exact", "exactly", "very"])) {
        at += 1;
    }
    let said = tokens.get(at).is_some_and(|it| {
        it.one_of(&["it", "that", "this", "same", "again", "them", "those"]) && !it.possessive
    });
    let bare = tokens[0].one_of(&["repeat", "rerun", "again", "same"]);
    if !(said && (verb == 1 || tokens[at].one_of(&["same", "again"])) || bare) {
        return None;
    }
    let mut end = if said { at + 1 } else { 1 };
    while tokens.get(end).is_some_and(|it| {
        it.one_of(&[
            "script", "thing", "task", "again", "one", "command", "check", "request", "scripts",
            "stuff", "job", "time", "once", "more", "same", "too",
        ])
    }) {
        end += 1;
    }
    let rest = &tokens[end..];
    let fits = rest.first().is_none_or(|it| {
        it.one_of(words::TOWARDS) || it.one_of(&["too", "also", "as", "with"]) || !it.is_text()
    });
    if !fits {
        return None;
    }
    Some(again(scene, rest, Said::Plainly))
}

/// "And dc02?", "the other one", "acme's?", or only a name.
pub(super) fn implied(scene: &Scene<'_>, tokens: &[Token]) -> Outcome {
    let leads = tokens.first().is_some_and(|it| it.one_of(words::TOWARDS));
    let too = tokens.iter().any(|it| it.one_of(&["too", "also"]))
        || tokens.windows(2).any(|it| it[0].one_of(&["as"]) && it[1].one_of(&["well"]));
    let points = targets::pointer(scene, tokens).is_some();
    if !scene.ask.context.calls.is_empty() && (scene.follow_up || leads || too || points) {
        let plainly = (leads || too) && !scene.manner.question && !points;
        let said = if plainly { Said::Plainly } else { Said::Vaguely };
        if let outcome @ (Outcome::Drafts(_) | Outcome::Ask(_)) = again(scene, tokens, said) {
            return outcome;
        }
    }
    name_alone(scene, tokens)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Plainly,
    Vaguely,
}

/// The last calls for what `tokens` name.
fn again(scene: &Scene<'_>, tokens: &[Token], said: Said) -> Outcome {
    let calls: Vec<(&Tool, Draft)> = scene
        .ask
        .context
        .calls
        .iter()
        .filter(|call| call.tool != ToolName::new(rmm::CREATE_TICKET))
        .filter_map(|call| {
            let tool = scene.ask.catalogue.get(&call.tool)?;
            let mut draft = Draft::new(call.tool.clone());
            draft.arguments = call.arguments.clone();
            Some((tool, draft))
        })
        .collect();
    let mut unique: Vec<(&Tool, Draft)> = Vec::new();
    for call in calls {
        if !unique.contains(&call) {
            unique.push(call);
        }
    }
    let of_devices = unique.iter().any(|(tool, _)| on_devices(tool.aim));
    let mut clause = Clause::new(tokens);
    for (at, token) in tokens.iter().enumerate() {
        if token.one_of(&["too", "also", "as", "well", "again", "now", "please", "instead", "then"])
        {
            clause.take([at]);
        }
    }
    let target = targets::read(scene, &clause);
    let name =
        clause.free().first().map(|range| targets::phrase(targets::trim(&tokens[range.clone()])));
    let outcome = match target {
        Target::Devices(mentions) if of_devices => on(&unique, &mentions),
        Target::Devices(mentions) if mentions.iter().any(|it| matches!(it, Mention::Device(_))) => {
            return Outcome::Lost;
        }
        Target::Devices(_) => {
            match name.filter(|it| !it.is_empty() && !it.bytes().any(|it| it.is_ascii_digit())) {
                Some(name) if unique.iter().any(|(tool, _)| tool.aim == Aim::Client) => {
                    of_client(&unique, &ClientMention::Phrase(name))
                }
                Some(_) | None => return Outcome::Lost,
            }
        }
        Target::Client(_) if unique.iter().any(|(tool, _)| tool.aim == Aim::Client) => match name {
            Some(name) => of_client(&unique, &ClientMention::Phrase(name)),
            None => return Outcome::Lost,
        },
        Target::Client(client) if of_devices => {
            let drafts =
                unique.into_iter().filter(|(tool, _)| on_devices(tool.aim)).map(|(_, draft)| draft);
            return looks::of_the_client(scene, client, None, &title(scene), drafts.collect());
        }
        Target::None if said == Said::Plainly && of_devices => {
            let known = scene.recent();
            let mentions: Vec<Mention> =
                known.iter().map(|it| Mention::Device(it.id.clone())).collect();
            match mentions.is_empty() {
                true => {
                    let drafts = unique.into_iter().map(|(_, draft)| draft).collect();
                    return scene.ask_device("On which device?".to_owned(), drafts, &[]);
                }
                false => on(&unique, &mentions),
            }
        }
        Target::None if said == Said::Plainly && !unique.is_empty() => {
            unique.into_iter().map(|(_, draft)| draft).collect()
        }
        Target::All { servers, client }
            if unique.iter().all(|(tool, _)| tool.aim == Aim::Devices) =>
        {
            let mut drafts = on(&unique, &[Mention::All { servers }]);
            for draft in &mut drafts {
                draft.client = Some(client.clone());
            }
            drafts
        }
        Target::Which(choices) if of_devices => {
            let drafts =
                unique.into_iter().filter(|(tool, _)| on_devices(tool.aim)).map(|(_, draft)| draft);
            return scene.ask_device(
                "Which device do you mean?".to_owned(),
                drafts.collect(),
                &choices,
            );
        }
        Target::None
        | Target::Client(_)
        | Target::All { .. }
        | Target::Several { .. }
        | Target::Which(_)
        | Target::Unclear => {
            return Outcome::Lost;
        }
    };
    if outcome.is_empty() {
        return Outcome::Lost;
    }
    let writes = outcome.iter().any(|draft| is_write(scene.ask.catalogue, &draft.tool));
    if writes && said == Said::Vaguely {
        let label = format!("Yes, {}", title(scene));
        let option = AnswerOption { label, detail: String::new(), drafts: outcome };
        let text = format!("Should I run {} there as well?", title(scene));
        return ask_option(text, vec![option]);
    }
    Outcome::Drafts(outcome)
}

fn on_devices(aim: Aim) -> bool {
    match aim {
        Aim::Device | Aim::Devices | Aim::DeviceOrTenant => true,
        Aim::Tenant | Aim::Client => false,
    }
}

fn on(calls: &[(&Tool, Draft)], mentions: &[Mention]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let groups: Vec<&[Mention]> = if calls.iter().all(|(tool, _)| tool.aim == Aim::Devices) {
        vec![mentions]
    } else {
        mentions.chunks(1).collect()
    };
    for group in groups {
        for (_, draft) in calls.iter().filter(|(tool, _)| on_devices(tool.aim)) {
            let mut draft = draft.clone();
            draft.devices = group.to_vec();
            drafts.push(draft);
        }
    }
    drafts
}

fn of_client(calls: &[(&Tool, Draft)], client: &ClientMention) -> Vec<Draft> {
    let listing = calls.iter().filter(|(tool, _)| tool.aim == Aim::Client);
    let named = listing.map(|(_, draft)| {
        let mut draft = draft.clone();
        draft.client = Some(client.clone());
        draft
    });
    named.collect()
}

/// What the last call is called.
fn title(scene: &Scene<'_>) -> String {
    let last = scene.ask.context.calls.first();
    let tool = last.and_then(|call| scene.ask.catalogue.get(&call.tool));
    tool.map_or_else(|| "that".to_owned(), |tool| tool.title.clone())
}

/// "dc01", and nothing else: what about it?
fn name_alone(scene: &Scene<'_>, tokens: &[Token]) -> Outcome {
    let clause = Clause::new(tokens);
    let commands = |it: &Token| it.is_word() && words::CHANGE.has(&it.word);
    if tokens.iter().any(|it| commands(it) || it.kind == Kind::Quoted && it.low.contains(' ')) {
        return Outcome::Lost;
    }
    let device = [
        "connectwise_rmm:cw-rmm-get-device-state",
        "connectwise_rmm:cw-rmm-get-device-patches",
        rmm::GET_DEVICE,
    ];
    let client = [rmm::LIST_DEVICES, "connectwise_rmm:cw-rmm-list-tickets", rmm::GET_COMPANY];
    let target = targets::read(scene, &clause);
    let (kinds, devices, named): (&[&str], Vec<Mention>, Option<ClientMention>) = match target {
        Target::Devices(mentions) if plausible(scene, tokens) => (&device, mentions, None),
        Target::Client(it) => (&client, Vec::new(), Some(ClientMention::Client(it.id.clone()))),
        _ => return Outcome::Lost,
    };
    let mut options: Vec<AnswerOption> = Vec::new();
    let rows = intents::all().filter(|intent| kinds.contains(&intent.tools[0]));
    for tool in rows.flat_map(|intent| intent.tools_in(scene.ask.catalogue, None)) {
        if options.iter().any(|it| it.label == tool.title) {
            continue;
        }
        let mut draft = Draft::new(tool.name.clone());
        draft.devices.clone_from(&devices);
        draft.client.clone_from(&named);
        options.push(AnswerOption {
            label: tool.title.clone(),
            detail: String::new(),
            drafts: vec![draft],
        });
    }
    match options.is_empty() {
        true => Outcome::Lost,
        false => ask_option(format!("What about {}?", targets::phrase(tokens)), options),
    }
}

/// Is the name of a device and nothing else: every word has a digit, belongs to somebody, is a known
/// host, a kind of device or a client.
fn plausible(scene: &Scene<'_>, tokens: &[Token]) -> bool {
    let clients = scene.clients.all(tokens);
    let directory = scene.ask.directory;
    let known = |token: &Token| !directory.hosts_named_in(&[token.low.as_str()]).is_empty();
    let named = |at: usize| clients.iter().any(|it| (it.from..it.to).contains(&at));
    let part = |at: usize, token: &Token| {
        token.has_digit()
            || token.possessive
            || named(at)
            || words::is_filler(&token.low)
            || token.one_of(words::AT)
            || token.is_in(&words::KIND)
            || known(token)
    };
    let kind = tokens.len() <= 4 && tokens.last().is_some_and(|it| it.is_in(&words::KIND));
    targets::pointer(scene, tokens).is_some()
        || kind && tokens.len() > 1
        || tokens.iter().enumerate().all(|(at, token)| !token.is_text() || part(at, token))
}
