//! Sessions, what happened in them, and the commands that wait there.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::filter::Value as Field;
use super::guest::{AgentAct, Machine as Guest, Reply};
use super::{Properties, Switches};
use crate::fleet::{Fleet, MachineNo};
use crate::mix::mix;

/// The machine of the story without a session: DESKTOP-8F3K2L1.
const WITHOUT_SESSION: u32 = 22;

/// The machine of the story whose agent was installed anew, and its old session is still there.
const INSTALLED_ANEW: u32 = 1;

/// The machine of the story whose company was never filled in.
const UNASSIGNED: u32 = 24;

const STORY: usize = 25;

#[derive(Debug)]
pub(super) struct Event {
    id: Uuid,
    kind: i64,
    at: Timestamp,
    host: &'static str,
    data: String,
}

/// A command that is not over.
#[derive(Debug)]
struct Waiting {
    text: String,
    /// When the agent takes it; `None` while it is away.
    due: Option<Timestamp>,
    /// Taken: what comes back, and when.
    ran: Option<(String, Timestamp)>,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: Uuid,
    pub(super) machine: MachineNo,
    pub(super) ended: bool,
    /// The agent is another one now, or was switched off.
    pub(super) away_since: Option<Timestamp>,
    pub(super) events: Vec<Event>,
    waiting: Vec<Waiting>,
}

