//! What Countersign can do: tools, their input schemas, and the catalogue of all of them.

pub mod about;
pub mod catalogue;
pub mod schema;
pub mod twins;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::directory::Product;
use crate::policy::Policy;

pub use about::{About, about};
pub use catalogue::Catalogue;

/// `provider:name`, for example `connectwise_rmm:cw-rmm-list-devices`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolName(String);

impl ToolName {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the colon.
    pub fn provider(&self) -> &str {
        self.0.split_once(':').map_or("", |(provider, _)| provider)
    }

    /// The part behind the colon.
    pub fn short(&self) -> &str {
        self.0.split_once(':').map_or(self.0.as_str(), |(_, name)| name)
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Declared in code beside the tool; nothing outside can change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Read,
    Write,
}

/// What a tool acts on, so that the core knows which mentions to resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aim {
    /// The tenant as a whole; mentions of devices are refused.
    Tenant,
    /// Optionally one client.
    Client,
    /// Exactly one device.
    Device,
    /// One device or none (tenant-wide without).
    DeviceOrTenant,
    /// One or more devices, up to [`crate::bounds::DEVICES_PER_CALL_MAX`].
    Devices,
}

/// Something Countersign can do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tool {
    pub name: ToolName,
    pub product: Product,
    /// "Disk Cleanup", "List service tickets": for cards and lists.
    pub title: String,
    /// One sentence. For scripts this is outside text.
    pub description: String,
    /// JSON Schema of the arguments, always an object schema. Devices and clients are not arguments:
    /// they are resolved into targets.
    pub schema: Value,
    pub effect: Effect,
    pub aim: Aim,
    pub default_policy: Policy,
    /// For script tools: the script behind it.
    pub script: Option<ScriptRef>,
}

impl Tool {
    /// Whether this is the tool that leaves a paper trail.
    pub fn is_ticket(&self) -> bool {
        Some(self.name.as_str()) == ticket_tool(self.product)
    }
}

/// The tool that writes a ticket into a product; `None` where the product has none.
pub fn ticket_tool(product: Product) -> Option<&'static str> {
    match product {
        Product::Rmm => Some("connectwise_rmm:cw-rmm-create-ticket"),
        Product::Automate | Product::Control => None,
    }
}

/// Whether the tool runs a script that is named in its arguments; every script is a tool of its own as well.
pub fn runs_scripts(tool: &ToolName) -> bool {
    matches!(
        tool.as_str(),
        "connectwise_rmm:cw-rmm-run-task" | "connectwise_automate:cwa-run-script"
    )
}

/// Whether the answer is for the person who asked only.
pub fn is_private(tool: &ToolName) -> bool {
    tool.as_str() == "connectwise_control:cwc-join-session"
}

/// How many devices of several go first where nobody said: what mends agents is strong, and may be what breaks them.
pub fn first_alone(tool: &ToolName) -> Option<u32> {
    (tool.as_str() == REPAIR_AGENT).then_some(1)
}

/// The tool by which machines are asked for their inventory in the background.
pub const GET_INVENTORY: &str = "connectwise_control:cwc-get-inventory";

/// The tool that mends an agent of another product.
pub const REPAIR_AGENT: &str = "connectwise_control:cwc-repair-automate-agent";

/// Whether a tool that writes needs the machine itself; what it needs is otherwise in the product.
pub fn reaches_the_machine(tool: &ToolName, product: Product) -> bool {
    tool.as_str() != "connectwise_automate:cwa-clear-alert"
        && Some(tool.as_str()) != ticket_tool(product)
}

/// Which script a tool runs, and in which version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptRef {
    pub id: String,
    pub name: String,
    /// See [`crate::directory::Script::content`].
    pub content: crate::digest::Digest,
    pub expected_secs: Option<u64>,
}
