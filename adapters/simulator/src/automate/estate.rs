//! Which machines have an agent, and what Automate calls clients, places and machines.
//!
//! Automate grew up apart from RMM: clients are spelled a little differently, some machines are in one
//! product only, some serials are worth nothing, one machine was enrolled twice, one image was rolled out
//! with its serial.

use jiff::{SignedDuration, Timestamp};

use super::{Cure, Switches};
use crate::fleet::{Fleet, Kind, Machine, MachineNo};
use crate::mix::mix;

/// The MSP itself, as on every server.
pub(super) const MSP_CLIENT: i64 = 1;
const MSP_LOCATION: i64 = 1;

/// Ids begin here, so that those of clients, locations and computers differ.
const CLIENT_FIRST: i64 = 2;
const LOCATION_FIRST: i64 = 31;
const COMPUTER_FIRST: i64 = 1_001;

/// Machines of the story without an agent: DC02, ACME-LT-11, DESKTOP-8F3K2L1.
const WITHOUT_AGENT: [u32; 3] = [11, 15, 22];

/// How many machines the story has.
const STORY: usize = 25;

#[derive(Debug, Clone)]
pub(super) struct ClientInfo {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) city: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct LocationInfo {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) client: i64,
}

/// Where a computer's hardware is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Fleet(MachineNo),
    /// A machine that no other product knows.
    Own(usize),
}

/// How Automate shows a machine otherwise than it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Quirk {
    /// Instead of the serial.
    pub(super) serial: Option<&'static str>,
    /// The serial of this machine is shown.
    pub(super) serial_of: Option<MachineNo>,
    /// Instead of the name.
    pub(super) name: Option<&'static str>,
    /// The agent does not answer, though the machine may.
    pub(super) agent_off_since: Option<Timestamp>,
    /// What would bring it back.
    pub(super) cure: Cure,
    /// Cured: it answers from then on.
    pub(super) back_at: Option<Timestamp>,
    /// Nothing is known of system and user.
    pub(super) blank: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Computer {
    pub(super) id: i64,
    pub(super) place: Place,
    pub(super) quirk: Quirk,
    pub(super) retired: bool,
}

#[derive(Debug)]
pub(super) struct Own {
    pub(super) machine: Machine,
    pub(super) client: i64,
    pub(super) location: i64,
}

#[derive(Debug)]
pub(super) struct Estate {
    pub(super) clients: Vec<ClientInfo>,
    pub(super) locations: Vec<LocationInfo>,
    /// By id, ascending.
    pub(super) computers: Vec<Computer>,
    pub(super) own: Vec<Own>,
}

impl Estate {
    pub(super) fn of(fleet: &Fleet, switches: &Switches, now: Timestamp) -> Self {
        let mut estate = Self {
            clients: Vec::new(),
            locations: Vec::new(),
            computers: Vec::new(),
            own: Vec::new(),
        };
        estate.places(fleet);
        estate.enrol_fleet(fleet, switches);
        estate.story(fleet, now);
        estate.strangers(fleet, now);
        estate
    }

    fn places(&mut self, fleet: &Fleet) {
        let client = |id, name: &str, city| ClientInfo { id, name: name.to_owned(), city };
        self.clients.push(client(MSP_CLIENT, "Lantern Managed IT", "Newcastle"));
        self.locations.push(LocationInfo {
            id: MSP_LOCATION,
            name: "New Computers".into(),
            client: MSP_CLIENT,
        });
        for (no, it) in (0..).zip(&fleet.clients) {
            let city = it.sites.first().map_or("", |site| fleet.site(*site).name);
            self.clients.push(client(CLIENT_FIRST + no, &spelled(&it.name, no), city));
        }
        for (no, site) in (0..).zip(&fleet.sites) {
            self.locations.push(LocationInfo {
                id: LOCATION_FIRST + no,
                name: site.name.to_owned(),
                client: CLIENT_FIRST + i64::from(site.client.0),
            });
        }
    }

