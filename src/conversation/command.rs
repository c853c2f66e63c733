//! What a person can type instead of clicking: `approve 7F3K`, `approve 7F3K 1,3`, `deny 7F3K because …`, `withdraw 7F3K`,
//! `through 7F3K automate`; and the kill switch: `halt everything`, `halt client Acme because …`, `resume everything`;
//! and `away 3 days delegate Ben`, `back`. Standing grants and trials have words of their own.
//!
//! The same checks follow as behind the buttons.

use crate::bounds::CALLS_PER_PLAN_MAX;
use crate::conversation::away::AwayUntil;
use crate::conversation::standing_words::{self, Standing};
use crate::conversation::trial_words::{self, Trials};
use crate::conversation::{Named, Switch};
use crate::directory::Product;
use crate::run::Marker;

/// A typed decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Approve {
        code: String,
        /// Only these steps, counted from 1.
        steps: Option<Vec<u32>>,
    },
    Deny {
        code: String,
        reason: Option<String>,
    },
    Withdraw {
        code: String,
    },
    /// Asks anew what expired or was voided.
    Again {
        code: String,
    },
    /// Asks anew for the plan of a run that is over.
    RunAgain {
        marker: Marker,
    },
    /// Asks anew through another product.
    Through {
        code: String,
        product: Product,
    },
    /// Lists what waits for its start.
    Scheduled,
    /// Calls a scheduled run off.
    Cancel {
        marker: Marker,
    },
    /// Somebody else decides meanwhile.
    Away {
        until: AwayUntil,
        delegate: String,
    },
    /// Not away any more.
    Back,
    /// A yes given ahead.
    Standing(Standing),
    /// What was done instead of a plan that nothing ran of, and how that comes out.
    Trials(Trials),
    Switch {
        switch: Switch,
        named: Named,
        reason: Option<String>,
    },
}

/// Letters and digits of codes: none that look alike.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKLMNPQRSTUVWXY";

/// How long a code is.
pub const CODE_LENGTH: usize = 4;

/// A code from the random tail of an id; two ids may share one, which the store refuses while both wait.
pub fn code_of(id: &str) -> String {
    let tail = id.bytes().rev().filter(u8::is_ascii_hexdigit).take(12);
    let number = tail.fold(0_u64, |number, byte| {
        number << 4 | u64::from((byte as char).to_digit(16).unwrap_or(0))
    });
    let digit = |index: u32| {
        let value = number / 31_u64.pow(index) % 31;
        ALPHABET[usize::try_from(value).unwrap_or(0)] as char
    };
    (0..4).map(digit).collect()
}

/// The code that `word` is, if it is one.
pub(super) fn code_in(word: &str) -> Option<String> {
    let code = word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_uppercase();
    let is_code = code.len() == CODE_LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
    is_code.then_some(code)
}

/// The command in `text`, if it is one and nothing else.
pub fn parse(text: &str) -> Option<Command> {
    decision(text)
        .or_else(|| by_marker(text))
        .or_else(|| scheduled(text))
        .or_else(|| switch(text))
        .or_else(|| away(text))
        .or_else(|| standing_words::parse(text).map(Command::Standing))
        .or_else(|| trial_words::parse(text).map(Command::Trials))
}

/// Whether `text` approves or denies something.
pub(super) fn is_decision(text: &str) -> bool {
    matches!(decision(text), Some(Command::Approve { .. } | Command::Deny { .. }))
}

fn scheduled(text: &str) -> Option<Command> {
    let line = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let asks = [
        "scheduled",
        "schedules",
        "list schedules",
        "list scheduled runs",
        "show scheduled runs",
        "show schedules",
        "what is scheduled",
        "what's scheduled",
    ];
    asks.contains(&line.as_str()).then_some(Command::Scheduled)
}

fn by_marker(text: &str) -> Option<Command> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [verb, marker] = words.as_slice() else { return None };
    let marker = Marker::parse(marker.trim_matches(|c: char| !c.is_ascii_alphanumeric()))?;
    match verb.to_lowercase().as_str() {
        "again" => Some(Command::RunAgain { marker }),
        "cancel" => Some(Command::Cancel { marker }),
        _ => None,
    }
}

