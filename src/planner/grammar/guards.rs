//! What keeps a request from being carried out as it stands: "don't", "tonight", "if", "all but one",
//! and words that somebody else said. Each is answered; none is overheard.

use super::clients::Clients;
use super::lexicon::{Phrases, Words};
use super::text::{Kind, Token};
use super::titles::Titles;
use super::words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// "Don't reboot dc01."
    Negated,
    /// "All servers except dc01."
    Excepted,
    /// "Next week", "later": a start that is not understood.
    Scheduled,
    /// "Every monday."
    Recurring,
    /// "If it is offline."
    Conditional,
}

static SPEECH: Words = Words::new(
    "says said wrote writes wants asked asks claims complains mentions mentioned told reads saying \
     quote insists instructs demands typed suggests suggested requested",
);

/// Cuts what somebody else said, from "the user says" on. True when something was cut.
pub(super) fn cut_reported(tokens: &mut Vec<Token>) -> bool {
    let said = (0..tokens.len()).find(|at| {
        let before = at.checked_sub(1).and_then(|it| tokens.get(it));
        tokens[*at].is_in(&SPEECH)
            && before
                .is_some_and(|it| it.is_text() && !it.one_of(&["who", "what", "it", "i", "we"]))
    });
    let Some(said) = said else { return false };
    let sentence = tokens[..said].iter().rposition(|token| !token.is_text());
    tokens.truncate(sentence.unwrap_or(0));
    true
}

static EXCEPT: Phrases = Phrases::new(
    "except, excepting, excluding, exclude, besides, minus, other than, apart from, aside from, \
     everything but, all but, but not, not including, leave out, with the exception, every one but, \
     everyone but, skip, skipping, not on, but leave, sans, but dont, not the",
);

static NEVER: Phrases = Phrases::new(
    "dont, do not, never, mustnt, must not, should not, no need to, not yet, do nothing, please no, \
     without, rather not, stop doing, avoid, hold off, no longer, refrain, cannot, cant",
);

static IF: Phrases = Phrases::new(
    "if, unless, in case, provided, assuming, whenever, once, as soon as, until, till, when, while, \
     only when, depending, otherwise, after, before, wait, during, upon",
);

static LATER: Phrases = Phrases::new(
    "tonight, tomorrow, later, nightly, daily, weekly, hourly, monthly, midnight, noon, weekend, \
     overnight, schedule, scheduled, recurring, eod, afterwards, morning, evening, afternoon, \
     lunchtime, next week, next month, next weekend, next monday, out of hours, after hours, once \
     a, at lunch, today, regularly, each day, each night, each week, periodically, soonest window, \
     maintenance window, monday, tuesday, wednesday, thursday, friday, saturday, sunday, mondays, \
     tuesdays, wednesdays, thursdays, fridays, saturdays, sundays, weekdays, weekends, mon, tue, \
     wed, thu, fri",
);

/// Of these, the ones that never describe the past, so that they count for a mere look as well.
static FUTURE: Phrases = Phrases::new(
    "tonight, tomorrow, nightly, daily, weekly, hourly, recurring, next week, next month",
);

pub(super) static UNITS: Words = Words::new(
    "minute minutes min mins hour hours hr hrs day days week weeks second seconds sec secs month \
     months",
);

/// What leads to a reason: "because he asked for it".
static REASON: Phrases = Phrases::new(
    "because, cause, cos, coz, due to, so that, so he, so she, so they, so we, in order to, as he, \
     as she, as they, as it, since it, since she, since he, since they, reason",
);

/// Cuts the reason of a request: it is a story for people and commands nothing.
pub(super) fn cut_reason(tokens: &mut Vec<Token>) {
    // "as soon as it is online" is a condition and no reason.
    let is_soon = |at: usize| tokens[at - 1].one_of(&["soon", "long", "far"]);
    let found = REASON.all(tokens).find(|(at, _)| *at > 1 && !is_soon(*at));
    if let Some((at, _)) = found {
        let end =
            tokens[at..].iter().position(|it| it.kind == Kind::Stop || it.kind == Kind::Question);
        tokens.drain(at..end.map_or(tokens.len(), |end| at + end));
    }
}

/// Cuts statements behind a comma or a full stop: "reboot fs01, it is frozen".
pub(super) fn cut_statements(tokens: &mut Vec<Token>) {
    let subject =
        ["it", "he", "she", "they", "we", "i", "there", "nobody", "everyone", "users", "user"];
    let mut at = 1;
    while at < tokens.len() {
        let behind = tokens.get(at + 1);
        let states = !tokens[at - 1].is_text()
            && tokens[..at].iter().any(Token::is_text)
            && tokens[at].one_of(&subject)
            && behind.is_some_and(|it| it.is_word() && !it.one_of(&["too", "also", "and", "as"]));
        if states {
            let end = tokens[at..].iter().position(|it| !it.is_text());
            tokens.drain(at..end.map_or(tokens.len(), |end| at + end));
        } else {
            at += 1;
        }
    }
}

