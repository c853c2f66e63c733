//! What machines tell of themselves in the background, so that a session is known for the machine it is on, and
//! when each is asked.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Machines that are asked at the same moment, by all processes together. A server that gets more commands at once
/// was seen to fall over.
pub const IN_FLIGHT_MAX: u32 = 20;

/// From this age on a question without an answer counts as under way no more. It is not asked again before its time.
pub const OPEN_FOR: SignedDuration = SignedDuration::from_secs(120);

/// The answer of a machine. Everything may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inventory {
    pub name: Option<String>,
    /// Of the board: the same machine whatever agent is on it.
    pub bios_uuid: Option<String>,
    pub serial: Option<String>,
    pub maker: Option<String>,
    pub model: Option<String>,
    pub os: Option<String>,
    pub os_version: Option<String>,
    pub memory_bytes: Option<i64>,
    pub disks: Vec<Disk>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// "C:".
    pub name: String,
    pub bytes: i64,
    pub free_bytes: i64,
}

/// What is known of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub session: String,
    pub asked_at: Timestamp,
    /// When `inventory` was read.
    pub read_at: Option<Timestamp>,
    pub inventory: Option<Inventory>,
}

/// For reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asking {
    /// Sessions whose inventory is known.
    pub known: u64,
    /// Questions of the last 24 hours.
    pub asked: u64,
    /// Questions without an answer that are younger than [`OPEN_FOR`].
    pub under_way: u64,
}

impl Asking {
    /// A command is queued, taken and answered: three rows in Control's database.
    pub fn events(self) -> u64 {
        self.asked * 3
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// Never asked: newly mapped, or its agent was installed anew.
    First,
    /// Its time of the day is past.
    Again,
}

/// Whether `session` is to be asked. Each has its own moment within `every`, so that the questions of all are spread
/// evenly; who was asked less than half of it ago waits for the next one.
pub fn due(
    session: &str,
    asked_at: Option<Timestamp>,
    every: SignedDuration,
    now: Timestamp,
) -> Option<Due> {
    let Some(asked_at) = asked_at else { return Some(Due::First) };
    let period = every.as_secs().max(1);
    let age = now.as_second() - asked_at.as_second();
    let since_moment = (now.as_second() - moment(session, period)).rem_euclid(period);
    (age >= period / 2 && age > since_moment).then_some(Due::Again)
}

/// Its seconds within the period.
fn moment(session: &str, period: i64) -> i64 {
    let digest = Digest::of(&serde_json::json!(session));
    let number = i64::from_str_radix(digest.as_str().get(..12).unwrap_or("0"), 16).unwrap_or(0);
    number.rem_euclid(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + secs).unwrap()
    }

    #[test]
    fn once_a_day_each_and_spread_over_it() {
        let sessions: Vec<String> = (0..300).map(|it| format!("session-{it}")).collect();
        assert!(sessions.iter().all(|it| due(it, None, DAY, at(0)) == Some(Due::First)));
        let mut asked = vec![at(0); sessions.len()];
        let mut by_hour = vec![0u32; 5 * 24];
        for step in 1..5 * 24 * 4 {
            let now = at(step * 900);
            for (session, asked) in sessions.iter().zip(&mut asked) {
                if due(session, Some(*asked), DAY, now).is_some() {
                    *asked = now;
                    by_hour[usize::try_from(step / 4).unwrap()] += 1;
                }
            }
        }
        // From the second day on every day has each once, and no hour has much more than its share of 13.
        for day in 2..5 {
            let hours = &by_hour[day * 24..(day + 1) * 24];
            assert_eq!(hours.iter().sum::<u32>(), 300, "{hours:?}");
            assert!(hours.iter().all(|it| (2..35).contains(it)), "{hours:?}");
        }
        assert!(by_hour[..24].iter().sum::<u32>() <= 300);
    }

    #[test]
    fn a_machine_that_was_away_at_its_moment_is_asked_when_it_is_back() {
        assert_eq!(due("x", Some(at(0)), DAY, at(3 * 24 * 3_600)), Some(Due::Again));
        assert_eq!(due("x", Some(at(0)), DAY, at(60)), None, "not again at once");
    }
}
