//! Whose clock a rule about hours reads: that of the places a call is about.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::directory::Directory;
use crate::plan::Call;

/// The zone of one place; `None` where no product says, or says something that is no zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(Option<TimeZone>);

impl Zone {
    /// What `test` says of the zone. An unknown zone fits everything, because rules only narrow.
    pub fn test(&self, test: impl FnOnce(&TimeZone) -> bool) -> bool {
        self.0.as_ref().is_none_or(test)
    }
}

/// The zones of the sites of all targets; of a call about a client, those of its sites. Never empty.
pub fn of(call: &Call, directory: &Directory) -> Vec<Zone> {
    let zone = |name: Option<&str>| Zone(name.and_then(|name| TimeZone::get(name).ok()));
    let site_zone = |site: &crate::ids::SiteId| {
        zone(directory.site(site).and_then(|site| site.time_zone.as_deref()))
    };
    let mut zones: Vec<Zone> = Vec::new();
    let mut add = |zone: Zone| {
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    };
    for target in &call.targets {
        let site = directory.device(&target.device).and_then(|device| device.site.as_ref());
        add(site.map_or(Zone(None), site_zone));
    }
    if call.targets.is_empty()
        && let Some(client) = &call.client
    {
        let sites = directory.sites().iter().filter(|site| site.client == client.client);
        sites.for_each(|site| add(site_zone(&site.id)));
    }
    if zones.is_empty() {
        zones.push(Zone(None));
    }
    zones
}

/// "Tue 19:00 in Australia/Sydney".
pub fn shown(zones: &[Zone], now: Timestamp) -> String {
    let one = |zone: &Zone| match &zone.0 {
        None => "a place whose time zone nobody knows".to_owned(),
        Some(zone) => {
            let there = now.to_zoned(zone.clone());
            let name = zone.iana_name().unwrap_or("UTC");
            format!("{} in {name}", there.strftime("%a %H:%M"))
        }
    };
    zones.iter().take(3).map(one).collect::<Vec<_>>().join(", ")
}
