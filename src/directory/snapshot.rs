//! The immutable picture of the fleet that requests read.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;

use crate::directory::index::Index;
use crate::directory::unify::unify;
use crate::directory::{Client, ClientLinks, Conflict, Device, Product, Reported, Script, Site};
use crate::ids::{ClientId, DeviceId, SiteId};

/// Clients, sites, devices and scripts as of one moment, with indexes.
///
/// Building costs 5 to 10 µs a device, once per sync, and some 250 bytes a device beside the devices.
#[derive(Debug, Default)]
pub struct Directory {
    clients: Vec<Client>,
    sites: Vec<Site>,
    devices: Vec<Device>,
    scripts: Vec<Script>,
    device_at: DeviceTable,
    pub(super) index: Index,
    reported_clients: Vec<Client>,
    links: ClientLinks,
    conflicts: Vec<Conflict>,
    /// When a sync last finished; `None` before the first one.
    pub synced_at: Option<Timestamp>,
}

impl Directory {
    pub fn new(
        clients: Vec<Client>,
        sites: Vec<Site>,
        devices: Vec<Device>,
        scripts: Vec<Script>,
        synced_at: Option<Timestamp>,
    ) -> Self {
        let device_at = DeviceTable::of(&devices);
        let index = Index::of(&clients, &sites, &devices);
        let (reported_clients, links, conflicts) = <_>::default();
        Self {
            clients,
            sites,
            devices,
            scripts,
            device_at,
            index,
            reported_clients,
            links,
            conflicts,
            synced_at,
        }
    }

    /// Of what several products report: linked clients are one, and so are devices that are surely one
    /// machine.
    pub fn of_products(
        reported: Reported,
        scripts: Vec<Script>,
        links: ClientLinks,
        synced_at: Option<Timestamp>,
    ) -> Self {
        let reported_clients = reported.clients.clone();
        let it = unify(reported, &links);
        let directory = Self::new(it.clients, it.sites, it.devices, scripts, synced_at);
        Self { reported_clients, links, conflicts: it.conflicts, ..directory }
    }

    /// The clients as each product names them, those that are left out too.
    pub fn reported_clients(&self) -> &[Client] {
        &self.reported_clients
    }

    /// What was decided about them.
    pub fn links(&self) -> &ClientLinks {
        &self.links
    }

    /// Devices that may be one machine or several.
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    pub fn scripts(&self) -> &[Script] {
        &self.scripts
    }

    pub fn client(&self, id: &ClientId) -> Option<&Client> {
        self.index.client_at.get(id).and_then(|at| self.clients.get(*at as usize))
    }

    pub fn client_name(&self, id: &ClientId) -> &str {
        self.client(id).map_or("unknown client", |client| client.name.as_str())
    }

    pub fn site(&self, id: &SiteId) -> Option<&Site> {
        self.index.site_at.get(id).and_then(|at| self.sites.get(*at as usize))
    }

    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.device_at.get(id, &self.devices)
    }

    /// The device behind a product's own id. Looks at every device.
    pub fn device_behind(&self, product: Product, id: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.pathway(product).is_some_and(|it| it.id == id))
    }

    /// The devices of a client, in the directory's order. Costs nothing per device of other clients.
    pub fn devices_of<'a>(&'a self, client: &'a ClientId) -> impl Iterator<Item = &'a Device> {
        let numbers = self.index.client_at.get(client).map(|at| self.index.of_client.get(*at));
        // A device may name a client that no product lists any more.
        let unlisted =
            self.devices.iter().filter(move |it| numbers.is_none() && it.client == *client);
        let listed = numbers.unwrap_or_default().iter();
        listed.map(|number| &self.devices[*number as usize]).chain(unlisted)
    }

    pub fn script(&self, product: Product, slug: &str) -> Option<&Script> {
        self.scripts.iter().find(|script| script.product == product && script.slug == slug)
    }
}

/// Device id to place. Keeps places only, the ids stay in the devices: 8 bytes a device instead of 80.
#[derive(Debug, Default)]
struct DeviceTable {
    /// Place plus one, 0 for free; the length is a power of two.
    slots: Box<[u32]>,
}

impl DeviceTable {
    /// Of devices with one id the last one is found.
    fn of(devices: &[Device]) -> Self {
        let mut slots = vec![0_u32; (devices.len() * 2).next_power_of_two()];
        for (place, device) in (1..).zip(devices) {
            let mut slot = slot_of(&device.id, slots.len());
            while slots[slot] != 0 && devices[slots[slot] as usize - 1].id != device.id {
                slot = (slot + 1) % slots.len();
            }
            slots[slot] = place;
        }
        Self { slots: slots.into() }
    }

    fn get<'a>(&self, id: &DeviceId, devices: &'a [Device]) -> Option<&'a Device> {
        if devices.is_empty() {
            return None;
        }
        let mut slot = slot_of(id, self.slots.len());
        while self.slots[slot] != 0 {
            let device = &devices[self.slots[slot] as usize - 1];
            if device.id == *id {
                return Some(device);
            }
            slot = (slot + 1) % self.slots.len();
        }
        None
    }
}

fn slot_of(id: &DeviceId, slots: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish() as usize & (slots - 1)
}
