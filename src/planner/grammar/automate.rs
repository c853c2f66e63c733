//! What only ConnectWise Automate can be asked: alerts. What it shares with ConnectWise RMM is asked for in
//! the same words, see [`crate::tool::twins`].

use serde_json::json;

use crate::planner::{Draft, Mention};
use crate::tool::ToolName;

use super::intents::{Filter, Intent, Takes};
use super::lexicon::Words;
use super::scene::{Clause, Outcome, Scene};
use super::scripts;
use super::targets::{self, Target};
use super::text::{Kind, Token};
use super::words;

pub(super) const LIST_ALERTS: &str = "connectwise_automate:cwa-list-alerts";
pub(super) const COMPUTER_ALERTS: &str = "connectwise_automate:cwa-get-computer-alerts";
pub(super) const CLEAR_ALERT: &str = "connectwise_automate:cwa-clear-alert";

pub(super) const INTENTS: &[Intent] = &[Intent {
    tools: &[LIST_ALERTS, COMPUTER_ALERTS],
    takes: Takes::DeviceOrClient,
    filter: Filter::Alerts,
    cues: &[
        ("alerts|alarms", 5),
        ("alert|alarm", 4),
        ("alert|alarm list|status|history|queue|board", 6),
        ("list|show|which|what|all|any|open|active|current alerts|alarms|alert", 6),
        ("how many alerts|alarms", 7),
        ("is|are _ alerting|alarming", 5),
        ("alerting|alarming", 4),
        ("monitors|monitor failing|failed|firing|triggered", 5),
        ("what is|are alerting|firing", 5),
    ],
    example: "alerts on {device}",
}];

/// What only a write can do, for the help.
pub(super) const WRITES: &[(&str, &str)] =
    &[(CLEAR_ALERT, "clear the disk space alert on {device}")];

/// Verbs that dismiss an alert. To silence one is something else.
static DISMISS: Words =
    Words::new("clear dismiss acknowledge ack close resolve remove delete reset cancel");

static ALERT: Words = Words::new("alert alerts alarm alarms");

/// "Clear the noisy disk-space alert on the kiosk".
pub(super) fn clear(scene: &Scene<'_>, tokens: &[Token]) -> Option<Outcome> {
    let tool = scene.ask.catalogue.get(&ToolName::new(CLEAR_ALERT))?;
    let verb = tokens.iter().position(Token::is_text).filter(|at| tokens[*at].is_in(&DISMISS))?;
    let noun = (verb + 1..tokens.len()).find(|at| tokens[*at].is_in(&ALERT))?;
    // "Clear the temp files on fs01, there is an alert" is about files.
    if tokens[verb..noun].iter().any(|it| !it.is_text() || it.one_of(&["on", "at"])) {
        return None;
    }
    let mut draft = Draft::new(tool.name.clone());
    let mut clause = Clause::new(tokens);
    clause.take([verb, noun]);
    clause.take(scripts::product_tokens(tokens));
    if let Some((at, number)) = number(tokens) {
        draft.arguments.insert("alert_id".to_owned(), json!(number));
        clause.take([at]);
    }
    let said = said(tokens, verb, noun, &mut clause);
    if !said.is_empty() {
        draft.arguments.insert("alert".to_owned(), json!(said));
    }
    let drafts = match targets::read(scene, &clause) {
        Target::Devices(mentions) => mentions
            .into_iter()
            .map(|mention| Draft { devices: vec![mention], ..draft.clone() })
            .collect(),
        Target::Client(client) => {
            draft.client = Some(crate::planner::ClientMention::Client(client.id.clone()));
            vec![draft]
        }
        Target::None if draft.arguments.contains_key("alert_id") => vec![draft],
        Target::None if scene.carried().is_some() => {
            let carried = scene.carried().unwrap_or_default();
            carried
                .iter()
                .map(|mention| Draft { devices: vec![mention.clone()], ..draft.clone() })
                .collect()
        }
        Target::None => match scene.recent().as_slice() {
            [one] => {
                draft.devices = vec![Mention::Device(one.id.clone())];
                vec![draft]
            }
            _ if !said.is_empty() => vec![draft],
            several => {
                let text = "Which device is the alert on?".to_owned();
                return Some(scene.ask_device(text, vec![draft], several));
            }
        },
        Target::Which(choices) => {
            let text = "Which device is the alert on?".to_owned();
            return Some(scene.ask_device(text, vec![draft], &choices));
        }
        Target::All { .. } | Target::Several { .. } | Target::Unclear => {
            let text = "I clear one alert at a time. Which device is it on?".to_owned();
            return Some(scene.ask_device(text, vec![draft], &[]));
        }
    };
    Some(Outcome::Drafts(drafts))
}

/// "alert 88213", "#88213".
fn number(tokens: &[Token]) -> Option<(usize, i64)> {
    (1..tokens.len()).find_map(|at| {
        let before = &tokens[at - 1];
        let bare = tokens[at].text.trim_start_matches('#');
        let marked = bare.len() < tokens[at].text.len();
        let led = before.is_in(&ALERT) || before.one_of(&["number", "no", "id"]);
        let number = bare.parse::<i64>().ok().filter(|it| *it > 0);
        number.filter(|_| marked || led).map(|it| (at, it))
    })
}

/// The words that tell which alert: those between verb and noun, and those behind "about".
fn said(tokens: &[Token], verb: usize, noun: usize, clause: &mut Clause<'_>) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut take = |at: usize, clause: &mut Clause<'_>| {
        let token = &tokens[at];
        // "the kiosk's disk alert" names the device.
        if token.possessive || token.has_digit() && token.kind != Kind::Quoted {
            return;
        }
        clause.take([at]);
        if !words::is_filler(&token.low) && !token.is_in(&ALERT) && !token.one_of(&["of", "for"]) {
            words.push(&token.text);
        }
    };
    (verb + 1..noun).for_each(|at| take(at, clause));
    let about = (noun + 1..tokens.len())
        .find(|at| tokens[*at].one_of(&["about", "regarding", "saying", "that", "concerning"]));
    if let Some(about) = about {
        clause.take([about]);
        let ends =
            |at: &usize| !tokens[*at].is_text() || tokens[*at].one_of(&["on", "at", "for", "from"]);
        let to = (about + 1..tokens.len()).find(ends).unwrap_or(tokens.len());
        (about + 1..to).for_each(|at| take(at, clause));
    }
    words.join(" ")
}
