//! "Tonight at 10", "in the maintenance window", "when it is back online": the start of a request, taken out
//! of its words. A start that is said in half ("tomorrow", "at 3") is left in, so that the guard asks.

use jiff::civil::{Date, Time};

use super::clients::Clients;
use super::guards::{UNITS, called};
use super::lexicon::Words;
use super::text::{Kind, Token};
use super::titles::Titles;
use super::words;
use crate::conversation::{AnswerOption, Awaits, Question};
use crate::planner::{Canary, Draft};
use crate::schedule::{OnDay, When};

/// What is before a time that is no start: a deadline, or something roughly then.
static LIMITS: Words = Words::new("by before until till after around about since past not within");

/// Takes the start out of `tokens`; `None` when there is none, or none that is clear.
pub(super) fn take(
    tokens: &mut Vec<Token>,
    clients: &Clients<'_>,
    titles: &Titles<'_>,
) -> Option<When> {
    let mut named = vec![false; tokens.len()];
    for client in clients.all(tokens) {
        if client.to - client.from > 1 || !words::is_plain(&tokens[client.from].low) {
            named[client.from..client.to].fill(true);
        }
    }
    let mut pieces: Vec<(usize, usize, Piece)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let before = at.checked_sub(1).map(|it| &tokens[it]);
        let is_limit = before.is_some_and(|it| it.is_in(&LIMITS));
        let is_name = is_limit || named[at] || called(tokens, at) || titles.holds(tokens, at);
        match if is_name { None } else { piece(&tokens[at..]) } {
            Some((length, piece)) => {
                pieces.push((at, at + length, piece));
                at += length;
            }
            None => at += 1,
        }
    }
    let said: Vec<&Piece> = pieces.iter().map(|(_, _, piece)| piece).collect();
    let when = match said.as_slice() {
        [Piece::Whole(when)] => when.clone(),
        [Piece::Clock(clock)] => clock.on(&Piece::NO_DAY)?,
        [Piece::Day(day), Piece::Clock(clock)] | [Piece::Clock(clock), Piece::Day(day)] => {
            clock.on(day)?
        }
        _ => return None,
    };
    for (from, to, _) in pieces.into_iter().rev() {
        tokens.drain(from..to);
    }
    while tokens.first().is_some_and(|it| it.kind == Kind::Comma) {
        tokens.remove(0);
    }
    schedule_is_run(tokens);
    Some(when)
}

/// "Schedule a reboot of dc01" is "run a reboot of dc01" once the time is out.
pub(super) fn schedule_is_run(tokens: &mut Vec<Token>) {
    let Some(first) = tokens.iter().position(Token::is_text) else { return };
    if tokens[first].one_of(&["schedule"]) {
        let token = &mut tokens[first];
        for text in [&mut token.text, &mut token.low, &mut token.word] {
            "run".clone_into(text);
        }
        if tokens.get(first + 1).is_some_and(|it| it.one_of(&["a", "an", "the"])) {
            tokens.remove(first + 1);
        }
    }
}

/// What was said beside the commands, and holds for all of them.
pub(super) struct Extras {
    pub(super) when: Option<When>,
    pub(super) canary: Option<Canary>,
    /// Whoever is logged on there is told so many minutes before.
    pub(super) warn_mins: Option<u32>,
}

impl Extras {
    pub(super) fn is_empty(&self) -> bool {
        self.when.is_none() && self.canary.is_none() && self.warn_mins.is_none()
    }
}

/// The drafts with their start.
pub(super) fn starting(mut drafts: Vec<Draft>, extras: &Extras) -> Vec<Draft> {
    for draft in &mut drafts {
        draft.when.clone_from(&extras.when);
        draft.canary = extras.canary;
        draft.warn_mins = extras.warn_mins;
    }
    drafts
}

/// The question, so that its answer keeps the start.
pub(super) fn asking(mut question: Question, extras: &Extras) -> Question {
    let started = |drafts: &mut Vec<Draft>| *drafts = starting(std::mem::take(drafts), extras);
    question.options.iter_mut().for_each(|it: &mut AnswerOption| started(&mut it.drafts));
    match &mut question.awaits {
        Awaits::Option => {}
        Awaits::Argument { drafts, .. }
        | Awaits::Device { drafts, .. }
        | Awaits::Client { drafts, .. } => started(drafts),
    }
    question
}

enum Piece {
    Day(Day),
    Clock(Clock),
    Whole(When),
}

struct Day {
    day: OnDay,
    part: Part,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    Morning,
    /// Afternoon and evening.
    Late,
    /// Tonight: what is past midnight is the next day.
    Night,
}

#[derive(Clone, Copy)]
struct Clock {
    hour: i8,
    minute: i8,
    half: Half,
}

/// What is known of the half of the day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    /// "10": could be either.
    Open,
    /// "22:00", "6am", "noon".
    Told,
}

/// Bare hours before this one ("tomorrow at 3") could be night or afternoon, so they are asked about.
const BARE_HOUR_MIN: i8 = 7;

