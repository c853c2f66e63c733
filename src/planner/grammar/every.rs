//! "Every sunday at 3", "the first monday of every month at 22:00", "daily at 6 except weekends": a start that
//! comes again, taken out of the words of a request. What is not understood is left in, so that the guard
//! refuses it.
//!
//! A bare hour is one of the 24-hour clock here; the card names it in full.

use jiff::civil::Time;

use super::clients::Clients;
use super::guards::called;
use super::later::{hour_and_minute, skip, weekday};
use super::text::{Kind, Token};
use super::titles::Titles;
use crate::schedule::{Every, When};

const ALL_DAYS: [i8; 7] = [1, 2, 3, 4, 5, 6, 7];

const WORKDAYS: [i8; 5] = [1, 2, 3, 4, 5];

const WEEKEND: [i8; 2] = [6, 7];

enum On {
    Days(Vec<i8>),
    Month { nth: i8, day: i8 },
    Window,
}

/// Takes it out of `tokens`; `None` when there is none, or none that is clear.
pub(super) fn take(
    tokens: &mut Vec<Token>,
    clients: &Clients<'_>,
    titles: &Titles<'_>,
) -> Option<When> {
    let is_name = |at: usize| {
        let named = clients.all(tokens);
        called(tokens, at)
            || titles.holds(tokens, at)
            || named.iter().any(|it| it.to - it.from > 1 && (it.from..it.to).contains(&at))
    };
    let mut found = (0..tokens.len()).filter_map(|at| Some((at, on(&tokens[at..])?)));
    let (from, (length, mut on)) = found.find(|(at, _)| !is_name(*at))?;
    let mut begin = from;
    let mut to = from + length;
    let mut time = None;
    loop {
        let rest = &tokens[to..];
        let gap = usize::from(rest.first().is_some_and(|it| it.kind == Kind::Comma));
        if time.is_none()
            && let Some((length, at)) = clock(&rest[gap..])
        {
            time = Some(at);
            to += gap + length;
        } else if let Some((length, out)) = except(&rest[gap..]) {
            let On::Days(days) = &mut on else { return None };
            days.retain(|day| !out.contains(day));
            to += gap + length;
        } else {
            break;
        }
    }
    if time.is_none() && !matches!(on, On::Window) {
        // "At 3 every sunday".
        let before = (from.saturating_sub(3)..from).find_map(|at| {
            let (length, time) = clock(&tokens[at..])?;
            (at + length == from).then_some((at, time))
        });
        let (at, said) = before?;
        time = Some(said);
        begin = at;
    }
    let every = match (on, time) {
        (On::Window, None) => Every::Window,
        (On::Days(days), Some(time)) if !days.is_empty() => Every::Week { days, time },
        (On::Month { nth, day }, Some(time)) => Every::Month { nth, day, time },
        _ => return None,
    };
    tokens.drain(begin..to);
    while tokens.first().is_some_and(|it| it.kind == Kind::Comma) {
        tokens.remove(0);
    }
    super::later::schedule_is_run(tokens);
    Some(When::Every(every))
}

/// On which days, and how many tokens say so.
fn on(tokens: &[Token]) -> Option<(usize, On)> {
    let first = tokens.first()?;
    if first.one_of(&["daily"]) {
        return Some((1, On::Days(ALL_DAYS.to_vec())));
    }
    if first.one_of(&["weekly"]) {
        let lead = 1 + skip(&tokens[1..], &[&["on", "every", "each"]]);
        let (length, days) = list(&tokens[lead..])?;
        return Some((lead + length, On::Days(days)));
    }
    if first.one_of(&["on", "the"]) {
        let lead = skip(tokens, &[&["on"], &["the"]]);
        if let Some((length, on)) = nth(&tokens[lead..], Month::Every) {
            return Some((lead + length, on));
        }
        let (length, days) = plural(&tokens[lead..])?;
        return Some((lead + length, On::Days(days)));
    }
    let lead = skip(tokens, &[&["in", "during"], &["every", "each"]]);
    if lead == 0 || !tokens[lead - 1].one_of(&["every", "each"]) {
        return None;
    }
    let rest = &tokens[lead..];
    let maintenance = skip(rest, &[&["maintenance"]]);
    if rest.get(maintenance).is_some_and(|it| it.one_of(&["window"])) {
        return Some((lead + maintenance + 1, On::Window));
    }
    if lead == 2 {
        return None;
    }
    let (length, on) = nth(rest, Month::Any).or_else(|| {
        let named = |days: &[i8]| Some((1, On::Days(days.to_vec())));
        match rest.first()?.low.as_str() {
            "day" | "night" | "morning" => named(&ALL_DAYS),
            "weekday" | "weekdays" | "workday" => named(&WORKDAYS),
            "weekend" => named(&WEEKEND),
            _ => list(rest).map(|(length, days)| (length, On::Days(days))),
        }
    })?;
    Some((1 + length, on))
}

