//! What the resolver knows of a fleet in advance: one lexicon, and numbers per device. Some 250 bytes a device.

use std::collections::HashMap;
use std::sync::Arc;

use crate::directory::fold::{Unit, UnitKind, is_letters, push_squashed};
use crate::directory::fold::{bare, fold, host_units, squashed, words};
use crate::directory::lexicon::{Field, Lexicon, LexiconBuilder, ends_by_key, run_of};
use crate::directory::names::{Names, core_words};
use crate::directory::users::Account;
use crate::directory::vocabulary::{Shape, asks_for_mac, os_words, shape_word};
use crate::directory::{Client, Device, DeviceClass, Site};
use crate::ids::{ClientId, SiteId};

/// No client, no site, no model.
pub(super) const NONE: u32 = u32::MAX;

/// Numbers in groups: the devices of each client, the devices of each account.
#[derive(Debug, Default)]
pub(super) struct Groups {
    ends: Box<[u32]>,
    numbers: Box<[u32]>,
}

impl Groups {
    fn of(count: usize, mut pairs: Vec<(u32, u32)>) -> Self {
        pairs.sort_unstable();
        Self {
            ends: ends_by_key(count, pairs.iter().map(|(key, _)| *key)),
            numbers: pairs.into_iter().map(|(_, number)| number).collect(),
        }
    }

    pub(super) fn get(&self, key: u32) -> &[u32] {
        if (key as usize) < self.ends.len() { &self.numbers[run_of(&self.ends, key)] } else { &[] }
    }
}

/// Log-ons of one account on one device, in one number: device, how many, whether the newest is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use(u32);

impl Use {
    fn new(device: u32, count: usize, newest: bool) -> Self {
        Self(device << 5 | (count.min(15) as u32) << 1 | u32::from(newest))
    }

    pub(super) fn device(self) -> u32 {
        self.0 >> 5
    }

    /// 1 to 32, for a first order.
    pub(super) fn weight(self) -> u8 {
        let count = (self.0 >> 1 & 15) as u8;
        count + if self.0 & 1 == 1 { 17 } else { 0 }
    }
}

#[derive(Debug, Default)]
pub(super) struct Index {
    pub lexicon: Lexicon,
    pub clients: Names,
    pub sites: Names,
    pub client_at: HashMap<ClientId, u32>,
    pub site_at: HashMap<SiteId, u32>,
    /// Per device.
    pub client_of: Box<[u32]>,
    pub shapes: Box<[Shape]>,
    pub os_of: Box<[u32]>,
    pub systems: usize,
    pub models: usize,
    pub model_of: Box<[u32]>,
    pub of_client: Groups,
    pub of_site: Groups,
    uses: Groups,
    /// Hash of a serial number or agent id, device; sorted.
    keys: Box<[(u32, u32)]>,
    /// Per client: the words of its name without suffixes.
    pub client_words: Vec<Vec<String>>,
}

impl Index {
    pub(super) fn of(clients: &[Client], sites: &[Site], devices: &[Device]) -> Self {
        let mut build = Build {
            index: Self {
                clients: Names::of(clients.iter().map(|it| it.name.as_str())),
                sites: Names::of(sites.iter().map(|it| it.name.as_str())),
                client_at: (0..).zip(clients).map(|(at, it)| (it.id.clone(), at)).collect(),
                site_at: (0..).zip(sites).map(|(at, it)| (it.id.clone(), at)).collect(),
                client_words: clients.iter().map(|it| client_words(&it.name)).collect(),
                ..Self::default()
            },
            lexicon: LexiconBuilder::new(),
            accounts: HashMap::new(),
            users: HashMap::new(),
            systems: HashMap::new(),
            models: HashMap::new(),
            uses: Vec::new(),
        };
        for (client, words) in (0..).zip(&build.index.client_words) {
            words.iter().for_each(|word| build.lexicon.add(word, Field::Client, client));
        }
        for (number, site) in (0..).zip(sites) {
            let words = words(&fold(&site.name));
            words.iter().for_each(|word| build.lexicon.add(word, Field::Site, number));
        }
        build.devices(devices);
        build.finish(clients.len(), sites.len(), devices)
    }

    /// Where and how much an account was used.
    pub(super) fn uses(&self, account: u32) -> impl Iterator<Item = Use> {
        self.uses.get(account).iter().map(|it| Use(*it))
    }

