//! Makes a fleet of any size from a seed: the story first, then as many ordinary clients as it takes.

use jiff::{SignedDuration, Timestamp};

use super::hardware::{
    DESKTOPS, Family, IMAC, Kind, LAPTOPS, MACBOOK, Model, Os, SERVER_2019, SERVER_2022, SERVERS,
    SONOMA, UBUNTU, WINDOWS_10, WINDOWS_11,
};
use super::names::{COMPANY_FIRST, COMPANY_LAST, FIRST, LAST, ODD_HOSTS, PLACES};
use super::services::Services;
use super::{ClientNo, Fleet, LogOn, Machine, Patches, story};
use crate::mix::Stream;

/// The most machines a fleet may have.
pub const ENDPOINTS_MAX: usize = 100_000;

/// A fleet of `endpoints` machines (at most 100,000).
///
/// The same seed and size give the same names, serials and people; times count back from `now`. The first machines
/// are those of the story, whatever the size; a fleet smaller than the story gets its beginning.
pub fn generate(seed: u64, endpoints: usize, now: Timestamp) -> Fleet {
    let endpoints = endpoints.min(ENDPOINTS_MAX);
    let mut fleet = Fleet::empty(seed);
    fleet.machines.reserve(endpoints);
    story::lay(&mut fleet, endpoints, now);
    let mut maker = Maker { fleet, dice: Stream::new(&[seed, 0xf1ee7]), now };
    for number in 0.. {
        let left = endpoints.saturating_sub(maker.fleet.machines.len());
        if left == 0 {
            break;
        }
        let size = (50 + maker.dice.below(151)).min(left);
        maker.add_client(number, size);
    }
    maker.fleet
}

/// How a client names its machines.
#[derive(Clone, Copy)]
enum Naming {
    /// `WATTLE-LT-0231`
    Numbered,
    /// `DESKTOP-8F3K2L1`, as the installer left it
    Factory,
    /// `MARIAS-MBP`
    Personal,
}

/// A place for one machine.
struct Seat {
    client: ClientNo,
    /// The how-manieth of its client.
    within: usize,
    kind: Kind,
    family: Family,
    naming: Naming,
}

struct Maker {
    fleet: Fleet,
    dice: Stream,
    now: Timestamp,
}

impl Maker {
    fn add_client(&mut self, number: usize, size: usize) {
        // Every pair of words comes once in 61 * 41 clients.
        let (turn, first) = (number / COMPANY_FIRST.len(), number % COMPANY_FIRST.len());
        let last = COMPANY_LAST[(turn + number) % COMPANY_LAST.len()];
        let name = format!("{} {last}", COMPANY_FIRST[first]);
        let code: String = name.chars().filter(char::is_ascii_alphabetic).take(6).collect();
        let migrated = !self.dice.one_in(4);
        let client = self.fleet.add_client(&name, &code.to_uppercase(), migrated);
        for _ in 0..1 + self.dice.below(3) {
            self.fleet.add_site(client, self.dice.pick(&PLACES));
        }
        let all = [Naming::Numbered, Naming::Numbered, Naming::Factory, Naming::Personal];
        let naming = *self.dice.pick(&all);
        for within in 0..size {
            let kind = match within {
                0 => Kind::Server,
                _ if self.dice.one_in(12) => Kind::Server,
                _ if self.dice.one_in(2) => Kind::Laptop,
                _ => Kind::Desktop,
            };
            self.add_machine(client, within, kind, naming);
        }
        let last = self.fleet.machines.last().and_then(Machine::last_log_on);
        self.fleet.clients[client.at()].contact = last.map(|log_on| log_on.person);
    }

    fn add_machine(&mut self, client: ClientNo, within: usize, kind: Kind, naming: Naming) {
        let (model, os) = self.build(kind);
        let (first, last) = (*self.dice.pick(&FIRST), *self.dice.pick(&LAST));
        let person = (kind != Kind::Server).then(|| {
            let login = format!("{first}.{}", last.replace('\'', "")).to_lowercase();
            self.fleet.person_at(client, (first.into(), last.into()), &login)
        });
        let seat = Seat { client, within, kind, family: os.family, naming };
        let name = self.host_name(&seat, first);
        let no = self.fleet.machines.len() as u32;
        let sites = &self.fleet.client(client).sites;
        let site = sites[within % sites.len()];
        let minutes_off = self.minutes_off();
        let dice = &mut self.dice;
        let ago = |minutes: i64| self.now - SignedDuration::from_mins(minutes);
        let machine = Machine {
            name: name.into(),
            friendly: dice.one_in(10).then(|| nickname(first, os.family).into()),
            client,
            site,
            kind,
            model,
            os,
            serial: dice.code(usize::from(model.serial_length)).into(),
            bios_uuid: self.fleet.bios_uuid(no),
            online: minutes_off == 0,
            installation: 0,
            installed_at: ago(60 * 24 * (30 + dice.below(900) as i64)),
            seen_at: ago(minutes_off),
            booted_at: ago(minutes_off + 60 + dice.below(20_000) as i64),
            disk_free: free_space(u64::from(model.disk_gib) << 30, dice),
            log_ons: person
                .map(|person| LogOn { person, at: ago(minutes_off + 1 + dice.below(900) as i64) })
                .into_iter()
                .collect(),
            signed_in: minutes_off == 0 && !dice.one_in(3) && person.is_some(),
            patches: Patches {
                missing: dice.below(5) as u8,
                failed: u8::from(dice.one_in(9)),
                pending_reboot: u8::from(dice.one_in(5)),
            },
            services: Services::default(),
            numb: false,
        };
        self.fleet.add(machine);
    }

