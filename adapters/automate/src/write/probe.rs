//! Figures that show whether a script did anything: free disk for what cleans, boot time for what restarts.
//!
//! Only where the figure is what the script is about, and only where it is new: Automate shows what the
//! agent inventoried last, so a figure that was not taken anew since the last look says nothing about what
//! happened in between.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use countersign::plan::{Call, Target};
use countersign::run::{Reading, Unit};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use crate::Automate;
use crate::read::computer_id;

/// Devices that are probed; more would cost too much.
const DEVICES_MAX: usize = 5;

/// A drive that was inventoried longer ago than this is not shown as the state before a run.
const FRESH: SignedDuration = SignedDuration::from_mins(15);

/// Computers whose last figures are remembered.
const REMEMBERED_MAX: usize = 1_000;

/// When the figures that were shown last had been taken, by computer and drive.
#[derive(Debug, Default)]
pub(crate) struct Stock(Mutex<HashMap<(i64, String), Timestamp>>);

impl Stock {
    /// Whether figures taken at `at` are newer than those seen before; remembers them.
    fn is_news(&self, computer: i64, what: &str, at: Timestamp) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED_MAX {
            seen.clear();
        }
        seen.insert((computer, what.to_owned()), at) != Some(at)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Disk,
    Boot,
}

/// Best effort: a figure that cannot be read, or is old, is not there.
pub(crate) async fn probe(automate: &Automate, call: &Call) -> Vec<Reading> {
    let Some(about) = about(call) else { return Vec::new() };
    if call.targets.len() > DEVICES_MAX {
        return Vec::new();
    }
    let readings = join_all(call.targets.iter().map(|target| async move {
        let Ok(id) = computer_id(target) else { return Vec::new() };
        match about {
            About::Disk => disk(automate, target, id).await,
            About::Boot => boot(automate, target, id).await,
        }
    }));
    readings.await.into_iter().flatten().collect()
}

fn about(call: &Call) -> Option<About> {
    let script = call.script.as_ref()?;
    let words: Vec<String> = script
        .name
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|it| !it.is_empty())
        .collect();
    let has = |some: &[&str]| words.iter().any(|word| some.contains(&word.as_str()));
    if has(&["reboot"])
        || has(&["restart"])
            && has(&[
                "agent",
                "computer",
                "device",
                "machine",
                "server",
                "workstation",
                "pc",
                "system",
            ])
            && !has(&["service", "services"])
    {
        Some(About::Boot)
    } else if has(&["cleanup"])
        || has(&["clean", "clear", "delete", "purge", "remove"])
            && has(&["disk", "temp", "space", "files", "drive", "junk"])
    {
        Some(About::Disk)
    } else {
        None
    }
}

async fn disk(automate: &Automate, target: &Target, id: i64) -> Vec<Reading> {
    let Ok(drives) = automate.api.drives(id).await else { return Vec::new() };
    let now = automate.api.client.now();
    let fresh = drives.into_iter().filter(|drive| {
        let taken = drive.read_at.filter(|at| now.duration_since(*at).abs() <= FRESH);
        taken.is_some_and(|at| automate.stock.is_news(id, &drive.letter, at))
    });
    let reading = |drive: crate::wire::Drive| Reading {
        device: target.label(),
        what: format!("free on {}", drive.name()),
        value: drive.free,
        unit: Unit::Bytes,
    };
    fresh.map(reading).collect()
}

/// An agent reports its start minutes after it, so an unchanged one is left out: it would read as if
/// nothing had happened.
async fn boot(automate: &Automate, target: &Target, id: i64) -> Vec<Reading> {
    let Ok(computer) = automate.api.computer(id).await else { return Vec::new() };
    let Some(at) = computer.booted_at else { return Vec::new() };
    if !automate.stock.is_news(id, "boot", at) {
        return Vec::new();
    }
    vec![Reading {
        device: target.label(),
        what: "last boot".into(),
        value: at.as_second(),
        unit: Unit::EpochSeconds,
    }]
}

#[cfg(test)]
mod tests {
    use countersign::digest::Digest;
    use countersign::directory::Product;
    use countersign::tool::{Effect, ScriptRef, ToolName};

    use super::*;

    fn check(name: &str, expected: Option<About>) {
        let call = Call {
            instead_of: None,
            start: None,
            canary: None,
            warn_mins: None,
            spread: None,
            tool: ToolName::new("connectwise_automate:cwa-script-x"),
            title: name.into(),
            product: Product::Automate,
            effect: Effect::Write,
            arguments: serde_json::Map::new(),
            targets: vec![],
            client: None,
            script: Some(ScriptRef {
                id: "1".into(),
                name: name.into(),
                content: Digest::of_bytes(b""),
                expected_secs: None,
            }),
        };
        assert_eq!(about(&call), expected, "{name}");
    }

    #[test]
    fn a_probe_is_about_what_the_script_is_about() {
        check("Agent - Clear Temp Files", Some(About::Disk));
        check("Disk Cleanup", Some(About::Disk));
        check("Reboot Computer", Some(About::Boot));
        check("Restart Agent Service", None);
        check("Restart Print Spooler", None);
        check("Flush DNS", None);
    }

    #[test]
    fn figures_that_were_not_taken_anew_are_no_news() {
        let (stock, at) = (Stock::default(), Timestamp::UNIX_EPOCH);
        assert!(stock.is_news(1, "C", at));
        assert!(!stock.is_news(1, "C", at));
        assert!(stock.is_news(1, "C", at + SignedDuration::from_secs(1)));
        assert!(stock.is_news(2, "C", at));
    }
}
