//! Caps: how much may be changed at all, whatever was approved.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::ids::{ClientId, DeviceId};
use crate::plan::Call;
use crate::tool::ToolName;
use crate::words;

/// The hour that caps count.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// `[caps]`. Nothing that is absent is capped. Devices count once, however often they are changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// Different devices that are changed within an hour, of all clients and by all tools.
    pub devices_per_hour: Option<u32>,
    /// The same, of one client.
    pub devices_per_hour_per_client: Option<u32>,
    /// The same, by one tool.
    pub devices_per_hour_per_tool: Option<u32>,
    /// Different clients that one plan changes something of.
    pub clients_per_plan: Option<u32>,
}

/// A device that a run was sent to, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    pub device: DeviceId,
    pub client: ClientId,
    pub tool: ToolName,
    pub at: Timestamp,
}

impl Touch {
    /// The devices that `call` changes; none of a read.
    pub fn of(call: &Call, at: Timestamp) -> Vec<Self> {
        let targets = call.targets.iter().filter(|_| call.is_write());
        targets
            .map(|target| Self {
                device: target.device.clone(),
                client: target.client.clone(),
                tool: call.tool.clone(),
                at,
            })
            .collect()
    }
}

impl Caps {
    /// Whether anything has to be counted per hour.
    pub fn count_devices(&self) -> bool {
        let all = [
            self.devices_per_hour,
            self.devices_per_hour_per_client,
            self.devices_per_hour_per_tool,
        ];
        all.iter().any(Option::is_some)
    }

    /// Why the plan `calls` is over a cap, with the way out; `touched` are those of the last hour.
    pub fn over(&self, calls: &[Call], touched: &[Touch], now: Timestamp) -> Option<String> {
        self.over_clients(calls).or_else(|| {
            let names = names(calls);
            let next: Vec<Touch> = calls.iter().flat_map(|call| Touch::of(call, now)).collect();
            self.over_devices(&next, touched, &names)
        })
    }

    fn over_clients(&self, calls: &[Call]) -> Option<String> {
        let limit = self.clients_per_plan?;
        let writes = || calls.iter().filter(|call| call.is_write());
        let targets = writes().flat_map(|call| &call.targets).map(|it| it.client_name.as_str());
        let named = writes().filter_map(|call| call.client.as_ref()).map(|it| it.name.as_str());
        let clients: BTreeSet<&str> = targets.chain(named).collect();
        (clients.len() > limit as usize).then(|| {
            format!(
                "this changes something at {}, and the cap is {limit} for one plan \
                 (clients_per_plan); ask for fewer clients at a time",
                words::count(clients.len(), "client")
            )
        })
    }

    /// The same for devices about to be touched.
    pub fn over_devices(
        &self,
        next: &[Touch],
        touched: &[Touch],
        names: &BTreeMap<String, String>,
    ) -> Option<String> {
        let name = |key: &str| names.get(key).cloned().unwrap_or_else(|| key.to_owned());
        if let Some(limit) = self.devices_per_hour {
            let why = over(limit, next, touched, "devices_per_hour", "");
            if why.is_some() {
                return why;
            }
        }
        if let Some(limit) = self.devices_per_hour_per_client {
            for client in next.iter().map(|it| &it.client).collect::<BTreeSet<_>>() {
                let of = |all: &[Touch]| only(all, |it| &it.client == client);
                let what = format!(" of {}", name(client.as_str()));
                let key = "devices_per_hour_per_client";
                let why = over(limit, &of(next), &of(touched), key, &what);
                if why.is_some() {
                    return why;
                }
            }
        }
        if let Some(limit) = self.devices_per_hour_per_tool {
            for tool in next.iter().map(|it| it.tool.as_str()).collect::<BTreeSet<_>>() {
                let of = |all: &[Touch]| only(all, |it| it.tool.as_str() == tool);
                let what = format!(" by {}", name(tool));
                let key = "devices_per_hour_per_tool";
                let why = over(limit, &of(next), &of(touched), key, &what);
                if why.is_some() {
                    return why;
                }
            }
        }
        None
    }
}

/// What clients and tools are called.
fn names(calls: &[Call]) -> BTreeMap<String, String> {
    let tools = calls.iter().map(|call| (call.tool.to_string(), call.title.clone()));
    let targets = calls.iter().flat_map(|call| &call.targets);
    tools.chain(targets.map(|it| (it.client.to_string(), it.client_name.clone()))).collect()
}

fn only(all: &[Touch], fits: impl Fn(&Touch) -> bool) -> Vec<Touch> {
    all.iter().filter(|it| fits(it)).cloned().collect()
}