    fn build(&mut self, kind: Kind) -> (&'static Model, &'static Os) {
        let dice = &mut self.dice;
        let mac = kind != Kind::Server && dice.one_in(15);
        match kind {
            Kind::Laptop if mac => (&MACBOOK, &SONOMA),
            Kind::Desktop if mac => (&IMAC, &SONOMA),
            Kind::Laptop => {
                (*dice.pick(&LAPTOPS), *dice.pick(&[&WINDOWS_11, &WINDOWS_11, &WINDOWS_10]))
            }
            Kind::Desktop => (*dice.pick(&DESKTOPS), *dice.pick(&[&WINDOWS_11, &WINDOWS_10])),
            Kind::Server => (
                *dice.pick(&SERVERS),
                *dice.pick(&[&SERVER_2022, &SERVER_2019, &SERVER_2022, &UBUNTU]),
            ),
        }
    }

    /// One in eight is switched off, one in sixty has not been seen for months.
    fn minutes_off(&mut self) -> i64 {
        match self.dice.below(60) {
            0 => 60 * 24 * (31 + self.dice.below(300) as i64),
            1..=7 => 5 + self.dice.below(5000) as i64,
            _ => 0,
        }
    }

    fn host_name(&mut self, seat: &Seat, first: &str) -> String {
        let dice = &mut self.dice;
        let (code, within) = (&self.fleet.client(seat.client).code, seat.within);
        match seat.naming {
            _ if dice.one_in(250) => format!("{}{within}", dice.pick(&ODD_HOSTS)),
            _ if seat.kind == Kind::Server && within == 0 => "DC01".to_owned(),
            _ if seat.kind == Kind::Server => {
                format!("{}{within:02}", dice.pick(&["FS", "APP", "SQL", "RDS", "HV"]))
            }
            Naming::Numbered if seat.kind == Kind::Laptop => format!("{code}-LT-{:04}", within + 1),
            Naming::Numbered => format!("{code}-WS-{:04}", within + 1),
            Naming::Factory if seat.kind == Kind::Laptop => format!("LAPTOP-{}", dice.code(7)),
            Naming::Factory => format!("DESKTOP-{}", dice.code(7)),
            Naming::Personal => {
                let thing = match (seat.family, seat.kind) {
                    (Family::Mac, Kind::Laptop) => "MBP",
                    (Family::Mac, _) => "IMAC",
                    (_, Kind::Laptop) => "LAPTOP",
                    _ => "PC",
                };
                let possessive = if within.is_multiple_of(2) { "S" } else { "" };
                format!("{}{possessive}-{thing}{within}", first.to_uppercase())
            }
        }
    }
}

fn nickname(first: &str, family: Family) -> String {
    format!("{first}'s {}", if family == Family::Mac { "Mac" } else { "PC" })
}

/// One in twenty is nearly full.
fn free_space(total: u64, dice: &mut Stream) -> u64 {
    let used_percent = if dice.one_in(20) { 90 + dice.below(9) } else { 20 + dice.below(65) };
    total / 100 * (100 - used_percent as u64) - dice.below(256 << 20) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn at(seed: u64, size: usize) -> Fleet {
        generate(seed, size, "2026-09-01T03:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_same_seed_gives_the_same_fleet_and_another_seed_another() {
        let serials =
            |seed| at(seed, 500).machines.iter().map(|it| it.serial.clone()).collect::<Vec<_>>();
        assert_eq!(serials(7), serials(7));
        assert_ne!(serials(7), serials(8));
    }

    #[test]
    fn the_story_comes_first_whatever_the_size() {
        for size in [20, 25, 400] {
            let fleet = at(1, size);
            assert_eq!(fleet.machines.len(), size);
            assert_eq!(&*fleet.machines[0].name, "MARIA-LT-01");
            let maria = &fleet.machines[0];
            assert_eq!(maria.disk_used_percent(), 96.0);
            assert_eq!(fleet.account(maria, maria.last_log_on().unwrap().person), "BLUEGUM\\maria");
        }
        let fleet = at(1, 400);
        assert_eq!(
            fleet.machines.iter().filter(|it| &*it.name == "DC01" && it.client.0 < 5).count(),
            2
        );
        assert!(fleet.clients[4].machines.is_empty());
    }

    #[test]
    fn a_hundred_thousand_machines_have_distinct_hardware_and_clients_distinct_names() {
        let fleet = at(1, ENDPOINTS_MAX);
        assert_eq!(fleet.machines.len(), ENDPOINTS_MAX);
        let boards: HashSet<_> = fleet.machines.iter().map(|it| it.bios_uuid).collect();
        assert_eq!(boards.len(), ENDPOINTS_MAX);
        let names: HashSet<_> = fleet.clients.iter().map(|it| it.name.clone()).collect();
        assert_eq!(names.len(), fleet.clients.len());
        assert!(fleet.machines.iter().any(|it| !it.name.is_ascii()));
        assert!(fleet.machines.iter().any(|it| it.name.contains('"')));
    }
}
