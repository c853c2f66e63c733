//! An answer to the question that is open in a conversation.
//!
//! Pure, and the same whatever planner asked: the core calls [`answer`] before it calls a planner. A
//! clear new request is no answer; it replaces the question.

use serde_json::{Map, Value, json};

use super::grammar::lexicon::{Phrases, Words};
use super::grammar::{self, ordinal, text};
use super::{Ask, ClientMention, Draft, Mention, Proposal};
use crate::conversation::{AnswerOption, Awaits, Context, Question};
use crate::tool::schema;

#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// The question is answered; these are the drafts it completed.
    Drafts(Vec<Draft>),
    /// "Never mind": the question is withdrawn, nothing is done.
    Cancelled,
    /// Meant as an answer, and it does not fit; the text asks again and says what would.
    Again(String),
    /// Something else: a request of its own, for the planner.
    NotAnAnswer,
}

/// Reads `text` as an answer to `question`. `ask` is the surroundings; its text is not looked at.
pub fn answer(text: &str, question: &Question, ask: &Ask<'_>) -> Answered {
    let Some(words) = words(text) else { return Answered::NotAnAnswer };
    let line = words.join(" ");
    if CANCEL.has(line.as_str()) || no(&line) && !yes_or_no(&question.awaits) {
        return Answered::Cancelled;
    }
    if let Some(option) = pick(&words, &line, question) {
        return match option {
            Pick::One(option) => Answered::Drafts(option.drafts.clone()),
            Pick::NotThere => {
                let last = question.options.len();
                Answered::Again(format!("There are {last} choices: which one, 1 to {last}?"))
            }
        };
    }
    match &question.awaits {
        Awaits::Option => Answered::NotAnAnswer,
        Awaits::Argument { drafts, draft, name, schema } => {
            argument(text, ask, drafts, *draft, name, schema)
        }
        Awaits::Device { drafts, draft, mention } => device(text, ask, drafts, *draft, *mention),
        Awaits::Client { drafts, draft } => client(text, ask, drafts, *draft),
    }
}

static CANCEL: Phrases = Phrases::new(
    "cancel, nevermind, never mind, nvm, forget it, forget that, stop, abort, drop it, cancel that, \
     cancel it, scratch that, none, none of them, none of these, neither, no thanks, no thank you, \
     quit, exit, leave it, dont, dont bother, do nothing, skip it, withdraw, forget about it, \
     ignore that, nothing, stop it, nah, nope never mind, no never mind, no nevermind",
);

fn yes(line: &str) -> bool {
    [
        "yes",
        "y",
        "yep",
        "yeah",
        "yup",
        "sure",
        "ok",
        "okay",
        "please do",
        "yes please",
        "do it",
        "go ahead",
        "correct",
        "right",
        "confirm",
        "confirmed",
        "affirmative",
        "that one",
        "that is it",
        "exactly",
        "go",
        "true",
        "on",
    ]
    .contains(&line)
}

fn no(line: &str) -> bool {
    ["no", "n", "nope", "nah", "false", "off"].contains(&line)
}

fn yes_or_no(awaits: &Awaits) -> bool {
    match awaits {
        Awaits::Argument { schema, .. } => {
            let kind = schema.get("type").and_then(Value::as_str);
            kind == Some("boolean") || kind == Some("string") || schema.get("enum").is_some()
        }
        Awaits::Option | Awaits::Device { .. } | Awaits::Client { .. } => false,
    }
}

