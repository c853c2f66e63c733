//! Figures around a run: free space on the drives, the last boot, the state of a service, updates that are missing.
//!
//! Each with the time at which the product says it was taken; a product's figure may be hours old.

use countersign::plan::{Call, Target};
use countersign::run::{Reading, ServiceState, Unit};
use countersign::tool::{About, about};
use futures::future::join_all;
use jiff::Timestamp;

use crate::api::UsageOf;
use crate::client::Lane;
use crate::rmm::Rmm;
use crate::tools::{self, Static};
use crate::wire::{Patches, Service, State, Usage};

/// Devices of a run that figures are read of; beyond, the budget is worth more than the figures.
const DEVICES_MAX: usize = 5;

impl Rmm {
    /// Costs one request per device. What cannot be read is left out.
    pub(crate) async fn take_readings(&self, call: &Call) -> Vec<Reading> {
        let runs_a_script = call.script.is_some() || tools::of(&call.tool) == Some(Static::RunTask);
        if !runs_a_script || call.targets.len() > DEVICES_MAX {
            return Vec::new();
        }
        let script = call.arguments.get("script").and_then(|it| it.as_str()).unwrap_or_default();
        let name = call.script.as_ref().map_or(script, |script| script.name.as_str());
        let Some(about) = about(name, &call.arguments) else { return Vec::new() };
        let readings = call.targets.iter().map(|target| self.readings_of(target, &about));
        join_all(readings).await.into_iter().flatten().collect()
    }

    async fn readings_of(&self, target: &Target, about: &About) -> Vec<Reading> {
        let Some(id) = target.rmm.as_deref() else { return Vec::new() };
        let reading = |what: String, value: i64, unit: Unit, at: Option<Timestamp>| Reading {
            device: target.label(),
            what,
            value,
            unit,
            at,
        };
        match about {
            About::Boot => {
                let state = self.client.state(id, Lane::Person).await.ok();
                let Some(state) = state.map(|value| State::read(&value)) else { return Vec::new() };
                let boot = state.booted_at.map(|at| at.as_second());
                let boot = boot.map(|boot| {
                    reading("last boot".into(), boot, Unit::EpochSeconds, state.read_at)
                });
                boot.into_iter().collect()
            }
            About::Disk => {
                let usage = self.client.usage(id, UsageOf::Disk).await.ok();
                let Some(usage) = usage.map(|value| Usage::read(&value)) else { return Vec::new() };
                let disk = |disk: crate::wire::Disk| {
                    reading(format!("free on {}", disk.name), disk.free, Unit::Bytes, usage.read_at)
                };
                usage.disks.into_iter().map(disk).collect()
            }
            About::Service { wanted, .. } => {
                let Ok((_, record)) = self.client.endpoint(id, Lane::Person).await else {
                    return Vec::new();
                };
                let service =
                    Service::list(&record).find(|it| about.is_service(&it.name, &it.shown));
                let unit = Unit::Service { wanted: *wanted };
                let service = service.map(|it| {
                    let state = ServiceState::parse(&it.status).number();
                    reading(it.shown, state, unit, Service::read_at(&record))
                });
                service.into_iter().collect()
            }
            About::Updates => {
                let Ok(value) = self.client.patches(id).await else { return Vec::new() };
                let patches = Patches::read(&value);
                let of = |what: &str, count: Option<i64>, unit| {
                    count.map(|count| reading(what.to_owned(), count, unit, patches.assessed_at))
                };
                let missing = of("updates missing", patches.missing, Unit::UpdatesMissing);
                let waiting =
                    of("updates waiting for a restart", patches.waiting, Unit::UpdatesWaiting);
                missing.into_iter().chain(waiting).collect()
            }
        }
    }
}