impl Piece {
    const NO_DAY: Day = Day { day: OnDay::Next, part: Part::Any };
}

impl Clock {
    /// `None` where it could be two times.
    fn on(&self, day: &Day) -> Option<When> {
        let hour = match (self.half, day.part) {
            (Half::Told, _) | (Half::Open, Part::Morning) => self.hour,
            (Half::Open, Part::Late) => self.hour % 12 + 12,
            (Half::Open, Part::Night) if (5..12).contains(&self.hour) => self.hour + 12,
            (Half::Open, Part::Night) => self.hour % 12,
            (Half::Open, Part::Any) => {
                let is_clear = day.day != OnDay::Next && self.hour >= BARE_HOUR_MIN;
                is_clear.then_some(self.hour)?
            }
        };
        let is_past_midnight = day.part == Part::Night && hour < 5;
        let day = if is_past_midnight { OnDay::Tomorrow } else { day.day };
        // "Tomorrow at midnight" is the beginning of the day to some and its end to others.
        if hour == 0 && self.minute == 0 && self.half == Half::Told && !is_past_midnight {
            let is_clear = day == OnDay::Next;
            is_clear.then_some(())?;
        }
        Some(When::At { day, time: Time::new(hour, self.minute, 0, 0).ok()? })
    }
}

fn piece(tokens: &[Token]) -> Option<(usize, Piece)> {
    online(tokens)
        .or_else(|| window(tokens))
        .or_else(|| after_hours(tokens))
        .or_else(|| span(tokens))
        .or_else(|| day(tokens))
        .or_else(|| clock(tokens))
}

/// How many of the tokens at the start are `words`, each optional, in order.
pub(super) fn skip(tokens: &[Token], words: &[&[&str]]) -> usize {
    words
        .iter()
        .fold(0, |at, any| at + usize::from(tokens.get(at).is_some_and(|it| it.one_of(any))))
}

/// "when it is back online", "once the machine comes online again".
fn online(tokens: &[Token]) -> Option<(usize, Piece)> {
    let lead = match tokens {
        [first, ..] if first.one_of(&["when", "once"]) => 1,
        [a, b, c, ..] if a.one_of(&["as"]) && b.one_of(&["soon"]) && c.one_of(&["as"]) => 3,
        _ => return None,
    };
    let things = [
        "it",
        "its",
        "they",
        "machine",
        "device",
        "computer",
        "laptop",
        "pc",
        "server",
        "workstation",
        "machines",
        "devices",
    ];
    let rest = &tokens[lead..];
    let at = skip(
        rest,
        &[
            &["the", "that", "this"],
            &things,
            &["is", "are", "comes", "come", "gets", "goes"],
            &["back", "again"],
        ],
    );
    let end = rest.get(at).is_some_and(|it| it.one_of(&["online"]));
    let more = usize::from(rest.get(at + 1).is_some_and(|it| it.one_of(&["again"])));
    end.then_some((lead + at + 1 + more, Piece::Whole(When::Online)))
}

/// "in the client's maintenance window", "during the next maintenance window".
fn window(tokens: &[Token]) -> Option<(usize, Piece)> {
    if !tokens.first()?.one_of(&["in", "during", "within", "at", "for", "next"]) {
        return None;
    }
    let at = tokens.iter().take(6).position(|it| it.one_of(&["window"]))?;
    let small = |it: &Token| {
        it.possessive
            || it.one_of(&["the", "its", "their", "next", "client", "clients", "maintenance", "s"])
    };
    let fits = tokens[1..at].iter().all(small);
    fits.then_some((at + 1, Piece::Whole(When::Window)))
}

/// "after hours", "outside of business hours".
fn after_hours(tokens: &[Token]) -> Option<(usize, Piece)> {
    let lead = usize::from(tokens.first()?.one_of(&["after", "outside", "out"]));
    let more =
        skip(&tokens[lead..], &[&["of"], &["the", "their"], &["business", "office", "working"]]);
    let end = tokens.get(lead + more).is_some_and(|it| it.one_of(&["hours"]));
    (lead == 1 && end).then_some((lead + more + 1, Piece::Whole(When::AfterHours)))
}

/// "in 5 minutes", "in an hour", "in 2h".
fn span(tokens: &[Token]) -> Option<(usize, Piece)> {
    if !tokens.first()?.one_of(&["in"]) {
        return None;
    }
    let next = tokens.get(1)?;
    let digits = next.low.len() - next.low.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let (length, number, unit) = match (next.low.split_at(digits), tokens.get(2)) {
        ((_, ""), Some(unit)) => (3, next.low.parse().ok()?, unit.low.as_str()),
        (("", _), Some(unit)) if next.one_of(&["a", "an", "one"]) => (3, 1, unit.low.as_str()),
        ((number, unit), _) => (2, number.parse().ok()?, unit),
    };
    let secs = match unit {
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "d" | "day" | "days" if UNITS.has("day") => 86_400,
        _ => return None,
    };
    let secs = i64::checked_mul(number, secs)?;
    Some((length, Piece::Whole(When::In { secs })))
}

