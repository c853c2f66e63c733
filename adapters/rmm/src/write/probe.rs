//! Figures around a run: free space on the drives, and the last boot for what restarts a device.

use countersign::plan::{Call, Target};
use countersign::run::{Reading, Unit};
use futures::future::join_all;

use crate::api::UsageOf;
use crate::client::Lane;
use crate::rmm::Rmm;
use crate::tools::{self, Static};
use crate::wire::{State, Usage};

/// Devices of a run that figures are read of; beyond, the budget is worth more than the figures.
const DEVICES_MAX: usize = 5;

/// What a script is about. A figure of anything else would say nothing: an unchanged disk is no sign that
/// a DNS flush failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Disk,
    Boot,
}

fn about(name: &str) -> Option<About> {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
        .collect();
    let has = |some: &[&str]| words.iter().any(|word| some.contains(&word.as_str()));
    let machine =
        ["computer", "device", "machine", "server", "workstation", "pc", "system", "laptop"];
    if has(&["reboot"]) || has(&["restart"]) && has(&machine) {
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

impl Rmm {
    /// Costs one request per device. What cannot be read is left out.
    pub(crate) async fn take_readings(&self, call: &Call) -> Vec<Reading> {
        let runs_a_script = call.script.is_some() || tools::of(&call.tool) == Some(Static::RunTask);
        if !runs_a_script || call.targets.len() > DEVICES_MAX {
            return Vec::new();
        }
        let script = call.arguments.get("script").and_then(|it| it.as_str()).unwrap_or_default();
        let name = call.script.as_ref().map_or(script, |script| script.name.as_str());
        let Some(about) = about(name) else { return Vec::new() };
        let readings = call.targets.iter().map(|target| self.readings_of(target, about));
        join_all(readings).await.into_iter().flatten().collect()
    }

    async fn readings_of(&self, target: &Target, about: About) -> Vec<Reading> {
        let Some(id) = target.rmm.as_deref() else { return Vec::new() };
        let device = target.label();
        match about {
            About::Boot => {
                let state = self.client.state(id, Lane::Person).await.ok();
                let boot = state.and_then(|value| State::read(&value).booted_at);
                let reading = |at: jiff::Timestamp| Reading {
                    device,
                    what: "last boot".to_owned(),
                    value: at.as_second(),
                    unit: Unit::EpochSeconds,
                };
                boot.map(reading).into_iter().collect()
            }
            About::Disk => {
                let usage = self.client.usage(id, UsageOf::Disk).await.ok();
                let disks = usage.map(|value| Usage::read(&value).disks).unwrap_or_default();
                let reading = |disk: crate::wire::Disk| Reading {
                    device: device.clone(),
                    what: format!("free on {}", disk.name),
                    value: disk.free,
                    unit: Unit::Bytes,
                };
                disks.into_iter().map(reading).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_about_what_the_script_is_about() {
        for (name, expected) in [
            ("Disk Cleanup", Some(About::Disk)),
            ("Clear Temp Files", Some(About::Disk)),
            ("Reboot Computer", Some(About::Boot)),
            ("Restart Print Spooler", None),
            ("Flush DNS", None),
            ("Clear Print Queue", None),
        ] {
            assert_eq!(about(name), expected, "{name}");
        }
    }
}
