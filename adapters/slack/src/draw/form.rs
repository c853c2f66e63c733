//! The forms: a reason for a denial, other arguments, a question about a message. And what comes back.

use std::collections::BTreeMap;

use countersign::approval::Approval;
use countersign::digest::Digest;
use countersign::ids::ApprovalId;
use countersign::mask::mask;
use countersign::tool::schema::{self, Fault};
use countersign::tool::{Tool, ToolName};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use slack_morphism::prelude::*;

use super::kit::{INPUT_MAX, OPTIONS_MAX, context, input, only, words};
use super::text::{escape_within, plain};

/// Which form came back.
pub(crate) const DENY: &str = "countersign_deny";
pub(crate) const STEPS: &str = "countersign_steps";
pub(crate) const EDIT: &str = "countersign_edit";
pub(crate) const ASK: &str = "countersign_ask";

/// The one input of the forms with one.
pub(crate) const ONLY_INPUT: &str = "text";
const ACTION: &str = "value";

/// Boxes of one input; a plan has no more steps than Slack takes boxes.
const CHECKBOXES_MAX: usize = 10;
const _: () = assert!(countersign::bounds::CALLS_PER_PLAN_MAX <= CHECKBOXES_MAX);

/// Inputs of one form; Slack takes 100 blocks.
const INPUTS_MAX: usize = 90;

/// What a form remembers while it is open. Not a secret and no authority: everything is checked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) channel: String,
    pub(crate) thread: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approval: Option<ApprovalId>,
    #[serde(default)]
    pub(crate) step: u32,
    /// What was offered when the form was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<Digest>,
}

