//! What narrows a list: status, priority, kind, system, time.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::intents::Filter;
use super::lexicon::Words;
use super::scene::Clause;
use super::text::{Kind, Token};
use super::words;

/// Longest text that is searched for, in words.
const SEARCH_WORDS_MAX: usize = 8;

/// Takes what narrows the list out of `clause` and into arguments.
pub(super) fn read(filter: Filter, clause: &mut Clause<'_>, now: Timestamp) -> Map<String, Value> {
    let mut arguments = Map::new();
    match filter {
        Filter::None => {}
        Filter::Devices => devices(clause, &mut arguments),
        Filter::Tickets => tickets(clause, &mut arguments),
        Filter::Scripts => {
            search(clause, &mut arguments, &SCRIPT_LEADS);
            rest(clause, &mut arguments);
        }
        Filter::Patches => patches(clause, &mut arguments),
        Filter::Tasks => tasks(clause, &mut arguments, now),
        Filter::Alerts => alerts(clause, &mut arguments),
    }
    arguments
}

fn each(clause: &mut Clause<'_>, mut fits: impl FnMut(&[Token], usize) -> bool) {
    for at in 0..clause.tokens.len() {
        if fits(clause.tokens, at) {
            clause.used[at] = true;
        }
    }
}

fn devices(clause: &mut Clause<'_>, arguments: &mut Map<String, Value>) {
    each(clause, |tokens, at| {
        let token = &tokens[at];
        let before = at.checked_sub(1).map(|it| &tokens[it]);
        let not = before.is_some_and(|it| it.one_of(&["not"]));
        let (name, value) = match token.word.as_str() {
            _ if token.possessive || !token.is_word() => return false,
            "server" | "servers" => ("type", json!("server")),
            "workstation" | "workstations" | "desktop" | "desktops" | "laptop" | "laptops"
            | "pc" | "pcs" | "notebook" | "notebooks" => ("type", json!("desktop")),
            "online" | "up" | "connected" | "reachable" | "alive" => ("online", json!(!not)),
            "offline" | "down" | "disconnected" | "unreachable" => ("online", json!(not)),
            "windows" | "win" | "linux" | "macos" | "ubuntu" | "debian" | "centos" | "rhel" => {
                ("os", json!(system(tokens, at)))
            }
            "mac" | "macs" | "osx" | "macbooks" | "imacs" => ("os", json!("mac")),
            _ => {
                let version = before.is_some_and(|it| it.one_of(&["windows", "win", "ubuntu"]));
                return version && (token.has_digit() || token.one_of(&["xp", "server"]));
            }
        };
        arguments.entry(name).or_insert(value);
        true
    });
}

/// "windows 11".
fn system(tokens: &[Token], at: usize) -> String {
    let name = if tokens[at].low == "win" { "windows" } else { &tokens[at].low };
    let version =
        tokens.get(at + 1).filter(|it| it.is_word() && it.has_digit() && it.low.len() < 6);
    version.map_or(name.to_owned(), |version| format!("{name} {}", version.low))
}

/// The severity is the server's own word, so only words that can be nothing else are one.
fn alerts(clause: &mut Clause<'_>, arguments: &mut Map<String, Value>) {
    each(clause, |tokens, at| {
        let token = &tokens[at];
        let general = [
            "alert",
            "alerts",
            "alarm",
            "alarms",
            "active",
            "open",
            "current",
            "outstanding",
            "new",
            "severity",
            "level",
            "alerting",
            "firing",
            "all",
            "any",
            "every",
        ];
        let severity = match token.low.as_str() {
            "critical" => "Critical",
            "error" | "errors" => "Error",
            "warning" | "warnings" => "Warning",
            "informational" | "information" => "Information",
            _ => return token.one_of(&general),
        };
        arguments.entry("severity").or_insert(json!(severity));
        true
    });
    search(clause, arguments, &ALERT_LEADS);
}