#[derive(PartialEq, Eq)]
enum Month {
    /// "of the month" may be left out.
    Any,
    /// "of every month" has to be said.
    Every,
}

/// "first monday of the month".
fn nth(tokens: &[Token], month: Month) -> Option<(usize, On)> {
    let nth = match tokens.first()?.low.as_str() {
        "first" | "1st" => 1,
        "second" | "2nd" => 2,
        "third" | "3rd" => 3,
        "fourth" | "4th" => 4,
        "last" => -1,
        _ => return None,
    };
    let day = weekday(&tokens.get(1).filter(|it| it.is_word())?.low)?;
    let rest = &tokens[2..];
    let more = skip(rest, &[&["of", "in"], &["the", "every", "each"], &["month"]]);
    let every = rest[..more].iter().any(|it| it.one_of(&["every", "each"]));
    let whole = more == 0 || rest[more - 1].one_of(&["month"]);
    let fits = whole && (month == Month::Any || every);
    fits.then_some((2 + more, On::Month { nth, day }))
}

/// "sunday", "monday and thursday", "mon, wed and fri".
fn list(tokens: &[Token]) -> Option<(usize, Vec<i8>)> {
    days_of(tokens, |low| weekday(low.strip_suffix('s').unwrap_or(low)))
}

/// "mondays and thursdays", "weekdays".
fn plural(tokens: &[Token]) -> Option<(usize, Vec<i8>)> {
    let first = tokens.first()?;
    if first.one_of(&["weekdays", "workdays"]) {
        return Some((1, WORKDAYS.to_vec()));
    }
    if first.one_of(&["weekends"]) {
        return Some((1, WEEKEND.to_vec()));
    }
    days_of(tokens, |low| weekday(low.strip_suffix('s')?))
}

fn days_of(tokens: &[Token], day: impl Fn(&str) -> Option<i8>) -> Option<(usize, Vec<i8>)> {
    let one = |at: usize| tokens.get(at).filter(|it| it.is_word()).and_then(|it| day(&it.low));
    let mut days = vec![one(0)?];
    let mut length = 1;
    loop {
        let is_joint = |it: &Token| it.kind == Kind::Comma || it.one_of(&["and"]);
        let joints = tokens[length..].iter().take_while(|it| is_joint(it)).count();
        let Some(next) = one(length + joints).filter(|_| joints > 0) else { break };
        days.push(next);
        length += joints + 1;
    }
    days.sort_unstable();
    days.dedup();
    Some((length, days))
}

/// "except weekends", "except on sunday".
fn except(tokens: &[Token]) -> Option<(usize, Vec<i8>)> {
    if !tokens.first()?.one_of(&["except", "excluding"]) {
        return None;
    }
    let lead = 1 + skip(&tokens[1..], &[&["on", "for", "at"], &["the"]]);
    let rest = &tokens[lead..];
    let (length, days) = match rest.first()?.low.as_str() {
        "weekend" => (1, WEEKEND.to_vec()),
        _ => plural(rest).or_else(|| list(rest))?,
    };
    Some((lead + length, days))
}

fn clock(tokens: &[Token]) -> Option<(usize, Time)> {
    let (length, hour, minute) = hour_and_minute(tokens)?;
    Some((length, Time::new(hour, minute, 0, 0).ok()?))
}
