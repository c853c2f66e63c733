//! How a device is doing: boot, log-ons, usage, heartbeat.

use countersign::directory::LogOn;
use jiff::Timestamp;
use serde_json::Value;

use super::Json;

/// `system-state-info`, of one device or in bulk.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) endpoint: Option<String>,
    pub(crate) read_at: Option<Timestamp>,
    pub(crate) booted_at: Option<Timestamp>,
    /// Logged on right now.
    pub(crate) users_now: Vec<LogOn>,
    pub(crate) last_user: Option<LogOn>,
}

impl State {
    pub(crate) fn read(value: &Value) -> Self {
        let json = Json(value);
        let log_on = |json: Json<'_>| {
            Some(LogOn { user: json.text("username")?.into(), at: json.time(&["logonTime"]) })
        };
        Self {
            endpoint: json.id(&["endpointID"]),
            read_at: json.time(&["createTimeUTC"]),
            booted_at: json.get("startupStatus").and_then(|it| it.time(&["lastBootUpTimeUTC"])),
            users_now: json.items("loggedOnUsers").filter_map(log_on).collect(),
            last_user: json.get("lastLoggedOnUser").and_then(log_on),
        }
    }

    /// Everybody in it, newest first, each once.
    pub(crate) fn log_ons(&self) -> Vec<LogOn> {
        let mut log_ons: Vec<LogOn> = Vec::new();
        for log_on in self.last_user.iter().chain(&self.users_now) {
            match log_ons.iter_mut().find(|it| it.user.eq_ignore_ascii_case(&log_on.user)) {
                Some(known) => known.at = known.at.max(log_on.at),
                None => log_ons.push(log_on.clone()),
            }
        }
        log_ons.sort_by_key(|it| std::cmp::Reverse(it.at));
        log_ons.truncate(countersign::directory::device::LOG_ONS_MAX);
        log_ons
    }
}

/// Processor, memory or disk usage. The real bodies are not documented, so names are guessed leniently
/// and the raw answer goes along.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    pub(crate) read_at: Option<Timestamp>,
    pub(crate) percent: Option<f64>,
    pub(crate) used: Option<i64>,
    pub(crate) total: Option<i64>,
    pub(crate) disks: Vec<Disk>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Disk {
    pub(crate) name: String,
    pub(crate) total: i64,
    pub(crate) free: i64,
}

impl Usage {
    pub(crate) fn read(value: &Value) -> Self {
        let json = Json(value);
        let disk = |json: Json<'_>| {
            Some(Disk {
                name: json.text_of(&["name", "drive", "logicalName"])?.to_owned(),
                total: json.int_of(&["totalBytes", "sizeBytes", "total"]).filter(|it| *it > 0)?,
                free: json.int_of(&["freeBytes", "availableBytes", "free"])?,
            })
        };
        let percent = ["cpuUsagePercent", "usagePercent", "percent"].into_iter();
        Self {
            read_at: json.time(&["createTimeUTC"]),
            percent: percent.filter_map(|name| json.float(name)).next(),
            used: json.int_of(&["usedBytes", "used"]),
            total: json.int_of(&["totalBytes", "total"]),
            disks: json.items("disks").filter_map(disk).collect(),
        }
    }
}

impl Disk {
    /// 0 to 100, rounded.
    pub(crate) fn used_percent(&self) -> u8 {
        let used = (self.total - self.free).max(0) as f64 * 100.0 / self.total as f64;
        used.round().clamp(0.0, 100.0) as u8
    }
}

/// A service in the record of an endpoint; v2 leaves them out.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// "Print Spooler", else the name.
    pub(crate) shown: String,
    /// "Running", as sent.
    pub(crate) status: String,
}

impl Service {
    pub(crate) fn list(record: &Value) -> impl Iterator<Item = Self> {
        Json(record).items("services").filter_map(|it| {
            let name = it.text("serviceName")?.to_owned();
            let shown = it.text("displayName").map_or_else(|| name.clone(), str::to_owned);
            Some(Self { shown, status: it.text("serviceStatus")?.to_owned(), name })
        })
    }

    /// When the record was made.
    pub(crate) fn read_at(record: &Value) -> Option<Timestamp> {
        Json(record).time(&["createTimeUTC"])
    }
}

/// Whether an endpoint answers.
#[derive(Debug, Clone)]
pub(crate) struct Beat {
    pub(crate) endpoint: String,
    pub(crate) online: Option<bool>,
    pub(crate) seen_at: Option<Timestamp>,
}

impl Beat {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        Some(Self {
            endpoint: json.id(&["EndpointID"])?,
            online: json.flag("Availability"),
            seen_at: json.time(&["DcDateTimeUTC"]),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_who_is_logged_on_twice_counts_once() {
        let state = State::read(&json!({
            "endpointID": "e1",
            "lastLoggedOnUser": {"username": "BLUEGUM\\mia", "logonTime": "2026-09-01T00:02:00Z"},
            "loggedOnUsers": [
                {"username": "bluegum\\MIA", "logonTime": "2026-09-01T01:02:00Z"},
                {"username": "BLUEGUM\\tom", "logonTime": "2026-09-01T00:30:00Z"},
                {"username": ""},
            ],
        }));
        let users: Vec<_> = state.log_ons().into_iter().map(|it| it.user).collect();
        assert_eq!(users, ["BLUEGUM\\mia", "BLUEGUM\\tom"].map(Into::into));
    }

    #[test]
    fn disks_are_read_where_they_make_sense() {
        let usage = Usage::read(
            &json!({"disks": [{"name": "C:", "totalBytes": 1000, "freeBytes": 400}, {"name": "D:"}]}),
        );
        assert_eq!(usage.disks.len(), 1);
        assert_eq!(usage.disks[0].used_percent(), 60);
    }
}