/// "tonight", "tomorrow morning", "on friday", "on 2026-09-05".
fn day(tokens: &[Token]) -> Option<(usize, Piece)> {
    let lead = skip(tokens, &[&["on", "this", "for"]]);
    let token = tokens.get(lead).filter(|it| it.is_word())?;
    let low = token.low.as_str();
    let part = tokens.get(lead + 1).map_or(Part::Any, |it| match it.low.as_str() {
        "morning" => Part::Morning,
        "afternoon" | "evening" | "night" => Part::Late,
        _ => Part::Any,
    });
    let length = lead + 1 + usize::from(part != Part::Any);
    let on = |day, part| Some((length, Piece::Day(Day { day, part })));
    match low {
        "tonight" => Some((lead + 1, Piece::Day(Day { day: OnDay::Today, part: Part::Night }))),
        "morning" | "afternoon" if tokens[..lead].iter().any(|it| it.one_of(&["this"])) => {
            let part = if low == "morning" { Part::Morning } else { Part::Late };
            Some((lead + 1, Piece::Day(Day { day: OnDay::Today, part })))
        }
        "evening" if tokens[..lead].iter().any(|it| it.one_of(&["this"])) => {
            Some((lead + 1, Piece::Day(Day { day: OnDay::Today, part: Part::Night })))
        }
        "today" => on(OnDay::Today, part),
        "tomorrow" => on(OnDay::Tomorrow, part),
        _ => match weekday(low) {
            Some(day) => on(OnDay::Weekday(day), part),
            None => low.parse::<Date>().ok().and_then(|date| on(OnDay::Date(date), part)),
        },
    }
}

/// 1 is Monday. "Mondays" is more than one.
pub(super) fn weekday(low: &str) -> Option<i8> {
    let days = [
        ["monday", "mon"],
        ["tuesday", "tue"],
        ["wednesday", "wed"],
        ["thursday", "thu"],
        ["friday", "fri"],
        ["saturday", "sat"],
        ["sunday", "sun"],
    ];
    (1..).zip(days).find(|(_, names)| names.contains(&low)).map(|(number, _)| number)
}

/// The same of the 24-hour clock: a bare "at 3" is 03:00. How many tokens, hour and minute.
pub(super) fn hour_and_minute(tokens: &[Token]) -> Option<(usize, i8, i8)> {
    match clock(tokens)? {
        (length, Piece::Clock(clock)) => Some((length, clock.hour, clock.minute)),
        (_, Piece::Day(_) | Piece::Whole(_)) => None,
    }
}

/// "at 10", "10pm", "at 6 am", "22:30", "at noon".
fn clock(tokens: &[Token]) -> Option<(usize, Piece)> {
    let lead = skip(tokens, &[&["at", "for", "from"]]);
    let token = tokens.get(lead).filter(|it| it.is_word())?;
    let told = |hour| Some((lead + 1, Piece::Clock(Clock { hour, minute: 0, half: Half::Told })));
    match token.low.as_str() {
        "noon" => return told(12),
        "midnight" => return told(0),
        _ => {}
    }
    let half_of = |low: &str| ["am", "pm"].into_iter().find(|it| low == *it);
    let glued = ["am", "pm"].into_iter().find(|it| token.low.ends_with(it));
    let behind = tokens.get(lead + 1).and_then(|it| half_of(&it.low));
    let half = glued.or(behind);
    let length = lead + 1 + usize::from(glued.is_none() && behind.is_some());
    let bare = glued.map_or(token.low.as_str(), |it| token.low.trim_end_matches(it));
    let (hours, minutes) = bare.split_once([':', '.']).unwrap_or((bare, ""));
    let number = |text: &str, width: usize| -> Option<i8> {
        let is_number = text.bytes().all(|it| it.is_ascii_digit()) && text.len() <= width;
        (is_number && !text.is_empty()).then(|| text.parse().ok())?
    };
    let hour = number(hours, 2)?;
    let minute = if minutes.is_empty() { 0 } else { number(minutes, 2)? };
    // A bare number is a time only behind "at".
    if half.is_none() && minutes.is_empty() && lead == 0 {
        return None;
    }
    let clock = match half {
        Some("am") if (1..=12).contains(&hour) => {
            Clock { hour: hour % 12, minute, half: Half::Told }
        }
        Some(_) if (1..=12).contains(&hour) => {
            Clock { hour: hour % 12 + 12, minute, half: Half::Told }
        }
        Some(_) => return None,
        None if minutes.is_empty() && (1..=12).contains(&hour) => {
            Clock { hour, minute, half: Half::Open }
        }
        // "10:30" is a time of the 24-hour clock, except tonight.
        None if hour < 12 && !hours.starts_with('0') => Clock { hour, minute, half: Half::Open },
        None => Clock { hour, minute, half: Half::Told },
    };
    (clock.hour < 24 && clock.minute < 60).then_some((length, Piece::Clock(clock)))
}
