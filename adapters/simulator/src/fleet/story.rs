//! The machines every fleet begins with. Demos, prompts and tests tell stories about them by name.

use jiff::{SignedDuration, Timestamp};

use super::hardware::{
    Kind, LATITUDE, MACBOOK, Model, OPTIPLEX, Os, POWEREDGE, PRODESK, PROLIANT, SERVER_2019,
    SERVER_2022, SONOMA, THINKCENTRE, THINKPAD, UBUNTU, VIRTUAL, WINDOWS_10, WINDOWS_11,
};
use super::names::PLACES;
use super::services::Services;
use super::{ClientNo, Fleet, LogOn, Machine, Patches};
use crate::mix::Stream;

/// How many machines the story has; smaller fleets take the first of them.
pub(super) const MACHINES: usize = 25;

use Contact::{LastSeen, Online};
use Kind::{Desktop, Laptop, Server};

enum Contact {
    Online,
    /// Offline for so many hours.
    LastSeen(i64),
}

struct Row {
    client: u32,
    /// Which of the client's sites.
    site: usize,
    name: &'static str,
    friendly: &'static str,
    kind: Kind,
    model: &'static Model,
    os: &'static Os,
    /// First name, last name, account; a server has none.
    user: User,
    disk_used_percent: u64,
    contact: Contact,
}

