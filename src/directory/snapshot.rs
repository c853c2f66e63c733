//! The immutable picture of the fleet that requests read.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::directory::{Client, Device, Product, Script, Site};
use crate::ids::{ClientId, DeviceId, SiteId};

/// Clients, sites, devices and scripts as of one moment, with indexes.
#[derive(Debug, Default)]
pub struct Directory {
    clients: Vec<Client>,
    sites: Vec<Site>,
    devices: Vec<Device>,
    scripts: Vec<Script>,
    device_at: HashMap<DeviceId, u32>,
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
        let device_at =
            (0..).zip(&devices).map(|(index, device)| (device.id.clone(), index)).collect();
        Self { clients, sites, devices, scripts, device_at, synced_at }
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
        self.clients.iter().find(|client| &client.id == id)
    }

    pub fn client_name(&self, id: &ClientId) -> &str {
        self.client(id).map_or("unknown client", |client| client.name.as_str())
    }

    pub fn site(&self, id: &SiteId) -> Option<&Site> {
        self.sites.iter().find(|site| &site.id == id)
    }

    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.device_at.get(id).and_then(|index| self.devices.get(*index as usize))
    }

    pub fn device_behind(&self, product: Product, id: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.pathway(product).is_some_and(|it| it.id == id))
    }

    pub fn devices_of<'a>(&'a self, client: &'a ClientId) -> impl Iterator<Item = &'a Device> {
        self.devices.iter().filter(move |device| &device.client == client)
    }

    pub fn script(&self, product: Product, slug: &str) -> Option<&Script> {
        self.scripts.iter().find(|script| script.product == product && script.slug == slug)
    }
}
