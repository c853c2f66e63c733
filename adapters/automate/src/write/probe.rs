//! Figures that show whether a script did what it is for.
//!
//! Automate shows what the agent inventoried last, often long ago, so every figure has the time of its inventory.

use countersign::plan::{Call, Target};
use countersign::run::{Reading, ServiceState, Unit};
use countersign::tool::{About, about};
use futures::future::join_all;
use jiff::Timestamp;

use crate::Automate;
use crate::read::computer_id;

/// Devices that are probed; more would cost too much.
const DEVICES_MAX: usize = 5;

/// Best effort: a figure that cannot be read is not there. Costs one request per device.
pub(crate) async fn probe(automate: &Automate, call: &Call) -> Vec<Reading> {
    let about = call.script.as_ref().and_then(|script| about(&script.name, &call.arguments));
    let Some(about) = about.filter(|_| call.targets.len() <= DEVICES_MAX) else {
        return Vec::new();
    };
    let readings = join_all(call.targets.iter().map(|target| readings(automate, target, &about)));
    readings.await.into_iter().flatten().collect()
}

async fn readings(automate: &Automate, target: &Target, about: &About) -> Vec<Reading> {
    let Ok(id) = computer_id(target) else { return Vec::new() };
    let api = &automate.api;
    let reading = |what: String, value: i64, unit: Unit, at: Option<Timestamp>| Reading {
        device: target.label(),
        what,
        value,
        unit,
        at,
    };
    match about {
        About::Disk => {
            let drives = api.drives(id).await.unwrap_or_default();
            let free = |it: crate::wire::Drive| {
                reading(format!("free on {}", it.name()), it.free, Unit::Bytes, it.read_at)
            };
            drives.into_iter().map(free).collect()
        }
        About::Boot => {
            // When the agent told its start is nowhere to be read, so an unchanged one proves nothing.
            let booted_at = api.computer(id).await.ok().and_then(|it| it.booted_at);
            let boot = booted_at
                .map(|at| reading("last boot".into(), at.as_second(), Unit::EpochSeconds, None));
            boot.into_iter().collect()
        }
        About::Service { wanted, .. } => {
            let services = api.services(id).await.unwrap_or_default();
            let service = services.into_iter().find(|it| about.is_service(&it.name, &it.shown));
            let unit = Unit::Service { wanted: *wanted };
            let service = service.map(|it| {
                reading(it.shown, ServiceState::parse(&it.state).number(), unit, it.read_at)
            });
            service.into_iter().collect()
        }
        About::Updates => {
            let stats = api.patching(id).await.ok().flatten();
            let missing = stats.and_then(|it| {
                let count = it.missing?;
                let what = "updates missing".to_owned();
                Some(reading(what, count, Unit::UpdatesMissing, it.read_at))
            });
            missing.into_iter().collect()
        }
    }
}
