//! A script's arguments, read from a request by the script's own schema.

use serde_json::{Map, Value, json};

use super::targets::ordinal;
use super::text::{Kind, Token};
use super::words;
use crate::planner::answer::value;

/// Arguments found, and the tokens they came from.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) arguments: Map<String, Value>,
    pub(super) used: Vec<usize>,
}

/// Reads `name=value`, "name value", "value name", "14 days", "drive D:" and lone switches.
pub(super) fn read(schema: &Value, tokens: &[Token]) -> Found {
    let mut found = Found::default();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return found;
    };
    for (name, property) in properties {
        let title = property.get("title").and_then(Value::as_str).unwrap_or_default();
        let names = [words_of(name), words_of(title)];
        let hit = names
            .iter()
            .filter(|it| !it.is_empty())
            .find_map(|names| by_name(names, name, property, tokens, &found.used))
            .or_else(|| by_unit(&names, name, property, tokens, &found.used))
            .or_else(|| by_choice(name, property, tokens, &found.used));
        if let Some((value, used)) = hit {
            found.arguments.insert(name.clone(), value);
            found.used.extend(used);
        }
    }
    lead_ins(tokens, &mut found);
    found
}

/// "serviceName", "Service name" and "service_name" are all ["service"]: what names any parameter is
/// left out.
fn words_of(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && lower {
            spaced.push(' ');
        }
        lower = letter.is_lowercase();
        spaced.push(if letter.is_alphanumeric() { letter } else { ' ' });
    }
    let words = spaced.split_whitespace().map(str::to_lowercase);
    let all: Vec<String> = words.collect();
    let general = ["name", "value", "id", "the", "of", "to", "in", "for", "parameter", "param"];
    let kept: Vec<String> =
        all.iter().filter(|it| !general.contains(&it.as_str())).cloned().collect();
    if kept.is_empty() { all } else { kept }
}

type Hit = (Value, Vec<usize>);

fn by_name(
    names: &[String],
    name: &str,
    property: &Value,
    tokens: &[Token],
    taken: &[usize],
) -> Option<Hit> {
    let joined = names.concat();
    for at in 0..tokens.len() {
        if !tokens[at].is_word() || taken.contains(&at) {
            continue;
        }
        if let Some((key, text)) = tokens[at].text.split_once('=') {
            let key: String =
                key.to_lowercase().chars().filter(|it| it.is_alphanumeric()).collect();
            if (key == joined || key == name.to_lowercase()) && !text.is_empty() {
                // What does not fit is passed on: the core says why and asks again.
                let value = value(name, property, text).unwrap_or_else(|| json!(text));
                return Some((value, vec![at]));
            }
        }
        let Some(to) = named(names, tokens, at) else { continue };
        if let Some(hit) = behind(name, property, tokens, at, to)
            .or_else(|| before(name, property, tokens, at, to))
        {
            return Some(hit);
        }
        if is_bool(property) {
            let not = at > 0 && tokens[at - 1].one_of(&["no", "not", "without"]);
            return Some((json!(!not), (at..to).collect()));
        }
    }
    None
}

/// Where the words `names` end, when they start at `at`.
fn named(names: &[String], tokens: &[Token], at: usize) -> Option<usize> {
    let joined = tokens[at].low == names.concat();
    if joined && names.len() > 1 {
        return Some(at + 1);
    }
    for (offset, name) in names.iter().enumerate() {
        let token = tokens.get(at + offset)?;
        let singular = name.strip_suffix('s').unwrap_or(name);
        if !token.is_word() || token.low != *name && token.low != singular {
            return None;
        }
    }
    Some(at + names.len())
}

/// "service Spooler", "days = 3", "drive D:".
fn behind(name: &str, property: &Value, tokens: &[Token], from: usize, to: usize) -> Option<Hit> {
    let is = |token: &Token| {
        token.kind == Kind::Colon
            || token.one_of(&["=", "is", "to", "named", "called", "of", "name"])
    };
    let at = (to..tokens.len()).find(|at| !is(&tokens[*at]))?;
    let token = &tokens[at];
    if !token.is_text()
        || token.is_word()
            && (token.is_in(&words::PREPOSITIONS)
                || token.one_of(words::JOINTS)
                || words::is_filler(&token.low))
    {
        return None;
    }
    let text = token.text.trim_start_matches('=');
    let number = || text.parse::<i64>().ok().filter(|_| is_number(property)).map(|it| json!(it));
    value(name, property, text).or_else(number).map(|value| (value, (from..=at).collect()))
}