type User = Option<(&'static str, &'static str, &'static str)>;

const fn row(
    place: (u32, usize),
    names: (&'static str, &'static str),
    build: (Kind, &'static Model, &'static Os),
    user: User,
    state: (u64, Contact),
) -> Row {
    Row {
        client: place.0,
        site: place.1,
        name: names.0,
        friendly: names.1,
        kind: build.0,
        model: build.1,
        os: build.2,
        user,
        disk_used_percent: state.0,
        contact: state.1,
    }
}

const MARIA_LOPEZ: User = Some(("Maria", "Lopez", "maria"));
const MIA: User = Some(("Mia", "Tran", "mia"));
const TOM: User = Some(("Tom", "Nguyen", "tom"));
const MARIA_CHEN: User = Some(("Maria", "Chen", "maria.chen"));
const JAMES: User = Some(("James", "Walker", "james"));
const SAM: User = Some(("Sam", "Patel", "sam"));
const PRIYA: User = Some(("Priya", "Sharma", "priya"));
const OLIVIA: User = Some(("Olivia", "Roberts", "olivia"));

/// Name, domain, migrated from the old product, places.
static CLIENTS: [(&str, &str, bool, &[usize]); 5] = [
    ("Bluegum Vet", "BLUEGUM", true, &[0, 1]),
    ("Harbour Dental", "HARBOUR", false, &[2, 3]),
    ("Acme Logistics", "ACME", true, &[4, 8, 5]),
    ("Northside Legal", "NORTHSIDE", true, &[3]),
    ("Quiet Pines Accounting", "QUIETPINES", true, &[12]),
];

#[rustfmt::skip] // reads as a table
static ROWS: [Row; MACHINES] = [
    row((0, 0), ("MARIA-LT-01", ""), (Laptop, &LATITUDE, &WINDOWS_11), MARIA_LOPEZ, (96, Online)),
    row((0, 0), ("BV-FRONT-01", "Front desk"), (Desktop, &OPTIPLEX, &WINDOWS_11), MIA, (61, Online)),
    row((0, 0), ("BV-DC01", ""), (Server, &POWEREDGE, &SERVER_2022), None, (38, Online)),
    row((0, 0), ("BV-FS01", ""), (Server, &PROLIANT, &SERVER_2019), None, (88, Online)),
    row((0, 1), ("BV-MAC-01", "Tom's Mac"), (Laptop, &MACBOOK, &SONOMA), TOM, (54, Online)),
    row((1, 0), ("HD-DC01", ""), (Server, &VIRTUAL, &SERVER_2022), None, (45, Online)),
    row((1, 0), ("HD-RECEP-02", "Reception 2"), (Desktop, &PRODESK, &WINDOWS_10), MARIA_CHEN, (72, Online)),
    row((1, 1), ("JAMES-LT-02", ""), (Laptop, &THINKPAD, &WINDOWS_11), JAMES, (49, LastSeen(5))),
    row((1, 0), ("KIOSK-01", "Waiting room kiosk"), (Desktop, &THINKCENTRE, &WINDOWS_10), None, (34, LastSeen(47 * 24))),
    row((1, 1), ("hd-imaging", "X-ray archive"), (Server, &VIRTUAL, &UBUNTU), None, (81, Online)),
    row((2, 0), ("DC01", ""), (Server, &POWEREDGE, &SERVER_2022), None, (41, Online)),
    row((2, 0), ("DC02", ""), (Server, &VIRTUAL, &SERVER_2019), None, (44, Online)),
    row((2, 0), ("FS01", ""), (Server, &PROLIANT, &SERVER_2022), None, (93, Online)),
    row((2, 0), ("PRINT01", ""), (Server, &VIRTUAL, &SERVER_2019), None, (29, Online)),
    row((2, 0), ("ACME-LT-07", ""), (Laptop, &LATITUDE, &WINDOWS_11), SAM, (58, Online)),
    row((2, 1), ("ACME-LT-11", ""), (Laptop, &THINKPAD, &WINDOWS_11), SAM, (66, Online)),
    row((3, 0), ("DC01", ""), (Server, &VIRTUAL, &SERVER_2022), None, (51, Online)),
    row((3, 0), ("NL-LT-03", ""), (Laptop, &LATITUDE, &WINDOWS_11), OLIVIA, (70, Online)),
    row((2, 0), ("ACME-WS-01", "Dispatch"), (Desktop, &OPTIPLEX, &WINDOWS_11), PRIYA, (47, Online)),
    row((2, 0), ("ACME-WS-02", "Loading dock"), (Desktop, &OPTIPLEX, &WINDOWS_10), Some(("Ben", "Harris", "ben")), (64, Online)),
    row((2, 1), ("ACME-WS-03", ""), (Desktop, &PRODESK, &WINDOWS_11), Some(("Linh", "Pham", "linh")), (39, LastSeen(30))),
    row((2, 2), ("ACME-WS-04", ""), (Desktop, &PRODESK, &WINDOWS_10), Some(("Nick", "Dimitriou", "nick")), (77, Online)),
    row((2, 2), ("DESKTOP-8F3K2L1", ""), (Desktop, &THINKCENTRE, &WINDOWS_11), Some(("Grace", "Kim", "grace")), (55, Online)),
    row((0, 1), ("BV-SURG-02", "Surgery 2"), (Desktop, &OPTIPLEX, &WINDOWS_11), Some(("Ruby", "Bell", "ruby")), (43, LastSeen(9))),
    row((3, 0), ("NL-FRONT-01", "Reception"), (Desktop, &OPTIPLEX, &WINDOWS_11), Some(("Steve", "Palmer", "steve")), (36, Online)),
];

/// Lays down the five clients and the first `machines` of the story.
pub(super) fn lay(fleet: &mut Fleet, machines: usize, now: Timestamp) {
    for (name, code, migrated, places) in CLIENTS {
        let client = fleet.add_client(name, code, migrated);
        for place in places {
            fleet.add_site(client, &PLACES[*place]);
        }
    }
    fleet.clients[4].friendly = Some("Quiet Pines".into());
    fleet.clients[0].contact =
        Some(fleet.person_at(ClientNo(0), ("Mia".into(), "Tran".into()), "mia"));
    fleet.clients[4].contact =
        Some(fleet.person_at(ClientNo(4), ("Joanne".into(), "Fisher".into()), "joanne"));
    for row in ROWS.iter().take(machines) {
        place(fleet, row, now);
    }
}

fn place(fleet: &mut Fleet, row: &Row, now: Timestamp) {
    let no = fleet.machines.len() as u32;
    let mut dice = Stream::new(&[fleet.seed, 0x5708, u64::from(no)]);
    let client = ClientNo(row.client);
    let ago = |minutes: i64| now - SignedDuration::from_mins(minutes);
    let person = row
        .user
        .map(|(first, last, login)| fleet.person_at(client, (first.into(), last.into()), login));
    let (online, hours) = match row.contact {
        Online => (true, 0),
        LastSeen(hours) => (false, hours),
    };
    let free = 100 - row.disk_used_percent;
    let machine = Machine {
        name: row.name.into(),
        friendly: (!row.friendly.is_empty()).then(|| row.friendly.into()),
        client,
        site: fleet.client(client).sites[row.site],
        kind: row.kind,
        model: row.model,
        os: row.os,
        serial: dice.code(usize::from(row.model.serial_length)).into(),
        bios_uuid: fleet.bios_uuid(no),
        online,
        installation: 0,
        installed_at: ago(60 * 24 * (200 + dice.below(400) as i64)),
        seen_at: ago(hours * 60),
        booted_at: ago(hours * 60 + 600 + dice.below(9000) as i64),
        disk_free: (u64::from(row.model.disk_gib) << 30) / 100 * free,
        log_ons: person
            .map(|person| LogOn { person, at: ago(hours * 60 + 20 + dice.below(300) as i64) })
            .into_iter()
            .collect(),
        signed_in: online && person.is_some(),
        patches: Patches {
            missing: dice.below(4) as u8,
            failed: u8::from(dice.one_in(4)),
            pending_reboot: u8::from(dice.one_in(3)),
        },
        services: Services::default(),
        numb: false,
    };
    fleet.add(machine);
}