/// The words of a message, in lower case; `None` when it is no text.
fn words(text: &str) -> Option<Vec<String>> {
    let message = text::read(text)?;
    let words: Vec<String> = message
        .tokens
        .iter()
        .filter(|it| it.is_text())
        .flat_map(|it| it.low.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter(|it| !["please", "pls", "countersign", "@countersign"].contains(&it.as_str()))
        .collect();
    (!words.is_empty()).then_some(words)
}

enum Pick<'a> {
    One(&'a AnswerOption),
    NotThere,
}

/// Words around a choice that do not choose.
static AROUND: Words = Words::new(
    "the one option number no choice answer i mean meant want it is its that use pick choose take \
     on select a an would like lets go with for at of in think yes and run just only script device \
     client from called named please to this was thanks",
);

/// A number, a place in the order, a label, or words that only one option has.
fn pick<'a>(words: &[String], line: &str, question: &'a Question) -> Option<Pick<'a>> {
    let options = &question.options;
    if options.is_empty() {
        return None;
    }
    if let [only] = options.as_slice()
        && yes(line)
    {
        return Some(Pick::One(only));
    }
    let same = |option: &&AnswerOption| text::fold(&option.label) == line;
    if let Some(option) = options.iter().find(same) {
        return Some(Pick::One(option));
    }
    let telling: Vec<&str> =
        words.iter().map(String::as_str).filter(|it| !AROUND.has(it)).collect();
    let number = match (telling.as_slice(), words) {
        ([number], _) => ordinal(number.trim_start_matches("opt").trim_start_matches('#')),
        ([], [one]) if one == "one" => Some(1),
        _ => None,
    };
    if let Some(number) = number {
        let at = if number == usize::MAX { options.len() } else { number };
        // "7" may also be the value that is asked for, or a part of a name.
        return match (options.get(at - 1), &question.awaits) {
            (Some(option), _) => Some(Pick::One(option)),
            (None, Awaits::Argument { .. }) => None,
            (None, _) => Some(Pick::NotThere),
        };
    }
    if telling.is_empty() {
        return None;
    }
    let has = |text: &str| {
        let parts = parts(text);
        telling.iter().all(|it| contains(&parts, it))
    };
    let mut by_label = options.iter().filter(|it| has(&it.label));
    if let (Some(option), None) = (by_label.next(), by_label.next()) {
        return Some(Pick::One(option));
    }
    let mut by_any = options.iter().filter(|it| has(&format!("{} {}", it.label, it.detail)));
    match (by_any.next(), by_any.next()) {
        (Some(option), None) => Some(Pick::One(option)),
        _ => None,
    }
}

fn parts(text: &str) -> Vec<String> {
    let low = text::fold(text);
    let edge =
        |it: char| !it.is_alphanumeric() && !matches!(it, '-' | '_' | '.' | '\\' | '@' | '\'');
    low.split(edge).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// A whole word, or the start of one from three letters on.
fn contains(parts: &[String], word: &str) -> bool {
    let start = |part: &String| {
        part == word
            || word.len() >= 3
                && part.split(['-', '_', '.', '\\', '@']).any(|piece| piece.starts_with(word))
            || word.len() >= 4 && part.starts_with(word)
    };
    parts.iter().any(start)
}

/// `text` read as a fresh request, as if nothing had been said before.
fn fresh<T>(text: &str, ask: &Ask<'_>, read: impl Fn(&Ask<'_>) -> T) -> T {
    let context = Context::default();
    read(&Ask {
        text,
        context: &context,
        catalogue: ask.catalogue,
        directory: ask.directory,
        person: ask.person,
        now: ask.now,
    })
}

/// Begins like a request and has a plan: not what somebody puts into a ticket or a parameter.
fn commands(text: &str, ask: &Ask<'_>) -> bool {
    fresh(text, ask, grammar::is_request)
}

/// Has a plan of its own, which a mere name has not.
fn plans(text: &str, ask: &Ask<'_>) -> bool {
    fresh(text, ask, |ask| {
        matches!(grammar::propose(ask), Proposal::Plan(_) | Proposal::Refuse(_) | Proposal::Say(_))
    })
}

fn argument(
    text: &str,
    ask: &Ask<'_>,
    drafts: &[Draft],
    at: usize,
    name: &str,
    schema: &Value,
) -> Answered {
    let free = schema.get("type").and_then(Value::as_str).is_none_or(|it| it == "string")
        && schema.get("enum").is_none();
    if free && commands(text, ask) {
        return Answered::NotAnAnswer;
    }
    let Some(value) = value(name, schema, text) else {
        return match plans(text, ask) || text.split_whitespace().count() > 4 {
            true => Answered::NotAnAnswer,
            false => {
                Answered::Again(format!("“{name}” has to be {}. Which value?", expected(schema)))
            }
        };
    };
    let mut drafts = drafts.to_vec();
    let Some(draft) = drafts.get_mut(at) else { return Answered::NotAnAnswer };
    draft.arguments.insert(name.to_owned(), value);
    Answered::Drafts(drafts)
}

