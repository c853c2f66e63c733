//! Thousands of phrases against a made-up fleet: acting on a wrong machine must not happen once.

use crate::directory::resolver::{Phrase, Resolution, resolve};
use crate::directory::{
    Client, Device, DeviceClass, Directory, LogOn, Pathway, Site,
    fold::{fold, strip_zeros},
    vocabulary::{is_first_name, nicknames},
};
use crate::ids::{ClientId, DeviceId, SiteId};
use generated::{Dice, Owner, fleet};

#[path = "../../benches/fleet/mod.rs"]
mod generated;

/// Any other seed has to do as well.
const SEED: u64 = 7;

#[derive(Debug, Default)]
struct Tally {
    asked: usize,
    right: usize,
    several: usize,
    /// Several, and the device is on the list.
    listed: usize,
    unknown: usize,
    wrong: Vec<String>,
}

impl Tally {
    /// `meant`: every device that a person could mean by the phrase; acting on the only one is right.
    fn ask(&mut self, directory: &Directory, phrase: &Phrase<'_>, meant: &[DeviceId]) {
        self.asked += 1;
        match resolve(phrase, directory) {
            Resolution::One(found) if meant == [found.device.id.clone()] => self.right += 1,
            Resolution::One(found) => self.wrong.push(format!(
                "{:?} became {} ({:?}), meant {meant:?}",
                phrase.text, found.device.name, found.why
            )),
            Resolution::Several { choices, .. } => {
                self.several += 1;
                self.listed += usize::from(choices.iter().any(|it| meant.contains(&it.device.id)));
            }
            Resolution::Unknown { .. } => self.unknown += 1,
        }
    }

    fn line(&self, name: &str) -> String {
        let share = |count: usize| 100 * count / self.asked.max(1);
        format!(
            "{name}: {} phrases, right {} %, asked {} % (on the list {} %), unknown {} %, wrong {}",
            self.asked,
            share(self.right),
            share(self.several),
            share(self.listed),
            share(self.unknown),
            self.wrong.len()
        )
    }
}

/// Every machine somebody called so could have: theirs by log-ons, or by its name.
fn machines_of(
    directory: &Directory,
    owner: &Owner,
    owners: &[Owner],
    full: bool,
) -> Vec<DeviceId> {
    let same = owners.iter().filter(|it| {
        it.client == owner.client && it.first == owner.first && (!full || it.last == owner.last)
    });
    let class = directory.devices()[owner.device].class;
    let devices = same.filter(|it| is_seen(directory, it, full));
    let devices = devices.map(|it| &directory.devices()[it.device]);
    let fit = devices.filter(|it| may_be(it.class, class));
    let mut ids: Vec<DeviceId> = fit.map(|it| it.id.clone()).collect();
    let clone = DeviceId::new(format!("{}-again", directory.devices()[owner.device].id));
    ids.extend(directory.device(&clone).map(|it| it.id.clone()));
    ids
}

/// Does anything in the directory say that the machine is this person's? An account `jsmith` on a
/// DESKTOP-8F3K2L1 does not say James, and neither does a machine without log-ons.
fn is_seen(directory: &Directory, owner: &Owner, full: bool) -> bool {
    let device = &directory.devices()[owner.device];
    let has = |text: &str, name: &str| fold(text).contains(&fold(name).replace('\'', ""));
    let short: String = owner.first.chars().take(1).chain(owner.last.chars()).collect();
    let seen = device.log_ons.iter().map(|it| it.user.replace('\'', ""));
    has(&device.name, &owner.first) && (!full || has(&device.name, &owner.last))
        || seen.into_iter().any(|user| {
            has(&user, &owner.first) && (!full || has(&user, &owner.last))
                || full && has(&user, &short)
        })
}

fn may_be(class: DeviceClass, asked: DeviceClass) -> bool {
    match asked {
        DeviceClass::Laptop => matches!(class, DeviceClass::Laptop | DeviceClass::Workstation),
        DeviceClass::Desktop | DeviceClass::Workstation => class != DeviceClass::Server,
        DeviceClass::Server => class == DeviceClass::Server,
    }
}

fn word(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Laptop => "laptop",
        DeviceClass::Desktop => "pc",
        DeviceClass::Server => "server",
        DeviceClass::Workstation => "computer",
    }
}

/// One slip of the fingers somewhere in the letters.
fn slipped(word: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let letters_only = letters.iter().all(|c| c.is_alphabetic());
    if letters.len() < 4 || !letters_only {
        return word.to_owned();
    }
    let at = 1 + dice.below(letters.len() - 2);
    match dice.below(4) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, letters[at]),
        _ => letters.insert(at, char::from(b'a' + dice.below(26) as u8)),
    }
    letters.into_iter().collect()
}

/// The name if no machine of the client has it, zeros aside; else one that surely none has.
fn other_host(directory: &Directory, device: &Device, name: &str) -> String {
    let mut names = directory.devices_of(&device.client).map(|it| strip_zeros(&it.name));
    if names.any(|it| it == strip_zeros(name)) { format!("{name}-98765") } else { name.to_owned() }
}

