//! Clients, sites, devices and people, and the resolver that turns "Maria's laptop" into one device.
//!
//! [`Directory`] is an immutable snapshot in memory, rebuilt from the store after a sync. A request reads
//! the snapshot; it never waits for a sync.

pub mod clients;
pub mod device;
pub mod people;
pub mod resolver;
pub mod snapshot;

pub use device::{
    Client, Device, DeviceClass, LogOn, Pathway, Product, Script, ScriptParameter, Site,
};
pub use people::{Account, People, Person, Platform, Role};
pub use resolver::{Found, Phrase, Resolution};
pub use snapshot::Directory;