    /// Devices that may have this serial number or agent id; to be compared in full.
    pub(super) fn with_key(&self, bare: &str) -> impl Iterator<Item = u32> {
        let hash = key_hash(bare);
        let start = self.keys.partition_point(|(known, _)| *known < hash);
        self.keys[start..].iter().take_while(move |(known, _)| *known == hash).map(|it| it.1)
    }

    /// The parts of a device's host name.
    pub(super) fn units(&self, device: u32, name: &str) -> Vec<Unit> {
        units(&self.client_words, self.client_of[device as usize], name)
    }
}

fn units(client_words: &[Vec<String>], client: u32, name: &str) -> Vec<Unit> {
    let prefix = client_words.get(client as usize).and_then(|words| words.first());
    host_units(&fold(name), prefix.map(String::as_str))
}

fn client_words(name: &str) -> Vec<String> {
    let all = words(&fold(name));
    core_words(&all).into_iter().map(str::to_owned).collect()
}

/// The words a host name answers to: each part, and letters with the number that follows.
pub(super) fn unit_words(units: &[Unit]) -> impl Iterator<Item = String> {
    let joined = units.windows(2).filter_map(|two| {
        let [letters, number] = two else { return None };
        let fits = letters.kind == UnitKind::Letters && number.kind == UnitKind::Number;
        fits.then(|| format!("{}{}", letters.text, number.text))
    });
    units.iter().map(|unit| unit.text.clone()).chain(joined)
}

/// The words a system or model answers to. Numbers only with the word before: `windows11`.
pub(super) fn attribute_words(name: &str) -> Vec<String> {
    let all = words(&fold(name));
    let mut out = Vec::new();
    let mut before: &[&str] = &[];
    let mut last = String::new();
    for word in &all {
        if is_letters(word) {
            before = os_words(word);
            last.clone_from(word);
            out.push(word.clone());
            out.extend(before.iter().map(|it| (*it).to_owned()));
        } else {
            for start in [last.as_str()].into_iter().chain(before.iter().copied()) {
                if !start.is_empty() {
                    let mut joined = start.to_owned();
                    push_squashed(&mut joined, word);
                    out.push(joined);
                }
            }
        }
    }
    out
}

/// Serial numbers and agent ids a device answers to, with what to call them. Short numbers are left
/// out: they are no ids anybody would type without saying so.
pub(super) fn keys_of(device: &Device) -> impl Iterator<Item = (&'static str, &str)> {
    let serial = device.serial.as_deref().map(|it| ("serial number", it));
    let agents = [&device.rmm, &device.automate, &device.control];
    let agents = agents.into_iter().flatten().map(|it| ("endpoint id", it.id.as_str()));
    let own = std::iter::once(("device id", device.id.as_str()));
    serial.into_iter().chain(agents).chain(own).filter(|(_, key)| is_key(key))
}

/// Long enough to be one machine's, and not "To be filled by O.E.M.".
pub(super) fn is_key(text: &str) -> bool {
    text.len() >= KEY_CHARS_MIN && text.contains(|c: char| c.is_ascii_digit())
}

/// The shortest serial numbers in use have seven characters; Automate's ids are shorter, and are names too.
const KEY_CHARS_MIN: usize = 6;

fn key_hash(bare: &str) -> u32 {
    bare.bytes()
        .fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// What the class says, or where that says nothing, model and host name.
fn shape_of(device: &Device, units: &[Unit]) -> Shape {
    match device.class {
        DeviceClass::Server => Shape::Server,
        DeviceClass::Desktop => Shape::Desktop,
        DeviceClass::Laptop => Shape::Laptop,
        DeviceClass::Workstation => {
            let model = device.model.as_deref().map(|it| words(&fold(it))).unwrap_or_default();
            let host = units.iter().map(|unit| unit.text.as_str());
            model
                .iter()
                .map(String::as_str)
                .chain(host.filter(|word| *word != "desktop" && *word != "laptop"))
                .find_map(|word| shape_word(word).filter(|shape| *shape != Shape::Server))
                .unwrap_or(Shape::Unknown)
        }
    }
}

struct Build<'a> {
    index: Index,
    lexicon: LexiconBuilder,
    /// By [`Account::key`].
    accounts: HashMap<String, u32>,
    /// As spelled: most log-ons repeat.
    users: HashMap<&'a str, u32>,
    systems: HashMap<&'a str, u32>,
    models: HashMap<&'a str, u32>,
    uses: Vec<(u32, u32)>,
}