    pub(super) fn client_of_fleet(no: u32) -> i64 {
        CLIENT_FIRST + i64::from(no)
    }

    fn enrol_fleet(&mut self, fleet: &Fleet, switches: &Switches) {
        for no in 0..fleet.machines.len() as u32 {
            let share = mix(&[fleet.seed, 0xa070, u64::from(no)]) % 100;
            let enrolled = match (no as usize) < STORY {
                true => !WITHOUT_AGENT.contains(&no),
                false => share < u64::from(switches.share_percent),
            };
            if !enrolled {
                continue;
            }
            let dice = mix(&[fleet.seed, 0xa071, u64::from(no)]) % 60;
            let serial = match dice {
                _ if (no as usize) < STORY => None,
                0 => Some("To be filled by O.E.M."),
                1 => Some("Default string"),
                2 => Some("0"),
                3 => Some(""),
                _ => None,
            };
            let quirk = Quirk { serial, ..Quirk::default() };
            self.enrol(Place::Fleet(MachineNo(no)), quirk);
        }
    }

    pub(super) fn enrol(&mut self, place: Place, quirk: Quirk) -> i64 {
        let id = COMPUTER_FIRST + self.computers.len() as i64;
        self.computers.push(Computer { id, place, quirk, retired: false });
        id
    }

    /// Cases that a merge has to get right, on machines that people know by name.
    fn story(&mut self, fleet: &Fleet, now: Timestamp) {
        let ago = |hours| now - SignedDuration::from_hours(hours);
        let mut change = |name: &str, change: &dyn Fn(&mut Quirk)| {
            let found = self.computers.iter_mut().find(|it| match it.place {
                Place::Fleet(no) => no.at() < STORY && &*fleet.machine(no).name == name,
                Place::Own(_) => false,
            });
            if let Some(computer) = found {
                change(&mut computer.quirk);
            }
        };
        // Same machine, old name: the serial tells.
        change("BV-SURG-02", &|it| it.name = Some("BV-SURG-OLD"));
        // A serial that is none: name and client tell.
        change("KIOSK-01", &|it| it.serial = Some("To be filled by O.E.M."));
        // The image came with the serial of another machine.
        change("ACME-WS-04", &|it| it.serial_of = Some(MachineNo(20)));
        // Online by RMM, its Automate agent is broken.
        change("ACME-LT-07", &|it| it.agent_off_since = Some(ago(72)));
        // Just enrolled.
        change("hd-imaging", &|it| it.blank = true);
        // Enrolled twice: the first agent was never retired.
        if fleet.machines.len() > 6 {
            let old = Quirk { agent_off_since: Some(ago(90 * 24)), ..Quirk::default() };
            self.enrol(Place::Fleet(MachineNo(6)), old);
        }
    }

    /// Clients and machines that no other product has, with names that are hard to quote.
    fn strangers(&mut self, fleet: &Fleet, now: Timestamp) {
        let Some(pattern) = fleet.machines.first() else { return };
        let (mut client, mut location) =
            (CLIENT_FIRST + fleet.clients.len() as i64, LOCATION_FIRST + fleet.sites.len() as i64);
        let rows: [(&str, &str, &[&str]); 3] = [
            ("O'Brien & Sons", "Leeds", &["OBRIEN-PC1", "OBRIEN-PC2"]),
            ("The \"Corner\" Store, O'Hara", "Cork", &["O'HARA \"TILL\""]),
            ("Zahnärzte Müller & Söhne", "Köln", &["MÜLLER-EMPFANG", "100%_TEST"]),
        ];
        for (name, city, hosts) in rows {
            self.clients.push(ClientInfo { id: client, name: name.into(), city });
            for place in ["Main Office", "Branch"] {
                self.locations.push(LocationInfo { id: location, name: place.into(), client });
                location += 1;
            }
            for host in hosts {
                let number = self.own.len() as u64;
                let machine = Machine {
                    name: (*host).into(),
                    friendly: None,
                    kind: Kind::Desktop,
                    serial: format!("OWN{:06}", mix(&[fleet.seed, 0x0e, number]) % 1_000_000)
                        .into(),
                    online: true,
                    seen_at: now,
                    log_ons: Vec::new(),
                    signed_in: false,
                    ..pattern.clone()
                };
                self.own.push(Own { machine, client, location: location - 2 });
                self.enrol(Place::Own(self.own.len() - 1), Quirk::default());
            }
            client += 1;
        }
    }