/// A command that only takes back another one.
static BACK: Words =
    Words::new("cancel abort withdraw postpone delay pause undo revert skip suspend hold");

/// The first thing that stands against carrying out `tokens`. `changes`: it asks for a change, so that
/// times and conditions are about that change and not about what to look at. Words of a client's name
/// or of a script's name say nothing of the kind.
pub(super) fn read(
    tokens: &[Token],
    clients: &Clients<'_>,
    titles: &Titles<'_>,
    changes: bool,
) -> Option<Guard> {
    let mut named = vec![false; tokens.len()];
    for client in clients.all(tokens) {
        if client.to - client.from > 1 || !words::is_plain(&tokens[client.from].low) {
            named[client.from..client.to].fill(true);
        }
    }
    let has = |phrases: &Phrases| {
        let mut all = phrases.all(tokens);
        all.any(|(from, length)| !named[from..from + length].iter().all(|it| *it))
    };
    let later = |phrases: &Phrases| {
        let mut all = phrases.all(tokens);
        all.any(|(at, length)| {
            !named[at..at + length].iter().all(|it| *it)
                && !called(tokens, at)
                && !titles.holds(tokens, at)
        })
    };
    let not_a_change = (1..tokens.len())
        .any(|at| tokens[at - 1].one_of(&["not"]) && tokens[at].is_in(&words::CHANGE) && changes);
    if has(&EXCEPT) || except_but(tokens) {
        return Some(Guard::Excepted);
    }
    let taken_back = tokens.iter().find(|it| it.is_text()).is_some_and(|it| it.is_in(&BACK));
    let negated = has(&NEVER) && (changes || NEVER.starts(tokens).is_some());
    if negated || not_a_change || taken_back {
        return Some(Guard::Negated);
    }
    if recurring(tokens) {
        return Some(Guard::Recurring);
    }
    if later(&FUTURE) || (changes && (later(&LATER) || at_a_time(tokens))) {
        return Some(Guard::Scheduled);
    }
    let mut conditions = IF.all(tokens);
    let conditional = conditions.any(|(at, length)| {
        !named[at..at + length].iter().all(|it| *it) && !titles.holds(tokens, at)
    });
    (changes && conditional).then_some(Guard::Conditional)
}

/// "nightly" in "run script Nightly Maintenance" or "run the nightly maintenance script" is a name.
pub(super) fn called(tokens: &[Token], at: usize) -> bool {
    let is_noun = |token: &Token| token.one_of(&["script", "task"]);
    let is_verb = |token: &Token| token.is_in(&words::RUN);
    let start = tokens[..at].iter().rposition(is_verb).map_or(0, |it| it + 1);
    let small = |token: &Token| words::is_filler(&token.low) && !is_noun(token);
    let before = &tokens[start..at];
    let first = before.iter().position(|token| !small(token));
    let behind_noun = first.is_some_and(|it| is_noun(&before[it]))
        && !before.iter().any(|it| it.one_of(words::TOWARDS));
    let behind = &tokens[at + 1..];
    let end = behind.iter().position(|it| !it.is_text() || it.one_of(words::TOWARDS));
    let in_front = start > 0
        && before.iter().all(small)
        && behind[..end.unwrap_or(behind.len())].iter().any(is_noun);
    behind_noun || in_front
}

/// "all servers but dc01", unlike "slow but online".
fn except_but(tokens: &[Token]) -> bool {
    let all = tokens.iter().position(|token| token.one_of(words::ALL));
    let but = tokens.iter().rposition(|token| token.one_of(&["but", "not", "no"]));
    matches!((all, but), (Some(all), Some(but)) if all < but)
}

/// "every monday", "each night", unlike "every server".
pub(super) fn recurring(tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| {
        pair[0].one_of(&["every", "each"])
            && (pair[1].is_in(&UNITS)
                || pair[1].has_digit()
                || pair[1].one_of(&["other", "night", "morning", "evening", "weekend"])
                || is_weekday(&pair[1]))
    })
}

fn is_weekday(token: &Token) -> bool {
    let low = token.low.as_str();
    low.strip_suffix('s').unwrap_or(low).ends_with("day") && low.len() > 4 && low != "today"
}

