//! Figures that show whether a script did anything: free disk for what cleans, boot time for what restarts.
//!
//! Only where the figure is what the script is about: an unchanged disk says nothing about a DNS flush.

use countersign::plan::{Call, Target};
use countersign::run::{Reading, Unit};
use futures::future::join_all;

use crate::Rmm;
use crate::client::Lane;

/// Devices that are probed; more would cost too much of the budget.
const DEVICES_MAX: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Disk,
    Boot,
}

/// Best effort: a figure that cannot be read is not there.
pub(crate) async fn probe(rmm: &Rmm, call: &Call) -> Vec<Reading> {
    let Some(about) = about(call) else { return Vec::new() };
    if call.targets.len() > DEVICES_MAX {
        return Vec::new();
    }
    let readings = join_all(call.targets.iter().map(|target| async move {
        match about {
            About::Disk => disk(rmm, target).await,
            About::Boot => boot(rmm, target).await,
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
            && has(&["computer", "device", "machine", "server", "workstation", "pc", "system"])
    {
        Some(About::Boot)
    } else if has(&["cleanup", "clean", "clear", "delete", "purge", "remove"])
        && has(&["disk", "temp", "space", "files", "drive", "junk"])
        || has(&["cleanup"])
    {
        Some(About::Disk)
    } else {
        None
    }
}

async fn disk(rmm: &Rmm, target: &Target) -> Vec<Reading> {
    let Some(endpoint) = target.rmm.as_deref() else { return Vec::new() };
    let Ok(usage) = rmm.api.usage(endpoint, "disk-usage").await else { return Vec::new() };
    let reading = |disk: crate::wire::Disk| Reading {
        device: target.label(),
        what: format!("free on {}", disk.name),
        value: disk.free,
        unit: Unit::Bytes,
    };
    usage.said.disks.into_iter().map(reading).collect()
}

async fn boot(rmm: &Rmm, target: &Target) -> Vec<Reading> {
    let Some(endpoint) = target.rmm.as_deref() else { return Vec::new() };
    let Ok(state) = rmm.api.state(endpoint, Lane::Person).await else { return Vec::new() };
    let reading = state.said.booted_at.map(|at| Reading {
        device: target.label(),
        what: "last boot".into(),
        value: at.as_second(),
        unit: Unit::EpochSeconds,
    });
    reading.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use countersign::digest::Digest;
    use countersign::directory::Product;
    use countersign::tool::{Effect, ScriptRef, ToolName};

    use super::*;

    fn check(name: &str, expected: Option<About>) {
        let call = Call {
            tool: ToolName::new("connectwise_rmm:cw-rmm-script-x"),
            title: name.into(),
            product: Product::Rmm,
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
        check("Disk Cleanup", Some(About::Disk));
        check("Clear Temp Files", Some(About::Disk));
        check("Reboot Computer", Some(About::Boot));
        check("Restart Print Spooler", None);
        check("Flush DNS", None);
        check("Clear Print Queue", None);
    }
}