impl Meta {
    fn encode(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

pub(crate) fn deny(approval: &Approval, meta: &Meta) -> SlackModalView {
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(ACTION.into())
        .with_multiline(true)
        .with_max_length(500);
    let reason = input(ONLY_INPUT, "Why not?", element)
        .with_optional(true)
        .with_hint(only("Everybody in the thread reads it.", 150));
    modal(DENY, "Deny", "Deny", vec![subject(approval), reason.into()], meta)
}

/// Which steps may run; all are ticked. `None`: there is only one.
pub(crate) fn steps(approval: &Approval, meta: &Meta) -> Option<SlackModalView> {
    let kept = approval.kept();
    if kept.len() < 2 {
        return None;
    }
    let option = |(step, call): &(u32, &countersign::plan::Call)| {
        let label = format!("{}. {}", step + 1, call.title);
        let mut option =
            SlackBlockChoiceItem::new(SlackBlockText::Plain(words(&label, 75)), step.to_string());
        option.description = Some(only(&call.sentence(), 75));
        option
    };
    let options: Vec<_> = kept.iter().take(CHECKBOXES_MAX).map(option).collect();
    let mut boxes = SlackBlockCheckboxesElement::new(options.clone());
    boxes.action_id = Some(ACTION.into());
    boxes.initial_options = Some(options);
    let input = input(ONLY_INPUT, "What may run?", boxes)
        .with_optional(true)
        .with_hint(only("A step without a tick is left out for good, whoever else approves.", 150));
    let meta = Meta { seen: Some(approval.offered()), ..meta.clone() };
    Some(modal(
        STEPS,
        "Approve some steps",
        "Approve",
        vec![subject(approval), input.into()],
        &meta,
    ))
}

/// The steps that are ticked, counted from 0.
pub(crate) fn chosen(values: &Value) -> Vec<u32> {
    let ticked = values[ONLY_INPUT][ACTION]["selected_options"].as_array();
    let step = |it: &Value| it["value"].as_str()?.parse().ok();
    ticked.into_iter().flatten().filter_map(step).collect()
}

/// `text` is what the message says; the person may change it, and asks in their own name.
pub(crate) fn ask(text: &str, meta: &Meta) -> SlackModalView {
    let mut element = SlackBlockPlainTextInputElement::new()
        .with_action_id(ACTION.into())
        .with_multiline(true)
        .with_min_length(1)
        .with_max_length(INPUT_MAX as u64);
    let text = countersign::words::cut(text, INPUT_MAX - 1);
    if !text.is_empty() {
        element = element.with_initial_value(text);
    }
    let question = input(ONLY_INPUT, "What should Countersign do?", element)
        .with_hint(only("The answer comes into the thread of the message.", 150));
    modal(ASK, "Ask Countersign", "Ask", vec![question.into()], meta)
}

/// `None`: the step has nothing that can be edited.
pub(crate) fn edit(approval: &Approval, tool: &Tool, meta: &Meta) -> Option<SlackModalView> {
    let call = approval.plan.calls.get(usize::try_from(meta.step).ok()?)?;
    let required: Vec<&str> = schema::required(&tool.schema).collect();
    let inputs: Vec<SlackBlock> = properties(&tool.schema)
        .take(INPUTS_MAX)
        .map(|(name, property)| {
            let old = call.arguments.get(name);
            let hidden = old.is_some_and(|old| is_secret(name, old));
            let element = element(property, if hidden { None } else { old });
            let title = property["title"].as_str().unwrap_or(name);
            let drawn = input(&block_id(name), title, element)
                .with_optional(hidden || !required.contains(&name.as_str()));
            match hint(property, hidden) {
                Some(hint) => drawn.with_hint(only(&hint, 1_900)).into(),
                None => drawn.into(),
            }
        })
        .collect();
    if inputs.is_empty() {
        return None;
    }
    let mut blocks = vec![
        subject(approval),
        context("Policy looks at the changed request again, and a new card asks for approval."),
    ];
    blocks.extend(inputs);
    Some(modal(EDIT, "Edit and ask again", "Ask again", blocks, meta))
}

/// The steps of a plan that [`edit`] can show a form for.
pub(crate) fn editable<'a>(
    approval: &Approval,
    tool: impl Fn(&ToolName) -> Option<&'a Tool>,
) -> Vec<u32> {
    let steps = (0..).zip(&approval.plan.calls);
    let has_inputs = |(_, call): &(u32, &countersign::plan::Call)| {
        tool(&call.tool).is_some_and(|tool| properties(&tool.schema).next().is_some())
    };
    steps.filter(has_inputs).map(|(step, _)| step).take(5).collect()
}

/// The arguments that a form holds, or what is wrong by input.
pub(crate) fn arguments(
    tool: &Tool,
    old: &Map<String, Value>,
    values: &Value,
) -> Result<Map<String, Value>, BTreeMap<String, String>> {
    let mut arguments = Map::new();
    let mut wrong = BTreeMap::new();
    let shown: Vec<(&String, &Value)> = properties(&tool.schema).take(INPUTS_MAX).collect();
    for (name, property) in &shown {
        let typed = &values[block_id(name)][ACTION];
        let text =
            typed["value"].as_str().or_else(|| typed.pointer("/selected_option/value")?.as_str());
        match text.filter(|text| !text.is_empty()) {
            Some(text) => match parse(property, text) {
                Ok(value) => {
                    arguments.insert((*name).clone(), value);
                }
                Err(message) => {
                    wrong.insert(block_id(name), message);
                }
            },
            // Hidden and left alone, so it stays.
            None => {
                if let Some(value) = old.get(*name).filter(|value| is_secret(name, value)) {
                    arguments.insert((*name).clone(), value.clone());
                }
            }
        }
    }
    // What the form has no room for stays as it was.
    for (name, value) in old {
        if !shown.iter().any(|(shown, _)| *shown == name) {
            arguments.insert(name.clone(), value.clone());
        }
    }
    for fault in schema::check(&tool.schema, &arguments) {
        let (name, message) = match fault {
            Fault::Missing { name } => (name, "This is needed.".to_owned()),
            Fault::Wrong { name, message } => (name, message),
        };
        let name = name.split('/').next().unwrap_or_default();
        let at = shown.iter().find(|(shown, _)| *shown == name).or(shown.first());
        if let Some((name, _)) = at {
            wrong.entry(block_id(name)).or_insert_with(|| plain(&message, 300));
        }
    }
    if wrong.is_empty() { Ok(arguments) } else { Err(wrong) }
}

/// What was typed into a form with one input.
pub(crate) fn only_text(values: &Value) -> Option<String> {
    let text = values[ONLY_INPUT][ACTION]["value"].as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn subject(approval: &Approval) -> SlackBlock {
    let what = countersign::plan::subject(&approval.plan.calls);
    super::kit::section(format!("*{}*", escape_within(&what, 1_000)))
}

fn modal(
    id: &str,
    title: &str,
    submit: &str,
    blocks: Vec<SlackBlock>,
    meta: &Meta,
) -> SlackModalView {
    SlackModalView::new(only(title, 24), blocks)
        .with_callback_id(id.into())
        .with_submit(only(submit, 24))
        .with_close(only("Cancel", 24))
        .with_private_metadata(meta.encode())
}

/// Names that Slack takes as an id of a block.
fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let all = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    all.filter(|(name, _)| !name.is_empty() && name.chars().count() <= 240)
}

fn block_id(name: &str) -> String {
    format!("arg:{name}")
}

fn is_secret(name: &str, value: &Value) -> bool {
    let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return false };
    let line = format!("{name}: {text}");
    mask(&line) != line
}