fn over(limit: u32, next: &[Touch], touched: &[Touch], key: &str, what: &str) -> Option<String> {
    let limit = limit as usize;
    let new: BTreeSet<&DeviceId> = next.iter().map(|it| &it.device).collect();
    // When each other device was touched last.
    let mut last: BTreeMap<&DeviceId, Timestamp> = BTreeMap::new();
    for touch in touched.iter().filter(|it| !new.contains(&it.device)) {
        let at = last.entry(&touch.device).or_insert(touch.at);
        *at = (*at).max(touch.at);
    }
    let now = next.first()?.at;
    let excess =
        (last.len() + new.len()).checked_sub(limit).filter(|it| *it > 0 && !new.is_empty())?;
    let seen = format!(
        "this changes {}{what}, after {} in the last hour, and the cap is {limit} an hour ({key})",
        words::count(new.len(), "device"),
        words::count(last.len(), "device"),
    );
    let mut times: Vec<Timestamp> = last.into_values().collect();
    times.sort_unstable();
    let way_out = match times.get(excess - 1) {
        Some(at) => {
            // The device leaves the hour right after this minute.
            let free = words::at_briefly(*at + WINDOW + SignedDuration::from_mins(1), now);
            let fewer = limit.saturating_sub(times.len());
            match fewer {
                0 => format!("ask again after {free}"),
                fewer => format!("ask for {fewer} at most, or again after {free}"),
            }
        }
        None => format!("ask for {limit} at most"),
    };
    Some(format!("{seen}; {way_out}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touches(text: &str) -> Vec<Touch> {
        let touch = |word: &str| {
            let mut parts = word.split('/');
            let mut part = || parts.next().unwrap_or_default().to_owned();
            let (client, device, tool) = (part(), part(), part());
            let mins: i64 = part().parse().unwrap_or_default();
            Touch {
                device: DeviceId::new(device),
                client: ClientId::new(client),
                tool: ToolName::new(tool),
                at: Timestamp::UNIX_EPOCH + SignedDuration::from_mins(mins),
            }
        };
        text.split_whitespace().map(touch).collect()
    }

    #[track_caller]
    fn check(caps: Caps, next: &str, touched: &str, wanted: &str) {
        let why = caps.over_devices(&touches(next), &touches(touched), &BTreeMap::new());
        assert_eq!(why.unwrap_or_default(), wanted);
    }

    #[test]
    fn devices_count_once_within_the_hour() {
        let caps = Caps { devices_per_hour: Some(2), ..Caps::default() };
        check(caps, "acme/a/x", "acme/b/x/5", "");
        check(caps, "acme/a/x acme/a/y", "acme/b/x/5 acme/b/y/9", "");
        check(caps, "acme/a/x", "acme/a/x/1 acme/b/x/5", "");
        check(
            caps,
            "acme/c/x",
            "acme/a/x/1 acme/b/x/5",
            "this changes 1 device, after 2 devices in the last hour, and the cap is 2 an hour \
             (devices_per_hour); ask again after 01:02 UTC",
        );
        check(
            caps,
            "acme/c/x acme/d/x",
            "acme/b/x/5 acme/b/y/9",
            "this changes 2 devices, after 1 device in the last hour, and the cap is 2 an hour \
             (devices_per_hour); ask for 1 at most, or again after 01:10 UTC",
        );
        check(
            caps,
            "acme/c/x acme/d/x acme/e/x",
            "",
            "this changes 3 devices, after 0 devices in the last hour, and the cap is 2 an hour \
             (devices_per_hour); ask for 2 at most",
        );
        check(caps, "", "acme/a/x acme/b/x acme/c/x", "");
    }

    #[test]
    fn clients_and_tools_are_counted_apart() {
        let per_client = Caps { devices_per_hour_per_client: Some(1), ..Caps::default() };
        check(per_client, "acme/a/x", "blue/b/x/5", "");
        let over = |what: &str, key: &str| {
            format!(
                "this changes 1 device{what}, after 1 device in the last hour, and the cap is 1 an \
                 hour ({key}); ask again after 01:06 UTC"
            )
        };
        let why = over(" of acme", "devices_per_hour_per_client");
        check(per_client, "acme/a/x", "acme/b/y/5", &why);
        let per_tool = Caps { devices_per_hour_per_tool: Some(1), ..Caps::default() };
        check(per_tool, "acme/a/x", "acme/b/y/5", "");
        let why = over(" by x", "devices_per_hour_per_tool");
        check(per_tool, "acme/a/x", "blue/b/x/5", &why);
    }
}
