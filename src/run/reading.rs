//! Figures read around a run, and what they show: that it helped, that it did not, or nothing.
//!
//! A figure speaks against a run only when it was taken after the work was over. What a product shows may be
//! hours old, and "not fixed" about a machine that is fine sends somebody there for nothing.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::run::{Run, State, Trace};
use crate::words;

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// "MARIA-LT-01 (Bluegum Vet)", as in [`crate::run::TargetResult`].
    pub device: String,
    /// "free on C:", "Print Spooler".
    pub what: String,
    /// In `unit`s.
    pub value: i64,
    pub unit: Unit,
    /// When the product or the machine took it; `None`: it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Free space: more of it is what was wanted.
    Bytes,
    /// The last start, in seconds since 1970, UTC.
    EpochSeconds,
    /// A [`ServiceState`] by its number, and the one that was asked for.
    Service { wanted: ServiceState },
    /// Updates that are missing: fewer of them are what was wanted.
    UpdatesMissing,
    /// Updates that are installed and wait for a restart.
    UpdatesWaiting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    Stopped,
    Running,
    /// Starting, stopping, paused.
    Between,
}

impl ServiceState {
    /// Reads the words of the products: "Running", "Stopped", "StartPending", "Start Pending".
    pub fn parse(word: &str) -> Self {
        match word.trim().to_lowercase().as_str() {
            "running" | "started" => Self::Running,
            "stopped" => Self::Stopped,
            _ => Self::Between,
        }
    }

    pub fn number(self) -> i64 {
        match self {
            Self::Stopped => 0,
            Self::Running => 1,
            Self::Between => 2,
        }
    }

    pub fn of(number: i64) -> Self {
        match number {
            0 => Self::Stopped,
            1 => Self::Running,
            _ => Self::Between,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Running => "running",
            Self::Between => "starting or stopping",
        }
    }
}

/// Products work a start out of how long the machine is up, so the same one differs by seconds.
const BOOT_JITTER_SECS: i64 = 60;

/// A script ends before the restart that it asked for; a machine that is up that much later, with the start of
/// before, was not restarted.
const RESTARTS_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// A service may need that long to come up behind the script that started it.
const SERVICE_STARTS_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// Clocks of the products and of this machine.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(2);

/// Older than this, a figure is not the state before a run.
const FRESH: SignedDuration = SignedDuration::from_mins(15);

impl Unit {
    /// How long after the end a figure that shows nothing yet is looked at again.
    fn patience(self) -> SignedDuration {
        match self {
            Self::Bytes => SignedDuration::from_mins(1),
            Self::Service { .. } | Self::UpdatesMissing | Self::UpdatesWaiting => {
                SignedDuration::from_mins(2)
            }
            // A server that installs updates on its way up.
            Self::EpochSeconds => SignedDuration::from_mins(15),
        }
    }

    /// From when on after the end a figure can speak against the run.
    fn proves_after(self) -> SignedDuration {
        match self {
            Self::Bytes | Self::UpdatesMissing | Self::UpdatesWaiting => SignedDuration::ZERO,
            Self::Service { .. } => SERVICE_STARTS_WITHIN,
            Self::EpochSeconds => RESTARTS_WITHIN,
        }
    }
}

/// What figures say of a run on one device; the later wins where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Nothing, now or later.
    Mute,
    /// It did not do what it was for.
    Against,
    /// Nothing yet.
    Open,
    /// It did what it was for.
    For,
}

/// What the figures of one device come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    pub device: String,
    pub sign: Sign,
    /// Of [`Sign::Against`]: "freed no space".
    pub why: String,
}

impl Reading {
    /// "19.8 GB", "running", "25 Nov 2026, 04:11 UTC".
    pub fn shown(&self) -> String {
        match self.unit {
            Unit::Bytes => words::bytes(self.value),
            Unit::EpochSeconds => {
                Timestamp::from_second(self.value).map(words::at).unwrap_or_default()
            }
            Unit::Service { .. } => ServiceState::of(self.value).word().to_owned(),
            Unit::UpdatesMissing | Unit::UpdatesWaiting => self.value.to_string(),
        }
    }
}

/// Changes of one device that are told in a line of many.
const CHANGES_MAX: usize = 3;

/// A figure before, after, or both.
pub struct Pair<'a> {
    pub before: Option<&'a Reading>,
    pub after: Option<&'a Reading>,
}

