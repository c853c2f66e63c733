//! Which agents of two products are on one machine.
//!
//! Hardware first: a serial that is worth something, or the UUID of the board. Where one of the two says
//! nothing, the host name within one client. Whatever speaks against itself (one serial on two agents of one
//! product, a serial and a board that point to different machines) is a conflict for a person to look at:
//! two machines taken for one is a script on the wrong machine.

mod trust;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::directory::Device;
use crate::directory::fold::fold;
use crate::ids::{ClientId, DeviceId};

pub use trust::{board, serial};

/// What one product tells of one machine.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    pub device: &'a DeviceId,
    /// The host name.
    pub name: &'a str,
    pub client: &'a ClientId,
    pub serial: Option<&'a str>,
    pub bios_uuid: Option<&'a str>,
}

impl<'a> Identity<'a> {
    pub fn of(device: &'a Device) -> Self {
        Self {
            device: &device.id,
            name: &device.name,
            client: &device.client,
            serial: device.serial.as_deref(),
            bios_uuid: device.bios_uuid.as_deref(),
        }
    }
}

/// Client of the second product to the client of the first that it is.
pub type Links = HashMap<ClientId, ClientId>;

/// What becomes of the devices of two products. Every device is in exactly one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'a> {
    /// Both are on one machine.
    Merge { one: &'a DeviceId, other: &'a DeviceId, because: Because },
    /// Only one product has it.
    New(&'a DeviceId),
    /// Left apart until a person has looked.
    Conflict { devices: Vec<&'a DeviceId>, clash: Clash },
}

/// Why two agents are on one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    Serial,
    BiosUuid,
    /// The same host name at the same client, and nothing speaks against it.
    Name,
}

impl Because {
    pub fn text(self) -> &'static str {
        match self {
            Self::Serial => "same serial number",
            Self::BiosUuid => "same board",
            Self::Name => "same name at the same client",
        }
    }
}

/// Why nobody can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clash {
    /// One product has this serial on several agents: a clone, or an agent that was enrolled twice.
    SharedSerial(String),
    /// The same for the UUID of the board.
    SharedBoard(String),
    /// One product has this name several times at one client, and the hardware does not tell them apart.
    SharedName(String),
    /// The serial points to one machine, the board to another.
    SerialAgainstBoard,
    /// The same serial or board at two clients that are known to be different.
    OtherClient,
    /// The same name at the same client on other hardware: one was replaced, or the name was given twice.
    OtherHardware,
}

impl Clash {
    pub fn text(&self) -> String {
        match self {
            Self::SharedSerial(serial) => {
                format!("serial number {serial} is on several agents of one product")
            }
            Self::SharedBoard(board) => {
                format!("board {board} is on several agents of one product")
            }
            Self::SharedName(name) => format!("{name} is there several times at one client"),
            Self::SerialAgainstBoard => {
                "serial number and board point to different machines".into()
            }
            Self::OtherClient => "the same hardware is listed at two different clients".into(),
            Self::OtherHardware => "the same name at the same client, on other hardware".into(),
        }
    }
}