impl<'a> Build<'a> {
    fn devices(&mut self, devices: &'a [Device]) {
        let client_of = devices.iter().map(|it| self.index.client_at.get(&it.client).copied());
        self.index.client_of = client_of.map(|it| it.unwrap_or(NONE)).collect();
        let (mut shapes, mut systems, mut models) = (Vec::new(), Vec::new(), Vec::new());
        for (number, device) in (0..).zip(devices) {
            let units = self.index.units(number, &device.name);
            self.names(number, device, &units);
            self.log_ons(number, device);
            shapes.push(shape_of(device, &units));
            systems.push(attribute(&mut self.systems, &mut self.lexicon, Field::Os, &device.os));
            models.push(attribute(
                &mut self.models,
                &mut self.lexicon,
                Field::Model,
                &device.model,
            ));
        }
        (self.index.systems, self.index.models) = (self.systems.len(), self.models.len());
        self.index.shapes = shapes.into();
        self.index.os_of = systems.into();
        self.index.model_of = models.into();
    }

    fn names(&mut self, number: u32, device: &Device, units: &[Unit]) {
        for word in unit_words(units) {
            self.lexicon.add(&word, Field::Host, number);
            if asks_for_mac(&word) {
                self.lexicon.add("mac", Field::Host, number);
            }
        }
        let whole = squashed(words(&fold(&device.name)).iter().map(String::as_str));
        self.lexicon.add(&whole, Field::WholeHost, number);
        if let Some(friendly) = &device.friendly_name {
            let words = words(&fold(friendly));
            words.iter().for_each(|word| self.lexicon.add(word, Field::Friendly, number));
            let whole = squashed(words.iter().map(String::as_str));
            self.lexicon.add(&whole, Field::WholeFriendly, number);
        }
    }

    fn log_ons(&mut self, number: u32, device: &'a Device) {
        let mut counts: Vec<(u32, usize, bool)> = Vec::new();
        for (place, log_on) in device.log_ons.iter().enumerate() {
            let account = self.account(&log_on.user);
            match counts.iter_mut().find(|it| it.0 == account) {
                Some(known) => known.1 += 1,
                None => counts.push((account, 1, place == 0)),
            }
        }
        let uses = counts.into_iter();
        self.uses.extend(uses.map(|(account, count, newest)| {
            let used = Use::new(number, count, newest);
            (account, used.0)
        }));
    }

    fn account(&mut self, user: &'a str) -> u32 {
        if let Some(account) = self.users.get(user) {
            return *account;
        }
        let parsed = Account::parse(user);
        let fresh = self.accounts.len() as u32;
        let account = *self.accounts.entry(parsed.key()).or_insert(fresh);
        if account == fresh {
            parsed.words.iter().for_each(|word| self.lexicon.add(word, Field::User, account));
            if let Some(joined) = parsed.joined() {
                self.lexicon.add(&joined, Field::User, account);
            }
            if let Some(short) = parsed.short() {
                self.lexicon.add(&short, Field::ShortUser, account);
            }
            if let Some(first) = parsed.first_name() {
                self.lexicon.add(first, Field::ShortUser, account);
            }
        }
        self.users.insert(user, account);
        account
    }

    fn finish(self, clients: usize, sites: usize, devices: &[Device]) -> Index {
        let Self { mut index, lexicon, accounts, users, uses, .. } = self;
        drop(users);
        index.lexicon = lexicon.build();
        index.uses = Groups::of(accounts.len(), uses);
        let known = |(number, client): (u32, &u32)| (*client != NONE).then_some((*client, number));
        let of_client = (0..).zip(&index.client_of).filter_map(known).collect();
        index.of_client = Groups::of(clients, of_client);
        let of_site = (0..).zip(devices).filter_map(|(number, device)| {
            Some((*index.site_at.get(device.site.as_ref()?)?, number))
        });
        index.of_site = Groups::of(sites, of_site.collect());
        let keys = (0..).zip(devices).flat_map(|(number, device)| {
            keys_of(device).map(move |(_, key)| (key_hash(&bare(&fold(key))), number))
        });
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        keys.dedup();
        index.keys = keys.into();
        index
    }
}

fn attribute<'a>(
    known: &mut HashMap<&'a str, u32>,
    lexicon: &mut LexiconBuilder,
    field: Field,
    name: &'a Option<Arc<str>>,
) -> u32 {
    let Some(name) = name.as_deref() else { return NONE };
    let fresh = known.len() as u32;
    *known.entry(name).or_insert_with(|| {
        attribute_words(name).iter().for_each(|word| lexicon.add(word, field, fresh));
        fresh
    })
}
