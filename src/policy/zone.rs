//! Whose clock a rule about hours reads: that of the clients a call is about, as `[[clients]]` says it, else of
//! the places.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::directory::Directory;
use crate::plan::Call;
use crate::schedule::Calendar;

/// The zone of one place; `None` where neither the configuration nor a product says, or a product says
/// something that is no zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(Option<TimeZone>);

impl Zone {
    /// What `test` says of the zone. An unknown zone fits everything, because rules only narrow.
    pub fn test(&self, test: impl FnOnce(&TimeZone) -> bool) -> bool {
        self.0.as_ref().is_none_or(test)
    }
}

/// The zones of all targets; of a call about a client, its own or those of its sites. Never empty.
pub fn of(call: &Call, directory: &Directory, calendars: &[Calendar]) -> Vec<Zone> {
    let of_client = |client: &str| {
        let calendar = calendars.iter().find(|it| it.client.eq_ignore_ascii_case(client));
        calendar.and_then(|it| it.zone.clone()).map(|zone| Zone(Some(zone)))
    };
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
        let zone = of_client(&target.client_name);
        add(zone.unwrap_or_else(|| site.map_or(Zone(None), site_zone)));
    }
    if call.targets.is_empty()
        && let Some(client) = &call.client
    {
        match of_client(&client.name) {
            Some(zone) => add(zone),
            None => {
                let sites = directory.sites().iter().filter(|site| site.client == client.client);
                sites.for_each(|site| add(site_zone(&site.id)));
            }
        }
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