impl Trace {
    /// The figures that belong together, in the order in which they were read.
    pub fn pairs(&self) -> Vec<Pair<'_>> {
        let same =
            |one: &Reading, other: &Reading| one.device == other.device && one.what == other.what;
        let with_before = self.before.iter().map(|before| Pair {
            before: Some(before),
            after: self.after.iter().find(|after| same(before, after)),
        });
        let only_after = self
            .after
            .iter()
            .filter(|after| !self.before.iter().any(|before| same(before, after)))
            .map(|after| Pair { before: None, after: Some(after) });
        with_before.chain(only_after).collect()
    }

    /// Whether a figure was taken when the work was over.
    pub fn is_of_afterwards(&self, reading: &Reading) -> bool {
        self.is_later(reading, SignedDuration::ZERO)
    }

    fn is_later(&self, reading: &Reading, by: SignedDuration) -> bool {
        self.over_since.zip(reading.at).is_some_and(|(over, at)| at >= over + by)
    }

    pub fn sign(&self, pair: &Pair<'_>) -> Sign {
        let Some(after) = pair.after else { return Sign::Open };
        let (was, is) = (pair.before.map(|it| it.value), after.value);
        let against = match self.is_later(after, after.unit.proves_after()) {
            true => Sign::Against,
            false => Sign::Open,
        };
        match (after.unit, was) {
            (Unit::Service { wanted }, was) => match ServiceState::of(is) {
                state if state == wanted => match self.is_of_afterwards(after) {
                    false if was == Some(is) => Sign::Open,
                    _ => Sign::For,
                },
                ServiceState::Between => Sign::Open,
                _ => against,
            },
            (_, None) => Sign::Mute,
            (Unit::Bytes, Some(was)) if is > was => Sign::For,
            (Unit::EpochSeconds, Some(was)) if is > was + BOOT_JITTER_SECS => Sign::For,
            (Unit::UpdatesMissing, Some(0)) => Sign::Mute,
            (Unit::UpdatesMissing, Some(was)) if is < was => Sign::For,
            (Unit::UpdatesWaiting, Some(was)) => {
                if is > was {
                    Sign::For
                } else {
                    Sign::Mute
                }
            }
            (Unit::Bytes | Unit::EpochSeconds | Unit::UpdatesMissing, Some(_)) => against,
        }
    }

    /// By device; those without a figure are not in it.
    pub fn effects(&self) -> Vec<Effect> {
        let mut effects: Vec<Effect> = Vec::new();
        for pair in self.pairs() {
            let Some(reading) = pair.after.or(pair.before) else { continue };
            let sign = self.sign(&pair);
            let why = failing(reading);
            match effects.iter_mut().find(|it| it.device == reading.device) {
                Some(known) if known.sign >= sign => {}
                Some(known) => (known.sign, known.why) = (sign, why),
                None => effects.push(Effect { device: reading.device.clone(), sign, why }),
            }
        }
        effects
    }

    /// What changed on the device of a run for one, in few words: "Print Spooler stopped → running", "free on C: +3.2 GB".
    pub fn changes(&self) -> Vec<String> {
        let pairs = self.pairs();
        let changes: Vec<String> = pairs.iter().filter_map(|it| self.change(it)).collect();
        let is_open = |it: &Pair<'_>| self.sign(it) == Sign::Open;
        match changes.is_empty() && pairs.iter().any(is_open) {
            true => vec!["no newer figure".to_owned()],
            false => changes.into_iter().take(CHANGES_MAX).collect(),
        }
    }

    fn change(&self, pair: &Pair<'_>) -> Option<String> {
        let after = pair.after?;
        let (what, now) = (&after.what, after.shown());
        let is_for = self.sign(pair) == Sign::For;
        let was = pair.before.filter(|was| was.value != after.value);
        match (after.unit, was) {
            (Unit::Bytes, Some(was)) => {
                let change = after.value - was.value;
                let sign = if change > 0 { "+" } else { "" };
                Some(format!("{what} {sign}{}", words::bytes(change)))
            }
            // Of what a product works out, seconds of difference are none.
            (Unit::EpochSeconds, _) => is_for.then(|| format!("{what} {now}")),
            (_, Some(was)) => Some(format!("{what} {} → {now}", was.shown())),
            (Unit::Service { .. }, None) => is_for.then(|| format!("{what} {now}")),
            (_, None) => None,
        }
    }

    /// Whether the figures may yet show more, so that telling the result waits a little.
    pub fn may_show_more(&self, now: Timestamp) -> bool {
        let units = self.before.iter().map(|it| it.unit.patience());
        let Some(until) = self.over_since.zip(units.max()).map(|(over, by)| over + by) else {
            return false;
        };
        let is_open = |it: &Effect| {
            it.sign == Sign::Open && self.before.iter().any(|before| before.device == it.device)
        };
        now < until && self.effects().iter().any(is_open)
    }
}

