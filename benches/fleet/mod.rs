//! A made-up MSP, the same for the same seed: clients, people, machines named by every habit there is.
//!
//! Shared by the evaluation in `src/directory/evaluation.rs` and by `benches/resolver.rs`; the file that
//! includes it names the types.

use super::{Client, Device, DeviceClass, Directory, LogOn, Pathway, Site};
use super::{ClientId, DeviceId, SiteId};

/// Small and repeatable (xorshift64*); good enough to shuffle names.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub(crate) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
}

const FIRST: &[&str] = &[
    "Maria",
    "James",
    "Robert",
    "Elizabeth",
    "Michael",
    "William",
    "Richard",
    "Thomas",
    "Daniel",
    "Matthew",
    "Anthony",
    "Andrew",
    "Steven",
    "Edward",
    "Charles",
    "Alexander",
    "Nicholas",
    "Samuel",
    "Benjamin",
    "Gregory",
    "Kenneth",
    "Patricia",
    "Victoria",
    "Katherine",
    "Margaret",
    "Jennifer",
    "Jessica",
    "Susan",
    "Deborah",
    "Rebecca",
    "Aisha",
    "Wei",
    "Priya",
    "Olga",
    "Ingrid",
    "Björn",
    "José",
    "Zoë",
    "Łukasz",
    "Fatima",
    "Hiroshi",
    "Nguyen",
    "Mario",
    "Marie",
    "Marina",
    "Ana",
    "Anna",
    "Mia",
    "Jon",
    "Joan",
    "Erik",
    "Erika",
    "Chris",
    "Max",
    "Frank",
    "Christian",
    "Christina",
    "Lucy",
];
const LAST: &[&str] = &[
    "Lopez", "Smith", "Nguyen", "Patel", "O'Brien", "Jones", "Chen", "Kowalski", "Müller",
    "Garcia", "Taylor", "Brown", "Wilson", "Martin", "Anderson", "Thompson", "White", "Harris",
    "Clark", "Lewis", "Young", "Walker", "Hall", "Allen", "King", "Wright", "Scott", "Green",
    "Baker", "Adams", "Nelson", "Hill", "Campbell", "Mitchell", "Roberts", "Carter", "Phillips",
    "Evans", "Turner", "Parker", "Collins", "Edwards", "Stewart", "Morris", "Murphy", "Cook",
    "Rogers", "Morgan", "Cooper", "Reed",
];
const CLIENT_FIRST: &[&str] = &[
    "Bluegum",
    "Harbour",
    "Northside",
    "Acme",
    "Initech",
    "Globex",
    "Wattle",
    "Redgum",
    "Coastal",
    "Summit",
    "Riverside",
    "Granite",
    "Lighthouse",
    "Pioneer",
    "Silverline",
    "Oakwood",
    "Meridian",
    "Falcon",
    "Sunrise",
    "Evergreen",
    "Ironbark",
    "Lakeside",
    "Beacon",
    "Cedar",
    "Kestrel",
];
const CLIENT_LAST: &[&str] = &[
    "Vet",
    "Dental",
    "Legal",
    "Foods",
    "Logistics",
    "Accounting",
    "Engineering",
    "Medical",
    "Realty",
    "Plumbing",
    "Architects",
    "Insurance",
    "Physio",
    "Motors",
    "Printing",
    "Travel",
    "Optical",
];
const SITES: &[&str] = &["Sydney CBD", "Perth", "Main Office", "Warehouse", "Melbourne"];
const FRIENDLY: &[&str] =
    &["Front desk", "Back office", "Boardroom", "Warehouse scanner", "Till 1", "Till 2"];

/// A person with one main machine.
pub(crate) struct Owner {
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) client: usize,
    pub(crate) device: usize,
}

pub(crate) struct Fleet {
    pub(crate) directory: Directory,
    pub(crate) owners: Vec<Owner>,
}