/// What a schema accepts, in words.
fn expected(schema: &Value) -> String {
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let names: Vec<String> = choices
            .iter()
            .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
            .collect();
        return format!("one of {}", names.join(", "));
    }
    let bound = |key: &str| schema.get(key).map(Value::to_string);
    match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => match (bound("minimum"), bound("maximum")) {
            (Some(least), Some(most)) => format!("a number from {least} to {most}"),
            (Some(least), None) => format!("a number of at least {least}"),
            (None, Some(most)) => format!("a number of at most {most}"),
            (None, None) => "a number".to_owned(),
        },
        Some("boolean") => "yes or no".to_owned(),
        _ => match schema.get("pattern").and_then(Value::as_str) {
            Some(pattern) => format!("text of the form {pattern}"),
            None => "text that the script accepts".to_owned(),
        },
    }
}

/// `text` as a value of `schema`: "7", "7 days" and "seven" for a number, "yes" for a switch, "d" for
/// the drive "D:". `None` when none of its readings is valid.
pub fn value(name: &str, schema: &Value, text: &str) -> Option<Value> {
    let text = text.trim().trim_matches(['"', '`', '\u{201c}', '\u{201d}']).trim();
    if text.is_empty() {
        return None;
    }
    let kind = schema.get("type").and_then(Value::as_str);
    let readings: Vec<Value> = match (schema.get("enum").and_then(Value::as_array), kind) {
        (Some(choices), _) => choice(choices, text).into_iter().collect(),
        (None, Some("integer" | "number")) => number(name, text).into_iter().collect(),
        (None, Some("boolean")) => switch(text).map(Value::Bool).into_iter().collect(),
        (None, Some("array")) => vec![list(schema, text)],
        (None, _) => {
            let bare = text.trim_end_matches(['.', '!']);
            let upper = text.to_uppercase();
            let colon = format!("{}:", upper.trim_end_matches(':'));
            let plain = upper.trim_end_matches(':').to_owned();
            let mut all = vec![json!(text), json!(bare)];
            if schema.get("pattern").is_some() {
                all.extend([json!(upper), json!(colon), json!(plain), json!(format!("{colon}\\"))]);
            }
            all
        }
    };
    readings.into_iter().find(|value| valid(name, schema, value))
}

fn valid(name: &str, schema: &Value, value: &Value) -> bool {
    let whole = json!({ "type": "object", "properties": { name: schema } });
    schema::check(&whole, &Map::from_iter([(name.to_owned(), value.clone())])).is_empty()
}

fn choice(choices: &[Value], text: &str) -> Option<Value> {
    let low = text.to_lowercase();
    let low = low.trim_start_matches("the ").trim_end_matches(" one").trim_end_matches(['.', '!']);
    let name = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_lowercase);
    if let Some(same) = choices.iter().find(|it| name(it) == low) {
        return Some(same.clone());
    }
    let mut near = choices
        .iter()
        .filter(|it| name(it).starts_with(low) || low.len() > 2 && name(it).contains(low));
    match (near.next(), near.next()) {
        (Some(one), None) => Some(one.clone()),
        _ => None,
    }
}

