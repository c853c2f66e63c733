//! `[[clients]]`, the clock of each client, and `[rollout]`, how changes of many devices go out.

use countersign::conversation::Rollout;
use countersign::schedule::{Calendar, Weekly};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::read::{Number, Reader};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientRaw {
    name: String,
    time_zone: Option<String>,
    /// `mon-fri 08:00-18:00`.
    business_hours: Option<Weekly>,
    /// `sat 22:00-04:00`, any number of them.
    #[serde(default)]
    maintenance: Vec<Weekly>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RolloutRaw {
    from_devices: Option<Number>,
    first: Option<Number>,
    at_once: Option<Number>,
    failures_max: Option<Number>,
}

impl Reader {
    pub(super) fn rollout(&mut self, raw: RolloutRaw) -> Rollout {
        let most = u32::try_from(countersign::bounds::DEVICES_PER_CALL_MAX).unwrap_or(u32::MAX);
        Rollout {
            from_devices: self.number("rollout.from_devices", raw.from_devices, 5, 2..=most),
            first: self.number("rollout.first", raw.first, 1, 1..=most),
            at_once: self.number("rollout.at_once", raw.at_once, 10, 1..=most),
            failures_max: self.number("rollout.failures_max", raw.failures_max, 2, 1..=most),
        }
    }

    pub(super) fn calendars(&mut self, raw: Vec<ClientRaw>) -> Vec<Calendar> {
        let mut calendars: Vec<Calendar> = Vec::new();
        for (index, raw) in raw.into_iter().enumerate() {
            let at = format!("clients[{}]", index + 1);
            let client = raw.name.trim().to_owned();
            if client.is_empty() {
                self.problem(format!("{at}.name"), "is empty");
            }
            if calendars.iter().any(|it| it.client.eq_ignore_ascii_case(&client)) {
                self.problem(format!("{at}.name"), format!("“{client}” is there twice"));
            }
            let zone = raw.time_zone.as_deref().map(TimeZone::get);
            if let Some(Err(_)) = &zone {
                let text = format!(
                    "“{}” is no time zone; write one like Australia/Sydney",
                    raw.time_zone.unwrap_or_default()
                );
                self.problem(format!("{at}.time_zone"), text);
            }
            calendars.push(Calendar {
                client,
                zone: zone.and_then(Result::ok),
                business: raw.business_hours,
                maintenance: raw.maintenance,
            });
        }
        calendars
    }
}