/// How many clients, devices per client, and which fleet of that size.
pub(crate) fn fleet(clients: usize, devices: usize, seed: u64) -> Fleet {
    let mut dice = Dice::new(seed);
    let mut make =
        Maker { devices: Vec::with_capacity(clients * devices), owners: Vec::new(), habit: 0 };
    let (mut all, mut sites) = (Vec::new(), Vec::new());
    for number in 0..clients {
        let client = client(number, &mut dice);
        for name in SITES {
            let id = SiteId::new(format!("site-{number}-{name}"));
            let client = client.id.clone();
            sites.push(Site { id, client, name: (*name).to_owned(), time_zone: None });
        }
        make.client(number, &client, devices, &mut dice);
        all.push(client);
    }
    let directory = Directory::new(all, sites, make.devices, Vec::new(), None);
    Fleet { directory, owners: make.owners }
}

fn client(number: usize, dice: &mut Dice) -> Client {
    // All pairs of words once, then with a number.
    let (first, last) = (CLIENT_FIRST[number % CLIENT_FIRST.len()], number / CLIENT_FIRST.len());
    let round = last / CLIENT_LAST.len();
    let last = CLIENT_LAST[(last + number) % CLIENT_LAST.len()];
    let mut name = format!("{first} {last}");
    if round > 0 {
        name = format!("{name} {round}");
    }
    if dice.percent(20) {
        name.push_str(" Pty Ltd");
    }
    Client { id: ClientId::new(format!("client-{number}")), name, rmm: None, automate: None }
}

struct Maker {
    devices: Vec<Device>,
    owners: Vec<Owner>,
    habit: usize,
}

impl Maker {
    fn client(&mut self, number: usize, client: &Client, count: usize, dice: &mut Dice) {
        let short: String = client.name.split(' ').next().unwrap_or_default().to_uppercase();
        let style = dice.below(5);
        self.habit = [0, 0, 1, 1, 2][dice.below(5)];
        let start = self.devices.len();
        for at in 0..count {
            let (first, last) = (dice.pick(FIRST), dice.pick(LAST));
            let class = match dice.below(100) {
                0..6 => DeviceClass::Server,
                6..48 => DeviceClass::Laptop,
                48..80 => DeviceClass::Desktop,
                _ => DeviceClass::Workstation,
            };
            let name = host(style, &short, first, class, at, dice);
            let mut device = self.device(number, client, name, class, dice);
            if class == DeviceClass::Server {
                log_ons(&mut device, "Administrator", 8, dice, &short);
            } else {
                self.log_ons(&mut device, (first, last), start, &short, dice);
                let (first, last) = (first.to_owned(), last.to_owned());
                let at = self.devices.len();
                self.owners.push(Owner { first, last, client: number, device: at });
            }
            self.devices.push(device);
            if dice.percent(1) {
                self.clone_last();
            }
        }
    }

    fn device(
        &self,
        number: usize,
        client: &Client,
        name: String,
        class: DeviceClass,
        dice: &mut Dice,
    ) -> Device {
        let at = self.devices.len();
        let os = match (class, name.contains("MBP") || name.contains("MacBook")) {
            (DeviceClass::Server, _) => "Windows Server 2022 Standard",
            (_, true) => "macOS 15.1",
            (..) => dice.pick(&["Windows 11 Pro", "Windows 10 Pro"]),
        };
        let model = match class {
            DeviceClass::Laptop => Some(dice.pick(&["Latitude 5440", "EliteBook 840", "XPS 13"])),
            DeviceClass::Desktop => Some(dice.pick(&["OptiPlex 7010", "ProDesk 400"])),
            DeviceClass::Server | DeviceClass::Workstation => None,
        };
        let online = Some(dice.percent(70));
        let agent = |id: String| Some(Pathway { id, online, seen_at: None, name: None });
        Device {
            id: DeviceId::new(format!("dev-{at:016x}")),
            name,
            friendly_name: dice.percent(3).then(|| dice.pick(FRIENDLY).to_owned()),
            client: client.id.clone(),
            site: Some(SiteId::new(format!("site-{number}-{}", dice.pick(SITES)))),
            class,
            os: Some(os.into()),
            model: model.map(Into::into),
            serial: Some(format!("5CG{:07}", at * 7 + 1)),
            bios_uuid: None,
            rmm: agent(format!("7b1f0000-0000-4000-8000-{at:012x}")),
            automate: agent(format!("{}", at + 1)),
            control: agent(format!("c0de0000-0000-4000-8000-{at:012x}")),
            log_ons: Vec::new(),
            read_at: "2026-09-14T08:00:00Z".parse().unwrap_or_default(),
        }
    }

