//! Clients, sites, devices and people, and the resolver that turns "Maria's laptop" into one device.
//!
//! [`Directory`] is an immutable snapshot in memory, rebuilt from the store after a sync. A request reads
//! the snapshot; it never waits for a sync.
//!
//! A phrase goes from words (`words`), read against the fleet (`query`, `names`, `spelling`), to the
//! devices it touches (`candidates`, from the `index`), which are looked at closely (`evidence`) and
//! decided on (`resolver`).

mod candidates;
pub mod clients;
mod closest;
pub mod device;
#[cfg(test)]
mod evaluation;
mod evidence;
mod fold;
mod index;
mod lexicon;
pub mod mentions;
mod names;
pub mod people;
mod query;
pub mod resolver;
pub mod shared;
pub mod snapshot;
mod spelling;
#[cfg(test)]
pub(crate) mod testing;
mod trigrams;
mod users;
mod vocabulary;
mod words;

pub use clients::{ClientResolution, resolve_client};
pub use device::{
    Client, Device, DeviceClass, LogOn, Pathway, Product, Script, ScriptParameter, Site,
};
pub use mentions::{ClientSpan, HostSpan, NameSaid};
pub use people::{Account, People, Person, Platform, Role};
pub use resolver::{Found, Phrase, Resolution};
pub use shared::Shared;
pub use snapshot::Directory;