/// One command that ran on a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    pub host: String,
    /// What was asked for, without its wrapping.
    pub script: String,
    pub at: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct Sessions {
    pub(super) all: Vec<Session>,
    pub(super) ran: Vec<Ran>,
    pub(super) replies: Vec<Reply>,
    /// What triggers are sent about, until somebody takes it.
    pub(super) told: Vec<(Uuid, &'static str)>,
    /// The most commands that were under way at once.
    pub(super) under_way_max: usize,
    /// What was done to agents of Automate, until somebody looks.
    pub(super) acts: Vec<AgentAct>,
}

impl Sessions {
    pub(super) fn of(fleet: &Fleet, switches: &Switches, now: Timestamp) -> Self {
        let mut sessions = Self::default();
        for no in 0..fleet.machines.len() as u32 {
            let share = mix(&[fleet.seed, 0xc0a0, u64::from(no)]) % 100;
            let has = match (no as usize) < STORY {
                true => no != WITHOUT_SESSION,
                false => share < u64::from(switches.share_percent),
            };
            if no == INSTALLED_ANEW {
                let old = sessions.enrol(fleet.seed, MachineNo(no));
                old.away_since = Some(now - SignedDuration::from_hours(40 * 24));
            }
            if has {
                sessions.enrol(fleet.seed, MachineNo(no));
            }
        }
        sessions
    }

    pub(super) fn enrol(&mut self, seed: u64, machine: MachineNo) -> &mut Session {
        let number = self.all.len() as u64;
        let id = uuid(&[seed, 0xc0a1, u64::from(machine.0), number]);
        self.all.push(Session {
            id,
            machine,
            ended: false,
            away_since: None,
            events: Vec::new(),
            waiting: Vec::new(),
        });
        let last = self.all.len() - 1;
        &mut self.all[last]
    }

    pub(super) fn find(&self, id: &str) -> Option<usize> {
        let id = Uuid::parse_str(id).ok()?;
        self.all.iter().position(|it| it.id == id)
    }

    pub(super) fn queue(&mut self, at: usize, text: &str, now: Timestamp) {
        let session = &mut self.all[at];
        session.write(44, "countersign", text.to_owned(), now);
        session.waiting.push(Waiting { text: text.to_owned(), due: None, ran: None });
        let under_way = self.all.iter().map(|it| it.waiting.len()).sum();
        self.under_way_max = self.under_way_max.max(under_way);
    }

    /// Plays what should have happened until `now`.
    pub(super) fn settle(
        &mut self,
        switches: &Switches,
        fleet: &mut Fleet,
        now: Timestamp,
        is_loud: &dyn Fn(MachineNo) -> bool,
    ) {
        for session in self.all.iter_mut().filter(|it| !it.waiting.is_empty()) {
            if session.ended {
                session.waiting.clear();
                continue;
            }
            if !session.is_online(fleet) {
                // What was not taken yet is taken when the agent is back.
                session.waiting.iter_mut().for_each(|it| it.due = None);
                continue;
            }
            for waiting in &mut session.waiting {
                waiting.due.get_or_insert_with(|| now.checked_add(switches.latency).unwrap_or(now));
            }
            let mut open = Vec::new();
            for mut waiting in std::mem::take(&mut session.waiting) {
                let due = waiting.due.unwrap_or(now);
                if waiting.ran.is_none() && due <= now {
                    session.write(54, "", String::new(), due);
                    let is_loud = is_loud(session.machine);
                    let guest = Guest {
                        fleet,
                        no: session.machine,
                        at: due,
                        replies: &self.replies,
                        is_loud,
                    };
                    let ran = guest.run(&waiting.text);
                    self.acts.extend(ran.act);
                    if let Some(script) = ran.script {
                        let host = fleet.machine(session.machine).name.to_string();
                        self.ran.push(Ran { host, script, at: due });
                    }
                    let length = SignedDuration::from_millis(i64::try_from(ran.ms).unwrap_or(0));
                    waiting.ran = Some((ran.output, due.checked_add(length).unwrap_or(due)));
                }
                match waiting.ran {
                    Some((output, at)) if at <= now => {
                        let mark = if switches.byte_order_mark { "\u{feff}" } else { "" };
                        session.write(70, "", format!("{mark}{output}"), at);
                        self.told.push((session.id, "RanCommand"));
                    }
                    ran => open.push(Waiting { ran, ..waiting }),
                }
            }
            session.waiting = open;
        }
    }
}

impl Session {
    pub(super) fn write(&mut self, kind: i64, host: &'static str, data: String, at: Timestamp) {
        let (high, low) = self.id.as_u64_pair();
        let id = uuid(&[high, low, self.events.len() as u64]);
        self.events.push(Event { id, kind, at, host, data });
    }

    pub(super) fn is_online(&self, fleet: &Fleet) -> bool {
        !self.ended && self.away_since.is_none() && fleet.machine(self.machine).online
    }

    pub(super) fn properties(&self, fleet: &Fleet) -> [String; 8] {
        let machine = fleet.machine(self.machine);
        let client = fleet.client(machine.client);
        let company = match (self.machine.0, machine.client.0) {
            (UNASSIGNED, _) => String::new(),
            // As people type.
            (_, 1) => format!("{} ", client.name.to_uppercase()),
            _ => client.name.to_string(),
        };
        let site = fleet.site(machine.site).name.to_owned();
        [company, site]
            .into_iter()
            .chain(std::iter::repeat(String::new()))
            .take(8)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap_or_default()
    }

    /// A value by its name in filters.
    pub(super) fn field(&self, fleet: &Fleet, name: &str) -> Option<Field> {
        let machine = fleet.machine(self.machine);
        let text = |it: &str| Some(Field::Text(it.to_owned()));
        match name {
            "SessionType" => text("Access"),
            "SessionID" => text(&self.id.to_string()),
            "Name" => text(""),
            "IsEnded" => Some(Field::Flag(self.ended)),
            "GuestConnectedCount" => Some(Field::Number(i64::from(self.is_online(fleet)))),
            "GuestMachineName" => text(&machine.name),
            "GuestMachineSerialNumber" => text(&machine.serial),
            _ => {
                let number: usize = name.strip_prefix("CustomProperty")?.parse().ok()?;
                self.properties(fleet).get(number.checked_sub(1)?).cloned().map(Field::Text)
            }
        }
    }

    pub(super) fn json(&self, switches: &Switches, fleet: &Fleet, now: Timestamp) -> Value {
        let machine = fleet.machine(self.machine);
        let online = self.is_online(fleet);
        let left = self.away_since.unwrap_or(machine.seen_at);
        let came = left.min(machine.installed_at);
        let user = machine.last_log_on().filter(|_| machine.signed_in);
        let user = user.map(|it| fleet.account(machine, it.person));
        let (domain, user) = match user.as_deref().map(|it| it.split_once('\\')) {
            Some(Some((domain, user))) => (domain.to_owned(), user.to_owned()),
            Some(None) => (String::new(), user.unwrap_or_default()),
            None => (String::new(), String::new()),
        };
        let properties = self.properties(fleet);
        let connections = match online {
            true => {
                json!([{"ConnectionID": uuid(&[self.id.as_u64_pair().0, 1]), "ProcessType": 2, "ParticipantName": ""}])
            }
            false => json!([]),
        };
        let mut row = json!({
            "SessionID": self.id, "SessionType": 2, "Name": "", "Host": "", "IsPublic": false, "Code": "",
            "GuestNetworkAddress": "203.0.113.44", "GuestClientVersion": "25.4.25.9316", "IsEnded": self.ended,
            "ActiveConnections": connections,
            "LastConnectedEventTime": time(if online { now } else { came }),
            "LastGuestConnectedEventTime": time(if online { now } else { came }),
            "LastGuestDisconnectedEventTime": if online { "0001-01-01T00:00:00".to_owned() } else { time(left) },
            "GuestInfo": {
                "MachineName": machine.name, "MachineDomain": fleet.client(machine.client).code, "MachineDescription": "",
                "MachineManufacturerName": machine.model.maker, "MachineModel": machine.model.name,
                "MachineSerialNumber": machine.serial, "LoggedOnUserName": user, "LoggedOnUserDomain": domain,
                "IsLocalAdminPresent": true, "OperatingSystemName": machine.os.product,
                "OperatingSystemManufacturerName": "", "OperatingSystemLanguage": "en-US",
                "SystemMemoryTotalMegabytes": 16_084, "PrivateNetworkAddress": "10.20.4.31",
                "LastBootTime": time(machine.booted_at), "LastActivityTime": time(if online { now } else { left }),
            },
        });
        let map = || {
            let pairs =
                (1..).zip(&properties).map(|(no, it)| (format!("CustomProperty{no}"), json!(it)));
            Value::Object(pairs.collect())
        };
        match switches.properties {
            Properties::Map => row["CustomProperties"] = map(),
            Properties::Array => row["CustomPropertyValues"] = json!(properties),
            Properties::Both => {
                row["CustomProperties"] = map();
                row["CustomPropertyValues"] = json!(properties);
            }
        }
        row
    }

    pub(super) fn details(&self, switches: &Switches, fleet: &Fleet, now: Timestamp) -> Value {
        // Newest first, which no client may rely on.
        let events = self.events.iter().rev().map(|it| {
            json!({"EventID": it.id, "EventType": it.kind, "Time": time(it.at), "Host": it.host, "Data": it.data, "ConnectionID": null})
        });
        json!({"Session": self.json(switches, fleet, now), "Connections": [], "Events": events.collect::<Vec<_>>()})
    }

    pub(super) fn commands(&self) -> Vec<String> {
        self.texts(44)
    }

    /// What the events of one kind hold.
    pub(super) fn texts(&self, kind: i64) -> Vec<String> {
        self.events.iter().filter(|it| it.kind == kind).map(|it| it.data.clone()).collect()
    }
}

fn uuid(parts: &[u64]) -> Uuid {
    let (high, low) = (mix(parts), mix(&[mix(parts), 0x1d]));
    uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
        .into_uuid()
}

/// With seven digits behind the point, as the product writes it.
fn time(at: Timestamp) -> String {
    format!("{}.{:07}Z", at.strftime("%Y-%m-%dT%H:%M:%S"), at.subsec_nanosecond() / 100)
}
