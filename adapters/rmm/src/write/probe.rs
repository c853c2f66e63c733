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

/// Words in the name of a script that restarts a device.
const RESTARTS: [&str; 5] =
    ["reboot", "restart computer", "restart pc", "restart server", "shutdown"];

impl Rmm {
    /// Costs one request per device, one more each for what restarts it. What cannot be read is left out.
    pub(crate) async fn take_readings(&self, call: &Call) -> Vec<Reading> {
        let runs_a_script = call.script.is_some() || tools::of(&call.tool) == Some(Static::RunTask);
        if !runs_a_script || call.targets.len() > DEVICES_MAX {
            return Vec::new();
        }
        let script = call.arguments.get("script").and_then(|it| it.as_str()).unwrap_or_default();
        let name = format!("{} {script}", call.title).to_lowercase();
        let restarts = RESTARTS.iter().any(|word| name.contains(word));
        let readings = call.targets.iter().map(|target| self.readings_of(target, restarts));
        join_all(readings).await.into_iter().flatten().collect()
    }

    async fn readings_of(&self, target: &Target, restarts: bool) -> Vec<Reading> {
        let Some(id) = target.rmm.as_deref() else { return Vec::new() };
        let device = target.label();
        let mut readings = Vec::new();
        if restarts {
            let state = self.client.state(id, Lane::Person).await.ok();
            let boot = state.and_then(|value| State::read(&value).booted_at);
            readings.extend(boot.map(|at| Reading {
                device: device.clone(),
                what: "last boot".to_owned(),
                value: at.as_second(),
                unit: Unit::EpochSeconds,
            }));
        }
        if let Ok(value) = self.client.usage(id, UsageOf::Disk).await {
            readings.extend(Usage::read(&value).disks.into_iter().map(|disk| Reading {
                device: device.clone(),
                what: format!("free on {}", disk.name),
                value: disk.free,
                unit: Unit::Bytes,
            }));
        }
        readings
    }
}