fn same_host(directory: &Directory, device: &Device) -> Vec<DeviceId> {
    let all = directory.devices_of(&device.client);
    let same = all.filter(|it| it.name.eq_ignore_ascii_case(&device.name));
    same.map(|it| it.id.clone()).collect()
}

#[test]
fn no_wrong_machine_in_thousands_of_phrases() {
    let fleet = fleet(50, 200, SEED);
    let directory = &fleet.directory;
    let mut dice = Dice::new(SEED);
    let [mut hosts, mut people, mut slips, mut nicks, mut absent, mut unseen] =
        [0; 6].map(|_: i32| Tally::default());
    for owner in fleet.owners.iter().step_by(32) {
        let device = &directory.devices()[owner.device];
        let client = directory.client_name(&device.client);
        let hint = Some(&device.client);
        let same = same_host(directory, device);
        let mut host = |text: &str, hint| {
            hosts.ask(directory, &Phrase { text, client_hint: hint }, &same);
        };
        host(&format!("{} {client}", device.name.to_lowercase()), None);
        host(&format!("{} at {client}", device.name.replace('-', " ")), None);
        host(&device.name, hint);

        let kind = word(device.class);
        let (first, last) = (owner.first.to_lowercase(), owner.last.to_lowercase());
        let firsts = machines_of(directory, owner, &fleet.owners, false);
        let fulls = machines_of(directory, owner, &fleet.owners, true);
        let mut person = |text: &str, hint, meant: &[DeviceId]| {
            let seen = meant.contains(&device.id);
            let tally = if seen { &mut people } else { &mut unseen };
            tally.ask(directory, &Phrase { text, client_hint: hint }, meant);
        };
        person(&format!("{first}'s {kind}"), hint, &firsts);
        person(&format!("{first}s {kind} at {client}"), None, &firsts);
        person(&format!("{kind} of {first} {last}"), hint, &fulls);
        person(&format!("{first} {last}’s {kind}"), hint, &fulls);

        // A slip that makes another name is no slip to anybody.
        let mut slipped = |word: &str| {
            let slipped = slipped(word, &mut dice);
            if is_first_name(&slipped) { word.to_owned() } else { slipped }
        };
        let typo = slipped(&first);
        slips.ask(
            directory,
            &Phrase { text: &format!("{typo}'s {kind}"), client_hint: hint },
            &machines_of(directory, owner, &fleet.owners, false),
        );
        let (host, client) = (device.name.to_lowercase(), slipped(client));
        slips.ask(
            directory,
            &Phrase { text: &format!("{client} {host}"), client_hint: None },
            &same,
        );
        let parts: Vec<String> = host.split('-').map(&mut slipped).collect();
        let typed = parts.join("-");
        // ERIKAS-MBP without its "a" is typed exactly as somebody else's.
        let mut others = directory.devices_of(&device.client);
        if !others.any(|it| it.name.eq_ignore_ascii_case(&typed) && !same.contains(&it.id)) {
            slips.ask(directory, &Phrase { text: &typed, client_hint: hint }, &same);
        }

        for nickname in nicknames(&first).take(1) {
            let called_so: Vec<DeviceId> = fleet
                .owners
                .iter()
                .filter(|it| it.client == owner.client)
                .filter(|it| {
                    let name = it.first.to_lowercase();
                    name == nickname || nicknames(nickname).any(|other| other == name)
                })
                .flat_map(|it| machines_of(directory, it, &fleet.owners, false))
                .collect();
            let mut meant = called_so;
            meant.sort();
            meant.dedup();
            let text = format!("{nickname}'s {kind}");
            nicks.ask(directory, &Phrase { text: &text, client_hint: hint }, &meant);
        }
        // Machines that are not there: another kind, another person, another number, another client.
        for text in [
            format!("{first}'s server"),
            format!("bartholomew's {kind}"),
            format!("{first}'s other {kind}"),
            format!("{} at Wonka", device.name),
            other_host(directory, device, &format!("{}7", device.name)),
            other_host(directory, device, &device.name.replace("-LT-", "-PC-")),
            other_host(directory, device, &device.name.replace("-PC-", "-WS-")),
            other_host(directory, device, &device.name.replace("-WS-", "-LT-")),
        ] {
            absent.ask(directory, &Phrase { text: &text, client_hint: hint }, &[]);
        }
    }
    let tallies = [
        ("hosts", &hosts),
        ("people", &people),
        ("slips", &slips),
        ("nicknames", &nicks),
        ("absent", &absent),
    ];
    tallies.iter().for_each(|(name, tally)| println!("{}", tally.line(name)));
    // Somebody may mean a machine of which nothing is known but the name of a namesake's.
    println!("{}", unseen.line("people of whom nothing is seen"));
    let wrong: Vec<_> = tallies.iter().flat_map(|(_, tally)| &tally.wrong).collect();
    assert!(
        wrong.is_empty(),
        "{} wrong: {:#?}",
        wrong.len(),
        &wrong[wrong.len().saturating_sub(30)..]
    );
    assert!(tallies.iter().map(|(_, tally)| tally.asked).sum::<usize>() >= 5_000);
}
