//! What the directory knows of clients, sites, devices and scripts. Values only.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::ids::{ClientId, DeviceId, SiteId};

/// A product with agents on devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    Rmm,
    Automate,
    Control,
}

impl Product {
    pub const ALL: [Self; 3] = [Self::Rmm, Self::Automate, Self::Control];

    /// The prefix of tool names: `connectwise_rmm:cw-rmm-list-devices`.
    pub fn provider(self) -> &'static str {
        match self {
            Self::Rmm => "connectwise_rmm",
            Self::Automate => "connectwise_automate",
            Self::Control => "connectwise_control",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Rmm => "ConnectWise RMM",
            Self::Automate => "ConnectWise Automate",
            Self::Control => "ConnectWise Control",
        }
    }

    /// Whether a script for a device that is offline waits for it; elsewhere it is skipped.
    pub fn waits(self) -> bool {
        match self {
            Self::Rmm => true,
            Self::Automate | Self::Control => false,
        }
    }

    /// The word in columns and JSON keys.
    pub fn key(self) -> &'static str {
        match self {
            Self::Rmm => "rmm",
            Self::Automate => "automate",
            Self::Control => "control",
        }
    }

    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.key() == key)
    }
}

/// A customer company of the MSP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub id: ClientId,
    /// What people see: the friendly name where there is one.
    pub name: String,
    /// The company's id in RMM.
    pub rmm: Option<String>,
    /// The client's id in Automate.
    pub automate: Option<String>,
}

/// A place of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    pub id: SiteId,
    pub client: ClientId,
    pub name: String,
    /// IANA name such as `Australia/Sydney`, where the product knows one.
    pub time_zone: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceClass {
    Server,
    Desktop,
    Laptop,
    /// A workstation of unknown shape.
    Workstation,
}

impl DeviceClass {
    pub fn is_server(self) -> bool {
        matches!(self, Self::Server)
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Desktop => "desktop",
            Self::Laptop => "laptop",
            Self::Workstation => "workstation",
        }
    }
}

/// One product's agent on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pathway {
    /// The product's own id: RMM endpoint, Automate computer, Control session.
    pub id: String,
    /// `None`: the product did not say.
    pub online: Option<bool>,
    /// When the agent last answered, UTC.
    pub seen_at: Option<Timestamp>,
    /// What this product calls the device, where that differs from its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Pathway {
    /// "online, seen just now".
    pub fn state(&self, now: Timestamp) -> String {
        let state = match self.online {
            Some(true) => "online",
            Some(false) => "offline",
            None => "state unknown",
        };
        match self.seen_at {
            Some(at) => format!("{state}, seen {}", crate::words::ago(at, now)),
            None => format!("{state}, never seen"),
        }
    }
}

/// Somebody was logged on to a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogOn {
    /// As the product spells it: `BLUEGUM\maria`, `maria@bluegum.example`, `Maria Lopez`.
    pub user: Arc<str>,
    pub at: Option<Timestamp>,
}

/// From this silence on an agent counts as lost: it checks in every few minutes, and those who mend them by hand
/// begin after two hours.
pub const LOST_AFTER: SignedDuration = SignedDuration::from_hours(2);

/// How many log-ons are kept for a device.
pub const LOG_ONS_MAX: usize = 10;

/// One physical or virtual machine, merged from its pathways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub id: DeviceId,
    /// The host name.
    pub name: String,
    /// What people renamed it to in the product ("Front desk"), where that differs from the name.
    pub friendly_name: Option<String>,
    pub client: ClientId,
    pub site: Option<SiteId>,
    pub class: DeviceClass,
    /// "Windows 11 Pro".
    pub os: Option<Arc<str>>,
    /// "Latitude 5440".
    pub model: Option<Arc<str>>,
    pub serial: Option<String>,
    /// UUID of the board, where a product tells it: with the serial it proves that two agents are on one
    /// machine.
    #[serde(default)]
    pub bios_uuid: Option<String>,
    pub rmm: Option<Pathway>,
    pub automate: Option<Pathway>,
    pub control: Option<Pathway>,
    /// Newest first, at most [`LOG_ONS_MAX`].
    pub log_ons: Vec<LogOn>,
    /// When the directory last read this device from a product.
    pub read_at: Timestamp,
}

impl Device {
    pub fn pathway(&self, product: Product) -> Option<&Pathway> {
        match product {
            Product::Rmm => self.rmm.as_ref(),
            Product::Automate => self.automate.as_ref(),
            Product::Control => self.control.as_ref(),
        }
    }

    /// Whether the agent of `product` has been silent for [`LOST_AFTER`], though `other` reaches the device.
    pub fn is_lost(&self, product: Product, other: Product, now: Timestamp) -> bool {
        let online = |product| self.pathway(product).and_then(|it| it.online);
        let silent = self
            .pathway(product)
            .is_some_and(|it| it.seen_at.is_none_or(|at| now.duration_since(at) >= LOST_AFTER));
        silent && online(product) == Some(false) && online(other) == Some(true)
    }

    /// Online through any pathway; `None` where no product says.
    pub fn online(&self) -> Option<bool> {
        let known = [&self.rmm, &self.automate, &self.control]
            .into_iter()
            .flatten()
            .filter_map(|it| it.online);
        known.reduce(|one, other| one || other)
    }

    /// The user seen last on this device.
    pub fn last_user(&self) -> Option<&str> {
        self.log_ons.first().map(|it| &*it.user)
    }
}

/// A script of a product, as the directory keeps it: the source of one dynamic tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    pub product: Product,
    /// The product's id; what is run.
    pub id: String,
    /// Stable part of the tool name, unique within the product.
    pub slug: String,
    pub name: String,
    pub description: String,
    /// JSON Schema of the parameters, an object schema. `None`: the script takes none.
    pub schema: Option<Value>,
    /// The product published a schema that does not parse; parameters go in as one free object.
    pub schema_broken: bool,
    /// How long the product expects it to take.
    pub expected_secs: Option<u64>,
    /// Digest of everything the product publishes of it: a change voids approvals and resets policy.
    pub content: Digest,
}

/// One parameter of a script, read from its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptParameter {
    pub name: String,
    pub title: String,
    pub required: bool,
    pub schema: Value,
}