fn number(name: &str, text: &str) -> Option<Value> {
    let low = text.to_lowercase();
    let words: Vec<&str> = low
        .split_whitespace()
        .filter(|it| !["about", "the", "last", "for", "make", "it", "use"].contains(it))
        .collect();
    let (amount, unit) = match words.as_slice() {
        [amount] => (*amount, ""),
        [amount, unit] => (*amount, unit.trim_end_matches('s')),
        [amount, unit, "old" | "ago" | "please"] => (*amount, unit.trim_end_matches('s')),
        _ => return None,
    };
    let letters = amount.find(|it: char| it.is_ascii_alphabetic()).unwrap_or(amount.len());
    let (digits, own) = if amount.starts_with(|it: char| it.is_ascii_digit()) {
        amount.split_at(letters)
    } else {
        (amount, "")
    };
    let amount: f64 = match ordinal(digits) {
        Some(number) if number < 100 => number as f64,
        Some(_) | None => digits.trim_end_matches(['.', '!', '%']).parse().ok()?,
    };
    let unit = if unit.is_empty() { own } else { unit };
    let name = name.to_lowercase();
    let factor = match unit {
        "week" | "w" if name.contains("day") => 7.0,
        "month" if name.contains("day") => 30.0,
        "hour" | "h" if name.contains("min") => 60.0,
        "minute" | "min" | "m" if name.contains("sec") => 60.0,
        _ => 1.0,
    };
    let value = amount * factor;
    let whole = value.fract() == 0.0 && value.abs() < 9e15;
    if whole { Some(json!(value as i64)) } else { Some(json!(value)) }
}

fn switch(text: &str) -> Option<bool> {
    let low = text.to_lowercase();
    let low = low.trim_end_matches(['.', '!']);
    if yes(low) {
        Some(true)
    } else if no(low) || ["no thanks", "do not", "dont", "don't"].contains(&low) {
        Some(false)
    } else {
        None
    }
}

fn list(schema: &Value, text: &str) -> Value {
    let item = schema.get("items").cloned().unwrap_or(json!({ "type": "string" }));
    let parts = text.split([',', ';']).flat_map(|it| it.split(" and ")).map(str::trim);
    let one = |part: &str| value("item", &item, part).unwrap_or_else(|| json!(part));
    Value::Array(parts.filter(|it| !it.is_empty()).map(one).collect())
}

/// The most words that are taken for the name of a device.
const NAME_WORDS_MAX: usize = 8;

fn device(text: &str, ask: &Ask<'_>, drafts: &[Draft], at: usize, mention: usize) -> Answered {
    let named = grammar::devices_named(text, ask);
    let all = named.as_ref().is_some_and(|it| it.client.is_some());
    if !all && plans(text, ask) {
        return Answered::NotAnAnswer;
    }
    let Some(named) = named else { return Answered::NotAnAnswer };
    let mut drafts = drafts.to_vec();
    let Some(old) = drafts.get(at).map(|draft| draft.devices.get(mention).cloned()) else {
        return Answered::NotAnAnswer;
    };
    for (index, draft) in drafts.iter_mut().enumerate() {
        let place = match index == at {
            true => Some(mention.min(draft.devices.len())),
            false => draft.devices.iter().position(|it| Some(it) == old.as_ref()),
        };
        if let Some(place) = place {
            let end = (place + 1).min(draft.devices.len());
            draft.devices.splice(place..end, named.mentions.iter().cloned());
            if named.client.is_some() {
                draft.client.clone_from(&named.client);
            }
        }
    }
    Answered::Drafts(drafts)
}

/// Devices given as an answer.
pub(super) struct Named {
    pub(super) mentions: Vec<Mention>,
    /// With "all servers of acme".
    pub(super) client: Option<ClientMention>,
}

fn client(text: &str, ask: &Ask<'_>, drafts: &[Draft], at: usize) -> Answered {
    if plans(text, ask) {
        return Answered::NotAnAnswer;
    }
    let Some(words) = words(text) else { return Answered::NotAnAnswer };
    let kept: Vec<&str> = words.iter().map(String::as_str).filter(|it| !AROUND.has(it)).collect();
    if kept.is_empty() || kept.len() > NAME_WORDS_MAX || at >= drafts.len() {
        return Answered::NotAnAnswer;
    }
    let mention = ClientMention::Phrase(kept.join(" "));
    let mut drafts = drafts.to_vec();
    let old = drafts[at].client.clone();
    for (index, draft) in drafts.iter_mut().enumerate() {
        if index == at || draft.client == old {
            draft.client = Some(mention.clone());
        }
    }
    Answered::Drafts(drafts)
}