/// What the run failed to do, where the figure speaks against it.
fn failing(reading: &Reading) -> String {
    match reading.unit {
        Unit::Bytes => "freed no space".to_owned(),
        Unit::EpochSeconds => "did not restart".to_owned(),
        Unit::Service { .. } => {
            format!("{} is {}", reading.what, ServiceState::of(reading.value).word())
        }
        Unit::UpdatesMissing | Unit::UpdatesWaiting => "installed no update".to_owned(),
    }
}

impl Run {
    /// It ran to its end, and no figure speaks against it.
    pub fn worked(&self) -> bool {
        matches!(self.state, State::Succeeded { .. }) && self.not_fixed().is_empty()
    }

    /// Devices on which it ran and, as the figures show, did not do what it was for.
    pub fn not_fixed(&self) -> Vec<Effect> {
        let mut effects = self.trace.effects();
        effects.retain(|it| it.sign == Sign::Against);
        effects
    }
}

/// A figure of later than now has a clock or a time zone of its own, so when it was taken is not known.
pub fn credible(mut readings: Vec<Reading>, now: Timestamp) -> Vec<Reading> {
    for reading in &mut readings {
        reading.at = reading.at.filter(|at| *at <= now + CLOCKS_DIFFER);
    }
    readings
}

/// Leaves out what is too old to be the state before a run. The last start is what it is, however old.
pub fn fresh(mut readings: Vec<Reading>, now: Timestamp) -> Vec<Reading> {
    readings.retain(|it| {
        it.unit == Unit::EpochSeconds || it.at.is_none_or(|at| now.duration_since(at) <= FRESH)
    });
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Unit = Unit::Service { wanted: ServiceState::Running };
    const DOWN: Unit = Unit::Service { wanted: ServiceState::Stopped };

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + secs).unwrap()
    }

    fn reading(value: i64, unit: Unit, taken: Option<i64>) -> Reading {
        let (device, what) = ("A".to_owned(), "it".to_owned());
        Reading { device, what, value, unit, at: taken.map(at) }
    }

    /// The work was over at second 0; `taken` is when the figure afterwards was.
    fn trace(unit: Unit, was: Option<i64>, is: i64, taken: Option<i64>) -> Trace {
        Trace {
            before: was.map(|was| reading(was, unit, Some(-60))).into_iter().collect(),
            after: vec![reading(is, unit, taken)],
            over_since: Some(at(0)),
            ..Trace::default()
        }
    }

    fn check(unit: Unit, was: Option<i64>, is: i64, taken: Option<i64>, expected: Sign) {
        let sign = trace(unit, was, is, taken).effects()[0].sign;
        assert_eq!(sign, expected, "{unit:?}: {was:?} -> {is}, taken at {taken:?}");
    }

    #[test]
    fn a_figure_speaks_against_a_run_only_when_it_is_of_afterwards() {
        for (unit, was, is, taken, expected) in [
            (Unit::Bytes, Some(5), 9, Some(1), Sign::For),
            (Unit::Bytes, Some(5), 9, None, Sign::For),
            (Unit::Bytes, Some(5), 5, Some(1), Sign::Against),
            (Unit::Bytes, Some(5), 4, Some(1), Sign::Against),
            (Unit::Bytes, Some(5), 5, Some(-1), Sign::Open),
            (Unit::Bytes, Some(5), 5, None, Sign::Open),
            (Unit::Bytes, None, 5, Some(1), Sign::Mute),
            (Unit::EpochSeconds, Some(100), 900, None, Sign::For),
            (Unit::EpochSeconds, Some(100), 101, Some(301), Sign::Against),
            (Unit::EpochSeconds, Some(100), 100, Some(200), Sign::Open),
            (Unit::EpochSeconds, None, 100, Some(301), Sign::Mute),
            (UP, Some(0), 1, Some(1), Sign::For),
            (UP, Some(1), 1, Some(1), Sign::For),
            (UP, Some(1), 1, Some(-1), Sign::Open),
            (UP, Some(0), 1, None, Sign::For),
            (UP, Some(1), 0, Some(10), Sign::Open),
            (UP, Some(1), 0, Some(31), Sign::Against),
            (UP, Some(0), 0, None, Sign::Open),
            (UP, Some(0), 2, Some(31), Sign::Open),
            (UP, None, 0, Some(31), Sign::Against),
            (UP, None, 1, Some(1), Sign::For),
            (DOWN, Some(1), 0, Some(1), Sign::For),
            (DOWN, Some(1), 1, Some(31), Sign::Against),
            (Unit::UpdatesMissing, Some(3), 0, Some(1), Sign::For),
            (Unit::UpdatesMissing, Some(3), 3, Some(1), Sign::Against),
            (Unit::UpdatesMissing, Some(3), 3, Some(-1), Sign::Open),
            (Unit::UpdatesMissing, Some(0), 0, Some(1), Sign::Mute),
            (Unit::UpdatesWaiting, Some(0), 3, Some(1), Sign::For),
            (Unit::UpdatesWaiting, Some(3), 3, Some(1), Sign::Mute),
        ] {
            check(unit, was, is, taken, expected);
        }
    }

    #[test]
    fn figures_that_a_store_kept_before_they_had_a_time_are_read() {
        let old = r#"{"device":"A","what":"free on C:","value":1,"unit":"bytes"}"#;
        let old: Reading = serde_json::from_str(old).unwrap();
        assert_eq!((old.unit, old.at), (Unit::Bytes, None));
        let new = reading(1, UP, Some(1));
        let json = serde_json::to_string(&new).unwrap();
        assert_eq!(serde_json::from_str::<Reading>(&json).unwrap(), new);
    }

    #[test]
    fn a_figure_without_a_credible_time_is_no_proof_and_an_old_one_no_state_before() {
        let of = |taken| vec![reading(5, Unit::Bytes, Some(taken))];
        assert_eq!(credible(of(-3_600), at(0))[0].at, Some(at(-3_600)));
        assert_eq!(credible(of(36_000), at(0))[0].at, None);
        assert_eq!(fresh(of(-60), at(0)).len(), 1);
        assert_eq!(fresh(of(-3_600), at(0)), []);
        let boot = vec![reading(5, Unit::EpochSeconds, Some(-3_600))];
        assert_eq!(fresh(boot, at(0)).len(), 1);
    }

    #[test]
    fn what_changed_is_said_in_few_words() {
        for (unit, was, is, taken, expected) in [
            (Unit::Bytes, Some(0), 3 << 30, Some(1), "it +3.0 GB"),
            (Unit::Bytes, Some(2_048), 1_024, Some(1), "it -1.0 KB"),
            (Unit::Bytes, Some(5), 5, Some(-1), "no newer figure"),
            (Unit::Bytes, None, 5, Some(1), ""),
            (Unit::EpochSeconds, Some(0), 86_400, Some(1), "it 2 Jan 1970, 00:00 UTC"),
            (Unit::EpochSeconds, Some(100), 101, Some(1), "no newer figure"),
            (UP, Some(0), 1, Some(1), "it stopped → running"),
            (UP, Some(1), 1, Some(1), "it running"),
            (UP, Some(1), 1, Some(-1), "no newer figure"),
            (UP, None, 1, Some(1), "it running"),
            (Unit::UpdatesMissing, Some(5), 0, Some(1), "it 5 → 0"),
            (Unit::UpdatesMissing, Some(0), 0, Some(1), ""),
        ] {
            let changes = trace(unit, was, is, taken).changes().join("; ");
            assert_eq!(changes, expected, "{unit:?}: {was:?} -> {is}, taken at {taken:?}");
        }
    }

    #[test]
    fn one_drive_with_more_space_is_enough() {
        let of = |what: &str, value| Reading {
            what: what.into(),
            ..reading(value, Unit::Bytes, Some(1))
        };
        let trace = Trace {
            before: vec![of("C:", 5), of("D:", 5)],
            after: vec![of("C:", 9), of("D:", 5)],
            over_since: Some(at(0)),
            ..Trace::default()
        };
        assert_eq!(trace.effects()[0].sign, Sign::For);
    }
}
