//! Makes a fleet of any size from a seed: the story first, then as many ordinary clients as it takes.

use jiff::{SignedDuration, Timestamp};

use super::hardware::{
    DESKTOPS, Family, IMAC, Kind, LAPTOPS, MACBOOK, SERVER_2019, SERVER_2022, SERVERS, SONOMA,
    UBUNTU, WINDOWS_10, WINDOWS_11,
};
use super::names::{COMPANY_FIRST, COMPANY_LAST, FIRST, LAST, ODD_HOSTS, PLACES};
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
    let mut dice = Stream::new(&[seed, 0xf1ee7]);
    for number in 0.. {
        let left = endpoints.saturating_sub(fleet.machines.len());
        if left == 0 {
            break;
        }
        let size = (50 + dice.below(151)).min(left);
        add_client(&mut fleet, number, size, &mut dice, now);
    }
    fleet
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

fn add_client(fleet: &mut Fleet, number: usize, size: usize, dice: &mut Stream, now: Timestamp) {
    // Every pair of words comes once in 61 * 41 clients.
    let (turn, first) = (number / COMPANY_FIRST.len(), number % COMPANY_FIRST.len());
    let last = COMPANY_LAST[(turn + number) % COMPANY_LAST.len()];
    let name = format!("{} {last}", COMPANY_FIRST[first]);
    let code: String = name.chars().filter(char::is_ascii_alphabetic).take(6).collect();
    let client = fleet.add_client(&name, &code.to_uppercase(), !dice.one_in(4));
    for _ in 0..1 + dice.below(3) {
        fleet.add_site(client, dice.pick(&PLACES));
    }
    let naming =
        *dice.pick(&[Naming::Numbered, Naming::Numbered, Naming::Factory, Naming::Personal]);
    for within in 0..size {
        let kind = match within {
            0 => Kind::Server,
            _ if dice.one_in(12) => Kind::Server,
            _ if dice.one_in(2) => Kind::Laptop,
            _ => Kind::Desktop,
        };
        add_machine(fleet, client, within, kind, naming, dice, now);
    }
    fleet.clients[client.at()].contact =
        fleet.machines.last().and_then(Machine::last_log_on).map(|log_on| log_on.person);
}

fn add_machine(
    fleet: &mut Fleet,
    client: ClientNo,
    within: usize,
    kind: Kind,
    naming: Naming,
    dice: &mut Stream,
    now: Timestamp,
) {
    let mac = kind != Kind::Server && dice.one_in(15);
    let (model, os) = match kind {
        Kind::Laptop if mac => (&MACBOOK, &SONOMA),
        Kind::Desktop if mac => (&IMAC, &SONOMA),
        Kind::Laptop => {
            (*dice.pick(&LAPTOPS), *dice.pick(&[&WINDOWS_11, &WINDOWS_11, &WINDOWS_10]))
        }
        Kind::Desktop => (*dice.pick(&DESKTOPS), *dice.pick(&[&WINDOWS_11, &WINDOWS_10])),
        Kind::Server => {
            (*dice.pick(&SERVERS), *dice.pick(&[&SERVER_2022, &SERVER_2019, &SERVER_2022, &UBUNTU]))
        }
    };
    let (first, last) = (*dice.pick(&FIRST), *dice.pick(&LAST));
    let person = (kind != Kind::Server).then(|| {
        let login = format!("{first}.{}", last.replace('\'', "")).to_lowercase();
        fleet.person_at(client, first, last, &login)
    });
    let name = if dice.one_in(250) {
        format!("{}{}", dice.pick(&ODD_HOSTS), within)
    } else {
        host_name(&fleet.client(client).code, naming, kind, os.family, first, within, dice)
    };
    let no = fleet.machines.len() as u32;
    let sites = &fleet.client(client).sites;
    let site = sites[within % sites.len()];
    let ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
    // One in eight is switched off, one in sixty has not been seen for months.
    let minutes_off = match dice.below(60) {
        0 => 60 * 24 * (31 + dice.below(300) as i64),
        1..=7 => 5 + dice.below(5000) as i64,
        _ => 0,
    };
    let total = u64::from(model.disk_gib) << 30;
    let used_percent = if dice.one_in(20) { 90 + dice.below(9) } else { 20 + dice.below(65) };
    let machine = Machine {
        name: name.into(),
        friendly: dice
            .one_in(10)
            .then(|| format!("{first}'s {}", if mac { "Mac" } else { "PC" }).into()),
        client,
        site,
        kind,
        model,
        os,
        serial: dice.code(usize::from(model.serial_length)).into(),
        bios_uuid: fleet.bios_uuid(no),
        online: minutes_off == 0,
        installation: 0,
        installed_at: ago(60 * 24 * (30 + dice.below(900) as i64)),
        seen_at: ago(minutes_off),
        booted_at: ago(minutes_off + 60 + dice.below(20_000) as i64),
        disk_free: total / 100 * (100 - used_percent as u64) - (dice.next() & 0x3fff_ffff) / 4,
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
    };
    fleet.add(machine);
}

fn host_name(
    code: &str,
    naming: Naming,
    kind: Kind,
    family: Family,
    first: &str,
    within: usize,
    dice: &mut Stream,
) -> String {
    let short = match kind {
        Kind::Laptop => "LT",
        Kind::Desktop => "WS",
        Kind::Server => "SRV",
    };
    match naming {
        _ if kind == Kind::Server && within == 0 => "DC01".to_owned(),
        _ if kind == Kind::Server => {
            format!("{}{:02}", dice.pick(&["FS", "APP", "SQL", "RDS", "HV"]), within)
        }
        Naming::Numbered => format!("{code}-{short}-{:04}", within + 1),
        Naming::Factory if kind == Kind::Laptop => format!("LAPTOP-{}", dice.code(7)),
        Naming::Factory => format!("DESKTOP-{}", dice.code(7)),
        Naming::Personal => {
            let thing = match (family, kind) {
                (Family::Mac, Kind::Laptop) => "MBP",
                (Family::Mac, _) => "IMAC",
                (_, Kind::Laptop) => "LAPTOP",
                _ => "PC",
            };
            let owner = first.to_uppercase();
            if within.is_multiple_of(2) {
                format!("{owner}S-{thing}{within}")
            } else {
                format!("{owner}-{thing}{within}")
            }
        }
    }
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
