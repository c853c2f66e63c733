//! Alerts: a row exists until it is cleared.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::estate::{Estate, Place};
use super::list::Source;
use super::places::map;
use super::{AlertShape, Clearing, Desk, error};
use crate::fleet::Fleet;
use crate::http::{Answer, Request};

const FIELDS: &[&str] = &[
    "AlertId",
    "AlertDate",
    "Severity.Id",
    "Severity.Name",
    "Source",
    "Message",
    "FieldName",
    "Client.Id",
    "Client.Name",
    "Location.Id",
    "Computer.Id",
    "Computer.Name",
    "Monitor.Id",
];

/// Numbers and names of severities are each server's own; the last one is nobody else's.
const SEVERITIES: [(i64, &str); 5] =
    [(1, "Information"), (2, "Warning"), (3, "Error"), (4, "Critical"), (42, "Custom: Watch")];

pub(super) const FREE_SPACE: &str = "DRV - Free Space Remaining < 10% Total Size";

#[derive(Debug, Clone)]
pub(super) struct Alert {
    pub(super) id: i64,
    pub(super) at: Timestamp,
    pub(super) severity: i64,
    pub(super) source: String,
    pub(super) message: String,
    pub(super) field: String,
    pub(super) client: i64,
    pub(super) computer: Option<i64>,
    /// A network device.
    pub(super) device: Option<&'static str>,
}

#[derive(Debug, Default)]
pub(super) struct Alerts {
    pub(super) all: Vec<Alert>,
    next: i64,
}

impl Alerts {
    pub(super) fn of(fleet: &Fleet, estate: &Estate, now: Timestamp) -> Self {
        let mut alerts = Self { all: Vec::new(), next: 88_201 };
        let ago = |mins: i64| now - SignedDuration::from_mins(mins);
        for computer in &estate.computers {
            let Place::Fleet(no) = computer.place else { continue };
            let machine = fleet.machine(no);
            let name = estate.name(fleet, computer);
            let client = estate.client(fleet, computer);
            let mut raise = |mins: i64, severity, source: &str, message: String, field: &str| {
                let at = ago(mins);
                alerts.raise(Alert {
                    id: 0,
                    at,
                    severity,
                    source: source.into(),
                    message,
                    field: field.into(),
                    client,
                    computer: Some(computer.id),
                    device: None,
                });
            };
            if machine.disk_used_percent() >= 90.0 {
                let free = machine.disk_free as f64 / f64::from(1 << 30);
                raise(77, 3, FREE_SPACE, format!("C: has {free:.1} GB free on {name}"), "C");
            }
            match name {
                "KIOSK-01" => {
                    raise(35, 2, FREE_SPACE, "C: has 7.9 GB free on KIOSK-01".into(), "C");
                    raise(
                        47 * 1440,
                        3,
                        "HB - Heartbeat Failed",
                        "KIOSK-01 has not checked in".into(),
                        "",
                    );
                }
                "FS01" => raise(300, 2, FREE_SPACE, "D: has 88.0 GB free on FS01".into(), "D"),
                "PRINT01" => raise(
                    12,
                    42,
                    "SVC - Auto Services Stopped",
                    "Spooler is stopped on PRINT01".into(),
                    "Spooler",
                ),
                _ => {}
            }
        }
        // Two that are about no computer.
        alerts.raise(Alert {
            id: 0,
            at: ago(600),
            severity: 4,
            source: "NET - Device Down".into(),
            message: "Switch HD-SW-01 does not answer".into(),
            field: String::new(),
            client: Estate::client_of_fleet(1),
            computer: None,
            device: Some("HD-SW-01"),
        });
        alerts.raise(Alert {
            id: 0,
            at: ago(2_000),
            severity: 1,
            source: "BKP - No Report".into(),
            message: "No backup report came in".into(),
            field: String::new(),
            client: Estate::client_of_fleet(2),
            computer: None,
            device: None,
        });
        alerts
    }

    pub(super) fn raise(&mut self, mut alert: Alert) -> i64 {
        alert.id = self.next;
        self.next += 12;
        let id = alert.id;
        self.all.push(alert);
        id
    }
}

impl Desk<'_> {
    fn alert_row(&self, alert: &Alert) -> Map<String, Value> {
        let estate = &self.automate.estate;
        let name = SEVERITIES.iter().find(|it| it.0 == alert.severity).map(|it| it.1);
        let computer = alert.computer.and_then(|id| estate.computer(id));
        let location = computer.map(|it| estate.location(self.fleet, it));
        let mins = self.now.duration_since(alert.at).as_mins();
        map(json!({
            "AlertId": alert.id,
            "AlertDate": self.automate.date(alert.at),
            "AlertAge": format!("{}h {}m", mins / 60, mins % 60),
            "Severity": {"Id": alert.severity, "Name": name},
            "Source": alert.source,
            "Message": alert.message,
            "FieldName": alert.field,
            "Client": {"Id": alert.client, "Name": estate.client_name(alert.client)},
            "Location": location.map(|id| json!({"Id": id, "Name": estate.location_name(id)})),
            "Computer": computer.map(|it| json!({
                "Id": it.id, "Name": estate.name(self.fleet, it),
                "ComputerStatus": if estate.contact(self.fleet, it, self.now).0 { "Online" } else { "Offline" },
            })),
            "Device": alert.device.map(|name| json!({"Id": 7, "Name": name})),
            "Monitor": {"Id": 771, "Name": alert.source},
        }))
    }

    pub(super) fn alerts(&self, request: &Request) -> Answer {
        let seen: Vec<&Alert> =
            self.automate.alerts.all.iter().filter(|it| self.sees(it.client)).collect();
        let row = |at: usize| self.alert_row(seen[at]);
        self.automate.list(request, &Source { count: seen.len(), row: &row, fields: FIELDS })
    }

    pub(super) fn alert(&self, id: i64) -> Answer {
        let found = self.automate.alerts.all.iter().find(|it| it.id == id && self.sees(it.client));
        match found {
            Some(alert) => Answer::ok(&self.alert_row(alert)),
            None => error(404, "Alert not found."),
        }
    }

    pub(super) fn computer_alerts(&self, id: i64) -> Answer {
        if self.seen_computer(id).is_none() {
            return error(404, "Computer not found.");
        }
        let alerts = self.automate.alerts.all.iter().filter(|it| it.computer == Some(id));
        let rows: Vec<_> = alerts.map(|it| self.alert_row(it)).collect();
        match self.automate.switches.computer_alerts {
            AlertShape::List => Answer::ok(&rows),
            AlertShape::Wrapped => Answer::ok(&json!({"Total": rows.len(), "Alerts": rows})),
        }
    }

    pub(super) fn clear_alert(&mut self, id: i64) -> Answer {
        let known = self.automate.alerts.all.iter().any(|it| it.id == id && self.sees(it.client));
        match self.automate.switches.clearing {
            Clearing::NotAllowed => {
                error(405, "The requested resource does not support http method 'DELETE'.")
            }
            Clearing::Forbidden => error(403, "User does not have permission to clear alerts."),
            _ if !known => error(404, "Alert not found."),
            Clearing::Pretends => Answer::empty(204),
            Clearing::Works => {
                self.automate.alerts.all.retain(|it| it.id != id);
                Answer::empty(204)
            }
        }
    }
}