/// `away 3 days delegate Ben`, `away until 2026-09-04 delegate Ben`, `back`.
fn away(text: &str) -> Option<Command> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [back] if back.trim_end_matches(['.', '!']).eq_ignore_ascii_case("back") => {
            Some(Command::Back)
        }
        [away, first, second, delegate, name @ ..]
            if away.eq_ignore_ascii_case("away")
                && delegate.eq_ignore_ascii_case("delegate")
                && !name.is_empty() =>
        {
            let until = AwayUntil::parse(&[first, second])?;
            let name = name.join(" ").trim_end_matches(['.', '!']).to_owned();
            Some(Command::Away { until, delegate: name })
        }
        _ => None,
    }
}

fn switch(text: &str) -> Option<Command> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (verb, rest) = words.split_first()?;
    let switch = match verb.to_lowercase().as_str() {
        "halt" => Switch::Halt,
        "resume" => Switch::Resume,
        _ => return None,
    };
    let (kind, rest) = rest.split_first()?;
    let because = rest.iter().position(|word| word.eq_ignore_ascii_case("because"));
    let (name, reason) = match because {
        Some(at) => (&rest[..at], rest[at + 1..].join(" ")),
        None => (rest, String::new()),
    };
    let trimmed = |text: &str| text.trim_matches(['.', '!', ',', ':', '"', '“', '”']).to_owned();
    let named = Named::of(&trimmed(kind).to_lowercase(), &trimmed(&name.join(" ")))?;
    Some(Command::Switch { switch, named, reason: (!reason.is_empty()).then_some(reason) })
}

fn decision(text: &str) -> Option<Command> {
    let mut words = text.split_whitespace();
    let verb = words.next()?.to_lowercase();
    let code = code_in(words.next()?)?;
    let rest = words.collect::<Vec<_>>().join(" ");
    let reason =
        rest.strip_prefix("because").unwrap_or(&rest).trim_matches([' ', ':', ',']).to_owned();
    match verb.as_str() {
        "approve" if reason.is_empty() => Some(Command::Approve { code, steps: None }),
        "approve" => steps(&reason).map(|steps| Command::Approve { code, steps: Some(steps) }),
        "deny" | "reject" => {
            Some(Command::Deny { code, reason: (!reason.is_empty()).then_some(reason) })
        }
        "again" if reason.is_empty() => Some(Command::Again { code }),
        "through" => {
            Product::parse(&reason.to_lowercase()).map(|product| Command::Through { code, product })
        }
        "withdraw" if reason.is_empty() => Some(Command::Withdraw { code }),
        _ => None,
    }
}