/// "at 10", "at 22:30", "in 5 minutes", "in an hour", "for 10pm", "5pm".
fn at_a_time(tokens: &[Token]) -> bool {
    (0..tokens.len()).any(|at| {
        let token = &tokens[at];
        let next = tokens.get(at + 1);
        let unit = tokens.get(at + 2).is_some_and(|it| it.is_in(&UNITS));
        let soon = next.is_some_and(|it| {
            it.one_of(&["a", "an", "one", "two", "few", "some"])
                || it.low.bytes().all(|byte| byte.is_ascii_digit()) && !it.low.is_empty()
        });
        let short = next.is_some_and(|it| is_span(&it.low));
        token.is_word() && clock(&token.low)
            || token.one_of(&["at", "by", "around"]) && next.is_some_and(|it| hour(&it.low))
            || token.one_of(&["in", "within"]) && (soon && unit || short)
    })
}

/// "10pm", "22:30", "9am".
fn clock(low: &str) -> bool {
    let bare = low.strip_suffix("am").or_else(|| low.strip_suffix("pm"));
    match bare {
        Some(bare) => hour(bare),
        None => low.contains(':') && hour(low),
    }
}

fn hour(low: &str) -> bool {
    let bare = low.strip_suffix("am").or_else(|| low.strip_suffix("pm")).unwrap_or(low);
    let bare = bare.strip_suffix('h').unwrap_or(bare);
    let digits = |it: &str| (1..=2).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
    match bare.split_once([':', '.']) {
        Some((hours, minutes)) => digits(hours) && digits(minutes),
        None => digits(bare),
    }
}

/// "5m", "2h", "30min".
fn is_span(low: &str) -> bool {
    let unit = low.trim_start_matches(|it: char| it.is_ascii_digit());
    unit.len() < low.len() && (UNITS.has(unit) || ["h", "m", "d", "s"].contains(&unit))
}

/// Something is to happen in the future.
pub(super) fn ahead(tokens: &[Token]) -> bool {
    let first = tokens.iter().find(|it| it.is_text());
    FUTURE.all(tokens).next().is_some() || first.is_some_and(|it| it.one_of(&["schedule"]))
}

/// Somebody says "do not" of something.
pub(super) fn negates(tokens: &[Token]) -> bool {
    NEVER.all(tokens).next().is_some()
}

/// What is said instead of doing it.
pub(super) fn refusal(guard: Guard) -> String {
    match guard {
        Guard::Negated => {
            "I read that as something not to do, so nothing was done. Say what I should do instead."
        }
        Guard::Excepted => {
            "I cannot leave devices out of a group yet, so nothing was started. Name the devices you \
             mean, for example: run disk cleanup on dc01, dc02 and fs01."
        }
        Guard::Scheduled => {
            "I cannot tell from this when to start, so nothing was started and nothing will start by \
             itself. Say it like “tonight at 10”, “tomorrow 6am”, “on friday at 18:30”, “in 20 \
             minutes”, “in the maintenance window”, “after hours” or “when it is back online”."
        }
        Guard::Recurring => {
            "I cannot tell from this when to repeat it, so nothing was started and nothing will start \
             by itself. Say it like “every sunday at 3”, “daily at 6 except weekends”, “every first \
             monday of the month at 22:00” or “in every maintenance window”."
        }
        Guard::Conditional => {
            "I cannot wait for a condition yet, so nothing was started. I can look first, or do it \
             now: send one of the two as a request of its own."
        }
    }
    .to_owned()
}

/// Words behind which a change may be commanded.
static BEFORE: Words =
    Words::new("to dont not never please you then just must without him hours a me and or plus");

/// Whether a request that holds `tokens` asks for a change somewhere.
pub(super) fn changes(tokens: &[Token]) -> bool {
    let Some(first) = tokens.iter().position(Token::is_text) else { return false };
    let is_change = |token: &Token| token.is_word() && words::CHANGE.has(&token.word);
    let begins = &tokens[first];
    let past = ["did", "was", "is", "does", "has", "will", "were", "do"];
    let when =
        begins.one_of(&["when"]) && !tokens.get(first + 1).is_some_and(|it| it.one_of(&past));
    let condition = when
        || begins.one_of(&["if", "once", "unless", "after", "before", "until", "whenever", "as"]);
    if condition {
        return tokens.iter().any(is_change);
    }
    let if_not = |it: &Token| it.one_of(&["if", "unless", "once", "whenever", "otherwise"]);
    if let Some(at) = tokens.iter().position(if_not)
        && tokens[at..].iter().any(is_change)
    {
        return true;
    }
    let asks = begins.is_in(&words::LOOK);
    (first..tokens.len()).filter(|at| is_change(&tokens[*at])).any(|at| {
        let Some(before) = at.checked_sub(1).map(|it| &tokens[it]) else { return true };
        let joint = !before.is_text() || before.one_of(words::JOINTS);
        let loose = before.is_in(&BEFORE) || before.has_digit() || LATER.has(&before.low);
        joint || at == first || !asks && loose
    })
}