fn tickets(clause: &mut Clause<'_>, arguments: &mut Map<String, Value>) {
    priority(clause, arguments);
    let mut all = false;
    each(clause, |tokens, at| {
        let token = &tokens[at];
        let status = match token.low.as_str() {
            _ if token.possessive || !token.is_word() => return false,
            "open" | "unresolved" | "outstanding" | "active" | "unclosed" | "new" => "open",
            "closed" | "resolved" | "completed" | "done" => "closed",
            "all" | "every" => {
                all = true;
                return true;
            }
            _ => return false,
        };
        arguments.entry("status").or_insert(json!(status));
        true
    });
    if all {
        arguments.entry("status").or_insert(json!("all"));
    }
    limit(clause, arguments);
    let times = ["today", "yesterday", "week", "month", "days", "hours", "since", "past"];
    each(clause, |tokens, at| {
        let around = ["last", "this", "past", "from", "the", "in", "since"];
        let next = tokens.get(at + 1).is_some_and(|it| it.one_of(&times));
        tokens[at].one_of(&times) || tokens[at].one_of(&around) && next
    });
    search(clause, arguments, &TICKET_LEADS);
}

/// "last 5 tickets", "top 10".
fn limit(clause: &mut Clause<'_>, arguments: &mut Map<String, Value>) {
    for at in 1..clause.tokens.len() {
        let lead = &clause.tokens[at - 1];
        let number = clause.tokens[at].low.parse::<u32>().ok().filter(|it| (1..=100).contains(it));
        if let Some(number) = number
            && lead.one_of(&["last", "latest", "top", "newest", "recent", "first", "limit"])
        {
            arguments.insert("limit".into(), json!(number));
            clause.take([at - 1, at]);
        }
    }
}

/// "high priority", "priority: high", "p1", "urgent".
pub(super) fn priority(clause: &mut Clause<'_>, arguments: &mut Map<String, Value>) {
    let tokens = clause.tokens;
    for at in 0..tokens.len() {
        let low = tokens[at].low.as_str();
        let number = low.strip_prefix('p').filter(|it| it.len() == 1 && ("1"..="5").contains(it));
        if let Some(number) = number {
            arguments.insert("priority".into(), json!(format!("Priority {number}")));
            clause.take([at]);
            continue;
        }
        if ["urgent", "critical", "emergency"].contains(&low) && !named_before(tokens, at) {
            arguments.entry("priority").or_insert(json!(low));
            clause.take([at]);
        }
        if !tokens[at].one_of(&["priority", "prio", "severity", "importance", "sev"]) {
            continue;
        }
        clause.take([at]);
        let behind = (at + 1..tokens.len()).find(|it| {
            tokens[*it].is_text() && !tokens[*it].one_of(&["is", "=", "to", "set", "as", "of"])
        });
        let level = |it: usize| grade(&tokens[it].low);
        if let Some((index, level)) = behind.and_then(|it| level(it).map(|level| (it, level))) {
            arguments.insert("priority".into(), json!(level));
            clause.take(at + 1..=index);
        } else if let Some((index, level)) =
            at.checked_sub(1).and_then(|it| level(it).map(|level| (it, level)))
        {
            arguments.insert("priority".into(), json!(level));
            clause.take([index]);
        }
    }
}

fn named_before(tokens: &[Token], at: usize) -> bool {
    at > 0 && tokens[at - 1].one_of(&["priority", "prio", "severity"])
}

fn grade(low: &str) -> Option<String> {
    let known =
        ["low", "medium", "normal", "high", "critical", "urgent", "emergency", "lowest", "highest"];
    if known.contains(&low) {
        return Some(low.to_owned());
    }
    let bare = low.trim_start_matches('p');
    (bare.len() == 1 && ("1"..="5").contains(&bare)).then(|| format!("Priority {bare}"))
}

static ALERT_LEADS: Words = Words::new("about mentioning containing regarding matching concerning");
static TICKET_LEADS: Words =
    Words::new("about mentioning containing regarding matching re concerning with");
static SCRIPT_LEADS: Words = Words::new(
    "about mentioning containing regarding matching named called for with that to like concerning \
     involving",
);

/// "search scripts dns": what is left over is searched for.
fn rest(clause: &mut Clause<'_>, arguments: &mut Map<String, Value>) {
    let tokens = clause.tokens;
    let told = |at: &usize| {
        let token = &tokens[*at];
        !clause.used[*at]
            && token.is_word()
            && !words::is_filler(&token.low)
            && !token.is_in(&words::PREPOSITIONS)
            && !token.is_in(&words::CHANGE)
            && !token.is_in(&SEARCH_SKIPS)
            && !token
                .one_of(&["search", "are", "all", "exist", "usable", "scripts", "there", "shell"])
    };
    let left: Vec<usize> = (0..tokens.len()).filter(told).collect();
    let asks = tokens.first().is_some_and(|it| it.one_of(&["search", "find", "list", "show"]));
    if !arguments.contains_key("text") && asks && !left.is_empty() && left.len() < 4 {
        let text: Vec<&str> = left.iter().map(|at| tokens[*at].text.as_str()).collect();
        arguments.insert("text".into(), json!(text.join(" ")));
        clause.take(left);
    }
}