    pub(super) fn computer(&self, id: i64) -> Option<&Computer> {
        let at = usize::try_from(id - COMPUTER_FIRST).ok()?;
        self.computers.get(at).filter(|it| !it.retired)
    }

    pub(super) fn computer_mut(&mut self, id: i64) -> Option<&mut Computer> {
        let at = usize::try_from(id - COMPUTER_FIRST).ok()?;
        self.computers.get_mut(at)
    }

    pub(super) fn machine<'a>(&'a self, fleet: &'a Fleet, computer: &Computer) -> &'a Machine {
        match computer.place {
            Place::Fleet(no) => fleet.machine(no),
            Place::Own(at) => &self.own[at].machine,
        }
    }

    pub(super) fn name<'a>(&'a self, fleet: &'a Fleet, computer: &Computer) -> &'a str {
        computer.quirk.name.unwrap_or(&self.machine(fleet, computer).name)
    }

    pub(super) fn client(&self, fleet: &Fleet, computer: &Computer) -> i64 {
        match computer.place {
            Place::Fleet(no) => CLIENT_FIRST + i64::from(fleet.machine(no).client.0),
            Place::Own(at) => self.own[at].client,
        }
    }

    pub(super) fn location(&self, fleet: &Fleet, computer: &Computer) -> i64 {
        match computer.place {
            Place::Fleet(no) => LOCATION_FIRST + i64::from(fleet.machine(no).site.0),
            Place::Own(at) => self.own[at].location,
        }
    }

    pub(super) fn client_name(&self, id: i64) -> &str {
        let at = usize::try_from(id - MSP_CLIENT).unwrap_or(usize::MAX);
        self.clients.get(at).map_or("", |it| it.name.as_str())
    }

    pub(super) fn location_name(&self, id: i64) -> &str {
        let at = match id {
            MSP_LOCATION => 0,
            id => usize::try_from(id - LOCATION_FIRST + 1).unwrap_or(usize::MAX),
        };
        self.locations.get(at).map_or("", |it| it.name.as_str())
    }

    /// Whether the agent answers, and when it last did.
    pub(super) fn contact(
        &self,
        fleet: &Fleet,
        computer: &Computer,
        now: Timestamp,
    ) -> (bool, Timestamp) {
        let machine = self.machine(fleet, computer);
        let back = computer.quirk.back_at.is_some_and(|at| at <= now);
        match computer.quirk.agent_off_since.filter(|_| !back) {
            Some(since) => (false, since),
            None if machine.online => {
                // An agent reports every few minutes.
                let lag = mix(&[fleet.seed, 0xa072, computer.id as u64]) % 240;
                (true, now - SignedDuration::from_secs(lag as i64))
            }
            None => (false, machine.seen_at),
        }
    }
}

/// A client's name as whoever set up Automate typed it.
fn spelled(name: &str, no: i64) -> String {
    match (no, no % 5) {
        (1 | 3, _) | (_, 0) if no > 0 => name.to_owned(),
        (0, _) | (_, 1) => format!("{name} Pty Ltd"),
        (_, 2) => name.to_uppercase(),
        (_, 3) => name.replace(' ', "  ").replace("and", "&"),
        // A letter was lost.
        _ => {
            let at = name.len() / 2;
            let at = (at..name.len())
                .find(|it| name.is_char_boundary(*it) && name.is_char_boundary(it + 1));
            at.map_or_else(|| name.to_owned(), |at| format!("{}{}", &name[..at], &name[at + 1..]))
        }
    }
}