fn hint(property: &Value, hidden: bool) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    if hidden {
        parts.push("Hidden here; stays as it is when left empty.".into());
    }
    parts.extend(property["description"].as_str().map(str::to_owned));
    if !matches!(kind(property), Kind::Text | Kind::Number { .. } | Kind::Truth | Kind::One(_)) {
        parts.push("Written as JSON.".into());
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

enum Kind<'a> {
    Text,
    Number {
        whole: bool,
    },
    Truth,
    One(&'a [Value]),
    /// Lists and objects.
    Json,
}

fn kind(property: &Value) -> Kind<'_> {
    if let Some(options) = property["enum"].as_array()
        && (1..=OPTIONS_MAX).contains(&options.len())
    {
        return Kind::One(options);
    }
    let names = match &property["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).filter(|it| *it != "null").collect()
        }
        _ => Vec::new(),
    };
    match names.as_slice() {
        ["string"] => Kind::Text,
        ["integer"] => Kind::Number { whole: true },
        ["number"] => Kind::Number { whole: false },
        ["boolean"] => Kind::Truth,
        _ => Kind::Json,
    }
}

fn element(property: &Value, old: Option<&Value>) -> SlackInputBlockElement {
    match kind(property) {
        Kind::One(options) => {
            let texts: Vec<String> = options.iter().map(shown).collect();
            let at = old.and_then(|old| options.iter().position(|it| it == old));
            select(&texts, at)
        }
        Kind::Truth => {
            let at = old.and_then(Value::as_bool).map(|yes| if yes { 0 } else { 1 });
            select(&["yes".to_owned(), "no".to_owned()], at)
        }
        Kind::Number { whole } => {
            let mut element =
                SlackBlockNumberInputElement::new(!whole).with_action_id(ACTION.into());
            element.initial_value = old.filter(|it| it.is_number()).map(Value::to_string);
            element.min_value =
                property["minimum"].is_number().then(|| property["minimum"].to_string());
            element.max_value =
                property["maximum"].is_number().then(|| property["maximum"].to_string());
            element.into()
        }
        Kind::Text => text_input(old.and_then(Value::as_str).map(str::to_owned), property),
        Kind::Json => text_input(old.map(Value::to_string), property),
    }
}

fn text_input(old: Option<String>, property: &Value) -> SlackInputBlockElement {
    let old = old.filter(|old| !old.is_empty() && old.chars().count() <= INPUT_MAX);
    let is_long = old.as_ref().is_some_and(|old| old.contains('\n') || old.chars().count() > 100)
        || matches!(kind(property), Kind::Json);
    let mut element = SlackBlockPlainTextInputElement::new()
        .with_action_id(ACTION.into())
        .with_multiline(is_long);
    element.initial_value = old;
    element.into()
}

fn select(texts: &[String], at: Option<usize>) -> SlackInputBlockElement {
    let option = |(index, text): (usize, &String)| {
        SlackBlockChoiceItem::new(only(text, 75), index.to_string())
    };
    let options: Vec<_> = texts.iter().enumerate().map(option).collect();
    let mut element = SlackBlockStaticSelectElement::new().with_action_id(ACTION.into());
    element.initial_option = at.and_then(|at| options.get(at).cloned());
    element.options = Some(options);
    element.into()
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn parse(property: &Value, text: &str) -> Result<Value, String> {
    let index = || text.parse::<usize>().ok();
    match kind(property) {
        Kind::One(options) => index()
            .and_then(|at| options.get(at).cloned())
            .ok_or_else(|| "Pick one of the list; it has changed meanwhile.".to_owned()),
        Kind::Truth => Ok(json!(index() == Some(0))),
        Kind::Number { whole: true } => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| "A whole number is needed.".to_owned()),
        Kind::Number { whole: false } => {
            let number = text.trim().parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            number.map(Value::Number).ok_or_else(|| "A number is needed.".to_owned())
        }
        Kind::Text => Ok(Value::String(text.to_owned())),
        Kind::Json => {
            serde_json::from_str(text).map_err(|error| format!("This is no JSON: {error}"))
        }
    }
}