    /// The owner most of the time, colleagues and administrators now and then.
    fn log_ons(
        &self,
        device: &mut Device,
        (first, last): (&str, &str),
        start: usize,
        short: &str,
        dice: &mut Dice,
    ) {
        let user = spelling(self.habit, first, last, short, dice);
        log_ons(device, &user, 4 + dice.below(7), dice, short);
        if dice.percent(15) && self.devices.len() > start {
            let other = &self.devices[start + dice.below(self.devices.len() - start)];
            if let Some(log_on) = other.log_ons.first() {
                let at = dice.below(device.log_ons.len());
                device.log_ons.insert(at, log_on.clone());
                device.log_ons.truncate(10);
            }
        }
        if dice.percent(3) {
            device.log_ons.clear();
        }
    }

    /// The same machine twice: restored from an image, or enrolled again.
    fn clone_last(&mut self) {
        if let Some(last) = self.devices.last() {
            let mut clone = last.clone();
            clone.id = DeviceId::new(format!("{}-again", clone.id));
            self.devices.push(clone);
        }
    }
}

fn host(
    style: usize,
    short: &str,
    first: &str,
    class: DeviceClass,
    at: usize,
    dice: &mut Dice,
) -> String {
    let server = class == DeviceClass::Server;
    let role = dice.pick(&["DC", "FS", "SQL", "APP", "PRINT", "BACKUP"]);
    let kind = match class {
        DeviceClass::Laptop => "LT",
        DeviceClass::Desktop => "PC",
        DeviceClass::Workstation | DeviceClass::Server => "WS",
    };
    let upper: String = first.to_uppercase();
    match (style, server) {
        (0 | 1, true) => format!("{role}{:02}", 1 + dice.below(3)),
        (_, true) => format!("{}-{role}{:02}", &short[..3.min(short.len())], 1 + dice.below(3)),
        (0, _) => format!("{short}-{kind}-{at:04}"),
        (1, _) if class == DeviceClass::Laptop => format!("{upper}S-MBP"),
        (1, _) => format!("{upper}-{kind}-{:02}", 1 + dice.below(4)),
        (2, _) => serial_host(dice),
        (3, _) => format!("{}{kind}{at:03}", &short[..2]),
        (_, _) if dice.percent(50) => format!("{upper}-{kind}"),
        (_, _) => serial_host(dice),
    }
}

/// As Windows names machines nobody named.
fn serial_host(dice: &mut Dice) -> String {
    const SIGNS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
    let mut name = String::from("DESKTOP-");
    (0..7).for_each(|_| name.push(char::from(SIGNS[dice.below(SIGNS.len())])));
    name
}

/// A company has one habit, and each product spells it in its own way.
fn spelling(habit: usize, first: &str, last: &str, domain: &str, dice: &mut Dice) -> String {
    let (low_first, low_last) = (first.to_lowercase(), last.to_lowercase().replace('\'', ""));
    let initial: String = low_first.chars().take(1).collect();
    match (habit, dice.below(3)) {
        (0, 0) => format!("{domain}\\{low_first}"),
        (0, 1) => format!("{low_first}@{}.example", domain.to_lowercase()),
        (0 | 1, 2) => format!("{first} {last}"),
        (1, 0) => format!("{domain}\\{low_first}.{low_last}"),
        (1, 1) => format!("AzureAD\\{first}{last}"),
        (_, 0) => format!("{domain}\\{initial}{low_last}"),
        (..) => format!("{initial}{low_last}@{}.example", domain.to_lowercase()),
    }
}

fn log_ons(device: &mut Device, user: &str, count: usize, dice: &mut Dice, domain: &str) {
    let at = "2026-09-12T08:00:00Z".parse().ok();
    for _ in 0..count {
        let user = if dice.percent(5) { format!("{domain}\\admin") } else { user.to_owned() };
        device.log_ons.push(LogOn { user: user.into(), at });
    }
}