/// Words of a search that are not searched for.
static SEARCH_SKIPS: Words = Words::new(
    "the a an our word text name deal deals do does handle with we have us there are use can me you \
     is all any run fix clients everyone them it",
);

/// "about printers": up to the next preposition that leads elsewhere.
fn search(clause: &mut Clause<'_>, arguments: &mut Map<String, Value>, leads: &Words) {
    let tokens = clause.tokens;
    let quoted = tokens.iter().position(|token| token.kind == Kind::Quoted);
    if let Some(at) = quoted {
        arguments.insert("text".into(), json!(tokens[at].text));
        clause.take(at.saturating_sub(1)..=at);
        return;
    }
    let Some(lead) = tokens.iter().position(|token| token.is_in(leads)) else { return };
    let ends = |token: &Token| !token.is_text() || token.one_of(&["at", "from", "for", "on", "in"]);
    let to = (lead + 1..tokens.len()).find(|at| ends(&tokens[*at])).unwrap_or(tokens.len());
    let word = |token: &&Token| token.is_word() && !token.is_in(&SEARCH_SKIPS);
    let kept: Vec<&str> =
        tokens[lead + 1..to].iter().filter(word).map(|token| token.text.as_str()).collect();
    if !kept.is_empty() && kept.len() <= SEARCH_WORDS_MAX {
        arguments.insert("text".into(), json!(kept.join(" ")));
        clause.take(lead..to);
    }
}

fn patches(clause: &mut Clause<'_>, arguments: &mut Map<String, Value>) {
    each(clause, |tokens, at| {
        let token = &tokens[at];
        let not = at > 0 && tokens[at - 1].one_of(&["not"]);
        let state = match token.word.as_str() {
            _ if !token.is_word() || token.possessive => return false,
            "missing" | "pending" | "outstanding" | "available" | "needed" | "due" | "waiting"
            | "needs" | "need" | "unpatched" | "required" => "pending",
            "installed" | "applied" if not => "pending",
            "installed" | "applied" => "installed",
            "failed" | "failing" | "broken" => "failed",
            _ => return false,
        };
        arguments.entry("state").or_insert(json!(state));
        true
    });
}

fn tasks(clause: &mut Clause<'_>, arguments: &mut Map<String, Value>, now: Timestamp) {
    let tokens = clause.tokens;
    for at in 0..tokens.len() {
        let low = tokens[at].low.as_str();
        let number = at.checked_sub(1).and_then(|it| tokens[it].low.parse::<i64>().ok());
        let hours = match low {
            "today" | "todays" => {
                arguments.insert("since".into(), json!("today"));
                clause.take([at]);
                continue;
            }
            "yesterday" => 24,
            "week" => 24 * 7 * number.unwrap_or(1),
            "month" => 24 * 30,
            "hours" | "hrs" => number.unwrap_or(1),
            "hour" => 1,
            "days" => 24 * number.unwrap_or(7),
            "weeks" => 24 * 7 * number.unwrap_or(2),
            _ => continue,
        };
        let since = now.checked_sub(SignedDuration::from_hours(hours.clamp(1, 24 * 366)));
        if let Ok(since) = since {
            arguments.insert("since".into(), json!(since.to_string()));
        }
        let around = ["last", "past", "since", "the", "this", "in", "previous", "for"];
        let mut from = at;
        while from > 0
            && (tokens[from - 1].one_of(&around) || tokens[from - 1].low.parse::<i64>().is_ok())
        {
            from -= 1;
        }
        clause.take(from..=at);
    }
    each(clause, |tokens, at| {
        tokens[at].is_in(&words::RUN)
            || tokens[at].one_of(&[
                "ran", "since", "that", "happened", "tasks", "failed", "been", "scripts", "jobs",
                "recent",
            ])
    });
}