/// `1,3`, `1 and 3`, `steps 1-3`, `only 2`; nothing else.
fn steps(text: &str) -> Option<Vec<u32>> {
    let words = text.split([' ', ',']).filter(|word| !word.is_empty());
    let is_filler = |word: &&str| {
        ["step", "steps", "only", "and"].iter().any(|filler| word.eq_ignore_ascii_case(filler))
    };
    let mut steps: Vec<u32> = Vec::new();
    for word in words.filter(|word| !is_filler(word)) {
        let word = word.trim_end_matches('.');
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        let is_range = first <= last && last - first < u32::try_from(CALLS_PER_PLAN_MAX).ok()?;
        if !is_range {
            return None;
        }
        steps.extend(first..=last);
    }
    steps.sort_unstable();
    steps.dedup();
    (!steps.is_empty() && steps.len() <= CALLS_PER_PLAN_MAX).then_some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_code_behind_the_verb_is_a_decision() {
        let approve = |code: &str| Some(Command::Approve { code: code.into(), steps: None });
        let some = |steps: &[u32]| {
            Some(Command::Approve { code: "7F3K".into(), steps: Some(steps.to_vec()) })
        };
        for (text, steps) in [
            ("approve 7F3K 1,3", [1, 3].as_slice()),
            ("approve 7f3k 3, 1.", &[1, 3]),
            ("approve 7F3K steps 1 and 3", &[1, 3]),
            ("approve 7F3K only 2", &[2]),
            ("approve 7F3K 1-3", &[1, 2, 3]),
            ("approve 7F3K 0", &[0]),
        ] {
            assert_eq!(parse(text), some(steps), "{text}");
        }
        for text in
            ["approve 7F3K 1-", "approve 7F3K 3-1", "approve 7F3K 1-99", "approve 7F3K some"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        let deny = |code: &str, reason: Option<&str>| {
            Some(Command::Deny { code: code.into(), reason: reason.map(str::to_owned) })
        };
        assert_eq!(parse("approve 7F3K"), approve("7F3K"));
        assert_eq!(parse(" Approve  7f3k. "), approve("7F3K"));
        assert_eq!(parse("approve it"), None);
        assert_eq!(parse("approve 7F3K and 8G4L"), None);
        assert_eq!(parse("deny 7F3K because it is in use"), deny("7F3K", Some("it is in use")));
        assert_eq!(parse("reject 7F3K"), deny("7F3K", None));
        assert_eq!(parse("withdraw 7F3K"), Some(Command::Withdraw { code: "7F3K".into() }));
        assert_eq!(parse("again 7F3K"), Some(Command::Again { code: "7F3K".into() }));
        let through = Command::Through { code: "7F3K".into(), product: Product::Automate };
        assert_eq!(parse("through 7F3K Automate"), Some(through));
        assert_eq!(parse("through 7F3K the night"), None);
        let marker = Marker::parse("CS-0123456789ab").unwrap();
        assert_eq!(parse("again cs-0123456789AB."), Some(Command::RunAgain { marker }));
        let marker = Marker::parse("CS-0123456789ab").unwrap();
        assert_eq!(parse("Cancel CS-0123456789ab"), Some(Command::Cancel { marker }));
        assert_eq!(parse("cancel"), None);
        assert_eq!(parse("What is scheduled?"), Some(Command::Scheduled));
        assert_eq!(parse("again CS-0123456789a"), None);
        assert_eq!(parse("again CS-0123456789ab now"), None);
        assert_eq!(parse("please approve 7F3K"), None);
        assert_eq!(parse("approve"), None);
    }

    #[test]
    fn the_kill_switch_is_a_verb_and_what_it_is_about() {
        let halt = |named, reason: Option<&str>| {
            let reason = reason.map(str::to_owned);
            Some(Command::Switch { switch: Switch::Halt, named, reason })
        };
        assert_eq!(parse("halt everything"), halt(Named::Everything, None));
        assert_eq!(parse("HALT EVERYTHING!"), halt(Named::Everything, None));
        assert_eq!(
            parse("halt client Bluegum Vet because of ransomware"),
            halt(Named::Client("Bluegum Vet".into()), Some("of ransomware"))
        );
        assert_eq!(parse("halt tool cw-rmm-x"), halt(Named::Tool("cw-rmm-x".into()), None));
        assert!(matches!(
            parse("resume person ana"),
            Some(Command::Switch { switch: Switch::Resume, named: Named::Person(_), .. })
        ));
        for text in ["halt", "halt everything on dc01", "halt dc01", "resume", "halt client"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn being_away_names_a_time_and_a_delegate() {
        let away = |until, name: &str| Some(Command::Away { until, delegate: name.into() });
        assert_eq!(parse("away 3 days delegate Ben"), away(AwayUntil::Hours(72), "Ben"));
        assert_eq!(parse("Away 1 week delegate Ana Lee."), away(AwayUntil::Hours(168), "Ana Lee"));
        let day = AwayUntil::At("2026-09-04T00:00:00Z".parse().unwrap());
        assert_eq!(parse("away until 2026-09-04 delegate Ben"), away(day, "Ben"));
        assert_eq!(parse("Back!"), Some(Command::Back));
        for text in [
            "away",
            "away 3 days",
            "away 3 moons delegate Ben",
            "away until soon delegate B",
            "back to work",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn codes_have_four_plain_characters() {
        let code = code_of("0199aa00bb11cc22dd33ee44ff550099");
        assert_eq!(code.len(), CODE_LENGTH);
        assert!(code.bytes().all(|byte| ALPHABET.contains(&byte)));
    }
}