/// "the spooler service", "14 days".
fn before(name: &str, property: &Value, tokens: &[Token], from: usize, to: usize) -> Option<Hit> {
    let at = from.checked_sub(1)?;
    let token = &tokens[at];
    let plain = token.is_word()
        && (words::is_filler(&token.low)
            || token.is_in(&words::CHANGE)
            || token.is_in(&words::PREPOSITIONS)
            || token.possessive
            || token.has_digit() && property.get("type").and_then(Value::as_str) == Some("string"));
    if !token.is_text() || plain {
        return None;
    }
    value(name, property, &token.text).map(|value| (value, (at..to).collect()))
}

/// "older than 2 weeks" for a number that counts days.
fn by_unit(
    names: &[Vec<String>],
    name: &str,
    property: &Value,
    tokens: &[Token],
    taken: &[usize],
) -> Option<Hit> {
    if !is_number(property) {
        return None;
    }
    let counts = |unit: &str| {
        names.iter().flatten().any(|word| word.starts_with(unit))
            || unit == "day"
                && names
                    .iter()
                    .flatten()
                    .any(|it| it == "age" || it == "older" || it == "retention")
    };
    (0..tokens.len().saturating_sub(1)).find_map(|at| {
        let amount: f64 = match tokens[at].low.as_str() {
            "a" | "an" => 1.0,
            low => low.parse().ok().or_else(|| ordinal(low).map(|it| it as f64))?,
        };
        let unit = tokens[at + 1].low.strip_suffix('s').unwrap_or(&tokens[at + 1].low);
        let factor = match unit {
            "day" if counts("day") => 1.0,
            "week" if counts("day") => 7.0,
            "month" if counts("day") => 30.0,
            "hour" if counts("hour") => 1.0,
            "minute" | "min" if counts("min") => 1.0,
            "hour" if counts("min") => 60.0,
            "second" | "sec" if counts("sec") => 1.0,
            "minute" | "min" if counts("sec") => 60.0,
            "gb" | "mb" if counts(unit) => 1.0,
            _ => return None,
        };
        let used = vec![at, at + 1];
        if used.iter().any(|it| taken.contains(it)) {
            return None;
        }
        value(name, property, &(amount * factor).to_string()).map(|value| (value, used))
    })
}

/// A value that only this parameter lists: "full" for a scan, "D:" for a drive.
fn by_choice(name: &str, property: &Value, tokens: &[Token], taken: &[usize]) -> Option<Hit> {
    let choices = property.get("enum").and_then(Value::as_array)?;
    let choices: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
    let fits = |at: &usize| {
        let token = &tokens[*at];
        token.is_text()
            && token.low.len() > 1
            && !taken.contains(at)
            && !counts_devices(tokens, *at)
            && choices.iter().any(|it| it.eq_ignore_ascii_case(&token.low))
    };
    let mut hits = (0..tokens.len()).filter(fits);
    let (one, more) = (hits.next()?, hits.next());
    match more {
        None => value(name, property, &tokens[one].text).map(|value| (value, vec![one])),
        Some(_) => None,
    }
}

/// "All" of "all acme servers", not of "all updates on fs01".
fn counts_devices(tokens: &[Token], at: usize) -> bool {
    tokens[at].one_of(words::ALL)
        && tokens[at + 1..]
            .iter()
            .take_while(|it| it.one_of(&["of"]) || !it.is_in(&words::PREPOSITIONS))
            .any(|it| it.is_in(&words::KINDS) || it.is_in(&words::KIND))
}

fn is_number(property: &Value) -> bool {
    matches!(property.get("type").and_then(Value::as_str), Some("integer" | "number"))
}

fn is_bool(property: &Value) -> bool {
    property.get("type").and_then(Value::as_str) == Some("boolean")
}

/// "with", "older than" and the like in front of an argument belong to it.
fn lead_ins(tokens: &[Token], found: &mut Found) {
    let lead = [
        "with",
        "older",
        "than",
        "newer",
        "more",
        "set",
        "parameter",
        "parameters",
        "using",
        "where",
        "the",
        "for",
        "over",
        "last",
        "option",
        "and",
        "files",
    ];
    let mut grown = Vec::new();
    for at in &found.used {
        let mut before = *at;
        while before > 0
            && !found.used.contains(&(before - 1))
            && (tokens[before - 1].one_of(&lead) || tokens[before - 1].kind == Kind::Comma)
        {
            before -= 1;
            grown.push(before);
        }
        if tokens.get(at + 1).is_some_and(|it| it.one_of(&["old", "ago"])) {
            grown.push(at + 1);
        }
    }
    found.used.extend(grown);
    found.used.sort_unstable();
    found.used.dedup();
}
