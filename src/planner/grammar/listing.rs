//! Plans for lists: of one client, of several, or of all.

use serde_json::{Map, json};

use crate::conversation::{Awaits, Question};
use crate::planner::{ClientMention, Draft, Mention};
use crate::tool::{Aim, Tool, twins};

use super::scene::{Clause, Outcome, Scene};
use super::targets;
use super::text::{Kind, Token};
use super::words;

/// A list of one client, of several, or of all.
pub(super) fn of_client(
    scene: &Scene<'_>,
    clause: &Clause<'_>,
    tools: &[&Tool],
    drafts: Vec<Draft>,
) -> Outcome {
    let clients = client_words(scene, clause);
    match clients {
        ClientWords::None => Outcome::Drafts(drafts),
        ClientWords::Known(client) => Outcome::Drafts(with_client(&drafts, &client)),
        ClientWords::Phrases(phrases) => {
            let mut all = Vec::new();
            for words in &phrases {
                let device =
                    words.iter().any(Token::has_digit) && scene.clients.whole(words).is_none();
                if device || owned(words) {
                    return of_words(tools, words, drafts);
                }
                let (phrase, site) = place(scene, words);
                for mut draft in with_client(&drafts, &ClientMention::Phrase(phrase)) {
                    let site = site.as_ref().map(|it| ("site".to_owned(), json!(it)));
                    if let (Some(site), Some(tool)) = (site, tools.first()) {
                        draft.arguments.extend(twins::carried(&Map::from_iter([site]), tool));
                    }
                    all.push(draft);
                }
            }
            Outcome::Drafts(all)
        }
    }
}

fn with_client(drafts: &[Draft], client: &ClientMention) -> Vec<Draft> {
    let with = |draft: &Draft| Draft { client: Some(client.clone()), ..draft.clone() };
    drafts.iter().map(with).collect()
}

fn owned(words: &[Token]) -> bool {
    words.iter().any(|it| it.possessive) && words.iter().any(|it| it.is_in(&words::KIND))
}

/// A list that is asked for with the name of a device: its tickets by device, or by text.
fn of_words(tools: &[&Tool], words: &[Token], mut drafts: Vec<Draft>) -> Outcome {
    let phrase = targets::phrase(words);
    let aims = tools.first().map(|tool| tool.aim);
    for (draft, tool) in drafts.iter_mut().zip(tools) {
        if matches!(aims, Some(Aim::Device | Aim::DeviceOrTenant | Aim::Devices)) {
            draft.devices = vec![Mention::Phrase(phrase.clone())];
        } else if tool.schema.pointer("/properties/text").is_some() {
            draft.arguments.insert("text".into(), json!(phrase));
        } else {
            draft.client = Some(ClientMention::Phrase(phrase.clone()));
        }
    }
    Outcome::Drafts(drafts)
}

/// "acme sydney": the client, and a site of it.
fn place(scene: &Scene<'_>, words: &[Token]) -> (String, Option<String>) {
    let Some(named) = scene.clients.starting(words, 0).filter(|named| named.sure) else {
        return (targets::phrase(words), None);
    };
    let rest = targets::trim(&words[named.to..]);
    let rest = match rest {
        [site @ .., last]
            if !site.is_empty() && last.one_of(&["site", "office", "location", "branch"]) =>
        {
            site
        }
        other => other,
    };
    let said = targets::phrase(rest).to_lowercase();
    let site = scene
        .ask
        .directory
        .sites()
        .iter()
        .filter(|site| site.client == named.client.id)
        .find(|site| !said.is_empty() && site.name.to_lowercase().contains(&said));
    match site {
        Some(site) => (targets::phrase(&words[..named.to]), Some(site.name.clone())),
        None => (targets::phrase(words), None),
    }
}

pub(super) enum ClientWords<'t> {
    None,
    Known(ClientMention),
    Phrases(Vec<&'t [Token]>),
}

pub(super) fn client_words<'t>(scene: &Scene<'_>, clause: &Clause<'t>) -> ClientWords<'t> {
    let tokens = clause.tokens;
    let mut phrases = Vec::new();
    let mut pointed = scene.follow_up;
    for range in clause.free() {
        let group = &tokens[range];
        pointed |=
            group.iter().any(|it| it.one_of(&["their", "its", "there", "them", "they", "same"]));
        let trimmed = without_general(targets::trim_named(scene, group));
        if trimmed.is_empty() {
            continue;
        }
        let parts: Vec<&[Token]> = trimmed
            .split(|it| it.kind == Kind::Comma || it.one_of(&["and", "or", "plus"]))
            .map(trim_client)
            .collect();
        let named = |part: &&[Token]| scene.clients.starting(part, 0).is_some();
        match parts.len() > 1 && parts.iter().all(named) {
            true => phrases.extend(parts),
            false => phrases.push(trimmed),
        }
    }
    let general = |words: &&[Token]| {
        let vague = |it: &Token| {
            it.one_of(words::ALL)
                || it.one_of(words::IT)
                || it.one_of(words::THEM)
                || it.one_of(&[
                    "client",
                    "clients",
                    "customers",
                    "customer",
                    "company",
                    "companies",
                ])
                || it.one_of(&["everyone", "us", "tenant", "one"])
        };
        !words.iter().all(vague)
    };
    phrases.retain(|words| general(words));
    if phrases.len() > 1 {
        let known: Vec<&[Token]> =
            phrases.iter().copied().filter(|it| scene.clients.starting(it, 0).is_some()).collect();
        let led = phrases.last().copied();
        phrases = if known.is_empty() { led.into_iter().collect() } else { known };
    }
    match (phrases.is_empty(), &scene.ask.context.client) {
        (false, _) => ClientWords::Phrases(phrases),
        (true, Some(client)) if pointed => {
            ClientWords::Known(ClientMention::Client(client.clone()))
        }
        (true, _) => ClientWords::None,
    }
}

fn trim_client(tokens: &[Token]) -> &[Token] {
    without_general(targets::trim(tokens))
}

fn without_general(inner: &[Token]) -> &[Token] {
    let general = ["client", "company", "customer", "all", "every", "site"];
    let from = inner.iter().position(|it| !it.one_of(&general)).unwrap_or(inner.len());
    let inner = &inner[from..];
    match inner {
        [rest @ .., last]
            if !rest.is_empty() && last.one_of(&["client", "company", "customer"]) =>
        {
            rest
        }
        other => other,
    }
}

pub(super) fn of_one_client(
    scene: &Scene<'_>,
    clause: &Clause<'_>,
    mut drafts: Vec<Draft>,
) -> Outcome {
    let client = match client_words(scene, clause) {
        ClientWords::Phrases(phrases) => {
            phrases.first().map(|it| ClientMention::Phrase(targets::phrase(it)))
        }
        ClientWords::Known(client) => Some(client),
        ClientWords::None => None,
    };
    match client {
        Some(client) => {
            for draft in &mut drafts {
                draft.client = Some(client.clone());
            }
            Outcome::Drafts(drafts)
        }
        None => {
            let text = "Which client do you mean?".to_owned();
            let awaits = Awaits::Client { drafts, draft: 0 };
            Outcome::Ask(Question { text, options: Vec::new(), awaits })
        }
    }
}