/// Decides on all devices of two products, those of `one` first, each in its order.
///
/// - Clients that `links` does not name, and that have different ids, are not known to be the same, so a
///   name alone merges nothing there; hardware does.
/// - Costs about a microsecond a device, and some 200 bytes.
pub fn merge<'a>(one: &[Identity<'a>], other: &[Identity<'a>], links: &Links) -> Vec<Decision<'a>> {
    let facts: Vec<Facts> = one
        .iter()
        .map(|it| Facts::of(it, it.client))
        .chain(other.iter().map(|it| Facts::of(it, links.get(it.client).unwrap_or(it.client))))
        .collect();
    let mut table = Table { split: one.len(), fates: vec![Fate::Open; facts.len()], facts, links };
    let at = |place: usize| if place < one.len() { &one[place] } else { &other[place - one.len()] };
    table.by_hardware(&at);
    table.by_name(&at);
    table.decisions(&at)
}

/// What of an identity counts.
struct Facts {
    serial: Option<String>,
    board: Option<u128>,
    /// Client and host name in one number; a clash of numbers is caught by comparing the names.
    named: u64,
}

impl Facts {
    fn of(identity: &Identity<'_>, client: &ClientId) -> Self {
        let mut hasher = DefaultHasher::new();
        client.hash(&mut hasher);
        host(identity.name).hash(&mut hasher);
        Self {
            serial: identity.serial.and_then(serial),
            board: identity.bios_uuid.and_then(board),
            named: hasher.finish(),
        }
    }
}

/// A host name as it is compared: without case, accents and domain.
fn host(name: &str) -> String {
    let folded = fold(name.trim());
    match folded.split_once('.') {
        // "100.200" is no host with a domain.
        Some((host, _)) if host.contains(|c: char| c.is_alphabetic()) => host.to_owned(),
        _ => folded,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Pair(u32, Because),
    /// Number of the conflict.
    Clash(u32),
}

/// The devices of both products in one row, those of the first product before `split`.
struct Table<'l> {
    split: usize,
    facts: Vec<Facts>,
    fates: Vec<Fate>,
    links: &'l Links,
}

/// Places that share something, by product.
#[derive(Default)]
struct Group {
    ones: Vec<u32>,
    others: Vec<u32>,
}

impl Group {
    /// The pair, if there is exactly one of each.
    fn pair(&self) -> Option<(u32, u32)> {
        match (self.ones.as_slice(), self.others.as_slice()) {
            ([one], [other]) => Some((*one, *other)),
            _ => None,
        }
    }

    fn is_shared(&self) -> bool {
        self.ones.len() > 1 || self.others.len() > 1
    }

    fn all(&self) -> impl Iterator<Item = u32> {
        self.ones.iter().chain(&self.others).copied()
    }
}

impl Table<'_> {
    fn groups<K: Eq + std::hash::Hash>(
        &self,
        key: impl Fn(&Facts) -> Option<K>,
        open_only: bool,
    ) -> HashMap<K, Group> {
        let mut groups: HashMap<K, Group> = HashMap::with_capacity(self.facts.len());
        for (place, facts) in (0_u32..).zip(&self.facts) {
            if open_only && self.fates[place as usize] != Fate::Open {
                continue;
            }
            let Some(key) = key(facts) else { continue };
            let group = groups.entry(key).or_default();
            let side =
                if (place as usize) < self.split { &mut group.ones } else { &mut group.others };
            side.push(place);
        }
        groups
    }

    fn by_hardware<'a, 'i: 'a>(&mut self, at: &impl Fn(usize) -> &'a Identity<'i>) {
        let serials = self.groups(|it| it.serial.clone(), false);
        let boards = self.groups(|it| it.board, false);
        let partner = |group: Option<&Group>, place: u32| {
            let (one, other) = group.and_then(Group::pair)?;
            Some(if place == one { other } else { one })
        };
        let mut verdicts: Vec<(u32, Fate)> = Vec::new();
        for place in 0..u32::try_from(self.facts.len()).unwrap_or(u32::MAX) {
            let facts = &self.facts[place as usize];
            let by_serial = facts.serial.as_ref().and_then(|key| serials.get(key));
            let by_board = facts.board.as_ref().and_then(|key| boards.get(key));
            let fate = match (partner(by_serial, place), partner(by_board, place)) {
                (Some(one), Some(other)) if one != other => Fate::Clash(CLASH_BOARD),
                (Some(partner), _) | (None, Some(partner)) => {
                    let because = match by_serial.and_then(Group::pair) {
                        Some(_) => Because::Serial,
                        None => Because::BiosUuid,
                    };
                    self.hardware_pair(place, partner, because, at)
                }
                // Shared by agents of one product, and the other proof does not tell them apart.
                (None, None) if by_serial.is_some_and(Group::is_shared) => {
                    Fate::Clash(CLASH_SERIAL)
                }
                (None, None) if by_board.is_some_and(Group::is_shared) => Fate::Clash(CLASH_SHARED),
                (None, None) => continue,
            };
            verdicts.push((place, fate));
        }
        for (place, fate) in verdicts {
            self.fates[place as usize] = fate;
        }
        // A pair of which one half has another fate is none.
        for place in 0..self.fates.len() {
            if let Fate::Pair(partner, because) = self.fates[place]
                && !matches!(self.fates[partner as usize], Fate::Pair(back, same) if back as usize == place && same == because)
            {
                self.fates[place] = Fate::Clash(CLASH_BOARD);
            }
        }
    }

    fn hardware_pair<'a, 'i: 'a>(
        &self,
        place: u32,
        partner: u32,
        because: Because,
        at: &impl Fn(usize) -> &'a Identity<'i>,
    ) -> Fate {
        let (mine, its) = (&self.facts[place as usize], &self.facts[partner as usize]);
        if differ(&mine.serial, &its.serial) || differ(&mine.board, &its.board) {
            return Fate::Clash(CLASH_BOARD);
        }
        match self.known_apart(at(place as usize), at(partner as usize), place) {
            true => Fate::Clash(CLASH_CLIENT),
            false => Fate::Pair(partner, because),
        }
    }

    /// Whether the clients are linked to something else than each other.
    fn known_apart(&self, mine: &Identity<'_>, its: &Identity<'_>, place: u32) -> bool {
        let (one, other) = if (place as usize) < self.split { (mine, its) } else { (its, mine) };
        self.links.get(other.client).is_some_and(|linked| linked != one.client)
    }

    fn by_name<'a, 'i: 'a>(&mut self, at: &impl Fn(usize) -> &'a Identity<'i>) {
        let groups = self.groups(|it| Some(it.named), true);
        for group in groups.into_values() {
            if group.ones.is_empty() || group.others.is_empty() {
                continue;
            }
            let Some((one, other)) = group.pair() else {
                for place in group.all() {
                    self.fates[place as usize] = Fate::Clash(CLASH_NAME);
                }
                continue;
            };
            if host(at(one as usize).name) != host(at(other as usize).name) {
                continue;
            }
            let (mine, its) = (&self.facts[one as usize], &self.facts[other as usize]);
            let clash = differ(&mine.serial, &its.serial) || differ(&mine.board, &its.board);
            let fate = |partner| match clash {
                true => Fate::Clash(CLASH_HARDWARE),
                false => Fate::Pair(partner, Because::Name),
            };
            (self.fates[one as usize], self.fates[other as usize]) = (fate(other), fate(one));
        }
    }

    fn decisions<'s, 'i: 's>(&self, at: &impl Fn(usize) -> &'s Identity<'i>) -> Vec<Decision<'i>> {
        let mut decisions: Vec<Decision<'i>> = Vec::with_capacity(self.fates.len());
        let mut conflicts: HashMap<(u32, String), usize> = HashMap::new();
        for (place, fate) in self.fates.iter().enumerate() {
            let device = at(place).device;
            match *fate {
                Fate::Open => decisions.push(Decision::New(device)),
                Fate::Pair(partner, because) if place < self.split => {
                    let other = at(partner as usize).device;
                    decisions.push(Decision::Merge { one: device, other, because });
                }
                Fate::Pair(..) => {}
                Fate::Clash(kind) => {
                    let (key, clash) = self.clash(kind, place, at(place));
                    match conflicts.get(&(kind, key.clone())) {
                        Some(known) => {
                            if let Decision::Conflict { devices, .. } = &mut decisions[*known] {
                                devices.push(device);
                            }
                        }
                        None => {
                            conflicts.insert((kind, key), decisions.len());
                            decisions.push(Decision::Conflict { devices: vec![device], clash });
                        }
                    }
                }
            }
        }
        decisions
    }

    /// What devices of one conflict share, and the conflict in words.
    fn clash(&self, kind: u32, place: usize, identity: &Identity<'_>) -> (String, Clash) {
        let facts = &self.facts[place];
        let serial = facts.serial.clone().unwrap_or_default();
        let board = facts.board.map(|it| format!("{it:032x}")).unwrap_or_default();
        let hardware = if serial.is_empty() { board.clone() } else { serial.clone() };
        match kind {
            CLASH_SERIAL => (serial.clone(), Clash::SharedSerial(serial)),
            CLASH_SHARED => (board.clone(), Clash::SharedBoard(board)),
            CLASH_NAME => (facts.named.to_string(), Clash::SharedName(identity.name.to_owned())),
            CLASH_CLIENT => (hardware, Clash::OtherClient),
            CLASH_HARDWARE => (facts.named.to_string(), Clash::OtherHardware),
            _ => (hardware, Clash::SerialAgainstBoard),
        }
    }
}

// Kinds of conflicts, as small numbers in the table.
const CLASH_SERIAL: u32 = 0;
const CLASH_SHARED: u32 = 1;
const CLASH_NAME: u32 = 2;
const CLASH_BOARD: u32 = 3;
const CLASH_CLIENT: u32 = 4;
const CLASH_HARDWARE: u32 = 5;

/// Both are known, and they are not the same.
fn differ<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

#[cfg(test)]
mod tests;
