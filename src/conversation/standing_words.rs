//! How a standing grant is asked for: `grant disk cleanup on Acme's workstations for 2 hours, 10 uses`, or
//! `grant like CS-… for 2 hours, 10 uses`; and `grants`, `sign 7F3K`, `revoke 7F3K`.

use crate::conversation::command::code_in;
use crate::policy::Class;
use crate::run::Marker;

/// What is to be granted ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub what: What,
    pub mins: u32,
    pub uses: u32,
    pub reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Words for the tool, its arguments and the client.
    Named { tool: String, with: Vec<(String, String)>, client: String, class: Option<Class> },
    /// What this run did, at its client and on its class of devices.
    Like(Marker),
}

/// What is done with standing grants by typing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Ask(Box<Wanted>),
    /// Something with “grant” that is no request for one: the form is told.
    Unclear,
    List,
    Sign {
        code: String,
    },
    Revoke {
        code: String,
        reason: Option<String>,
    },
}

/// How it is written, for whoever wrote something else.
pub const USAGE: &str =
    "grant disk cleanup on Acme's workstations for 2 hours, 10 uses because CW-1234";

pub fn parse(text: &str) -> Option<Standing> {
    let text = text.trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let (verb, rest) = words.split_first()?;
    match (verb.trim_end_matches(['.', '?', '!']).to_lowercase().as_str(), rest) {
        ("grants", []) => Some(Standing::List),
        ("list" | "show", [grants]) if grants.eq_ignore_ascii_case("grants") => {
            Some(Standing::List)
        }
        ("standing", [grants]) if grants.eq_ignore_ascii_case("grants") => Some(Standing::List),
        ("sign", [code]) => Some(Standing::Sign { code: code_in(code)? }),
        ("revoke", [code, reason @ ..]) => {
            let code = code_in(code)?;
            let reason = reason.join(" ");
            let reason = reason.strip_prefix("because").unwrap_or(&reason).trim().to_owned();
            Some(Standing::Revoke { code, reason: (!reason.is_empty()).then_some(reason) })
        }
        ("grant", [_, ..]) => {
            let wanted = wanted(text.split_once(char::is_whitespace)?.1.trim());
            Some(wanted.map_or(Standing::Unclear, |wanted| Standing::Ask(Box::new(wanted))))
        }
        _ => None,
    }
}

fn wanted(text: &str) -> Option<Wanted> {
    let (text, reason) = match split_last(text, " because ") {
        Some((text, reason)) => (text, Some(reason.trim().to_owned())),
        None => (text, None),
    };
    let (what, bounds) = split_last(text, " for ")?;
    let (mins, uses) = mins_and_uses(bounds)?;
    let what = match what.split_whitespace().collect::<Vec<_>>().as_slice() {
        [like, marker] if like.eq_ignore_ascii_case("like") => What::Like(Marker::parse(marker)?),
        _ => named(what)?,
    };
    Some(Wanted { what, mins, uses, reason: reason.filter(|it| !it.is_empty()) })
}

/// "2 hours, 10 uses".
fn mins_and_uses(text: &str) -> Option<(u32, u32)> {
    let words: Vec<&str> = text
        .split([' ', ','])
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("and"))
        .collect();
    let [time, unit, uses, word] = words.as_slice() else { return None };
    let unit = match unit.to_lowercase().trim_end_matches('s') {
        "min" | "minute" => 1,
        "h" | "hour" => 60,
        "day" => 24 * 60,
        _ => return None,
    };
    let counts = ["use", "time", "device"].contains(&word.to_lowercase().trim_end_matches('s'));
    let mins = time.parse::<u32>().ok()?.checked_mul(unit)?;
    counts.then_some((mins, uses.parse().ok()?))
}

/// "disk cleanup with days 30 on Acme's workstations".
fn named(text: &str) -> Option<What> {
    let (tool, place) = split_last(text, " on ").or_else(|| split_last(text, " at "))?;
    let (tool, with) = match split_first(tool, " with ") {
        Some((tool, with)) => (tool, arguments(with)?),
        None => (tool, Vec::new()),
    };
    let place = place.trim();
    let (client, class) = match place.rsplit_once(' ') {
        Some((client, word)) => match word.to_lowercase().as_str() {
            "workstations" => (client, Some(Class::Workstation)),
            "servers" => (client, Some(Class::Server)),
            "devices" | "machines" | "computers" => (client, None),
            _ => (place, None),
        },
        None => (place, None),
    };
    let client = client.trim().trim_end_matches("'s").trim_end_matches("’s").trim_end_matches('\'');
    let filled = !tool.trim().is_empty() && !client.is_empty();
    filled.then(|| What::Named {
        tool: tool.trim().to_owned(),
        with,
        client: client.to_owned(),
        class,
    })
}

/// "days 30, drive D:".
fn arguments(text: &str) -> Option<Vec<(String, String)>> {
    let pair = |text: &str| {
        let (name, value) = text.trim().split_once(char::is_whitespace)?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    text.split(',').map(pair).collect()
}

fn split_last<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = text.to_ascii_lowercase().rfind(word)?;
    Some((&text[..at], &text[at + word.len()..]))
}

fn split_first<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = text.to_ascii_lowercase().find(word)?;
    Some((&text[..at], &text[at + word.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let Some(Standing::Ask(wanted)) = parse(text) else { return "nothing".into() };
        let what = match &wanted.what {
            What::Like(marker) => format!("like {}", marker.as_str()),
            What::Named { tool, with, client, class } => {
                let with: Vec<String> = with.iter().map(|(n, v)| format!("{n}={v}")).collect();
                format!("{tool} [{}] {client} {:?}", with.join(";"), class.map(Class::label))
            }
        };
        format!("{what} {} {} {:?}", wanted.mins, wanted.uses, wanted.reason)
    }

    #[test]
    fn a_request_names_what_where_how_long_and_how_often() {
        for (text, expected) in [
            (
                "grant disk cleanup on Acme's workstations for 2 hours, 10 uses",
                "disk cleanup [] Acme Some(\"workstations\") 120 10 None",
            ),
            (
                "Grant Disk Cleanup with days 30, drive D: at Bluegum Vet for 30 min and 1 use because CW-1.",
                "Disk Cleanup [days=30;drive=D:] Bluegum Vet None 30 1 Some(\"CW-1.\")",
            ),
            ("grant like CS-0123456789ab for 1 day, 5 devices", "like CS-0123456789ab 1440 5 None"),
            (
                "grant reboot on Acme servers for 3 h 2 times",
                "reboot [] Acme Some(\"servers\") 180 2 None",
            ),
            ("grant Maria access", "nothing"),
            ("grant disk cleanup on Acme", "nothing"),
            ("grant disk cleanup on Acme for 2 moons, 10 uses", "nothing"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        assert_eq!(parse("grant Maria access"), Some(Standing::Unclear));
    }

    #[test]
    fn signing_revoking_and_listing_are_one_verb_each() {
        assert_eq!(parse("Grants"), Some(Standing::List));
        assert_eq!(parse("show grants"), Some(Standing::List));
        assert_eq!(parse("sign 7f3k."), Some(Standing::Sign { code: "7F3K".into() }));
        let revoke = |reason: Option<&str>| {
            Some(Standing::Revoke { code: "7F3K".into(), reason: reason.map(str::to_owned) })
        };
        assert_eq!(parse("revoke 7F3K"), revoke(None));
        assert_eq!(parse("revoke 7F3K because of an incident"), revoke(Some("of an incident")));
        for text in ["sign it", "revoke", "sign", "grants please do", "revoke everything"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
