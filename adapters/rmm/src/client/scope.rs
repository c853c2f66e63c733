//! What a token may be asked to allow, in sets that are fetched when first needed.

/// Scopes that one token carries. Small, so that a key without, say, tickets keeps the rest working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ScopeSet {
    Companies,
    Devices,
    Groups,
    Automation,
    Patching,
    Tickets,
}

/// One right of the key, as the product spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    Companies,
    Sites,
    /// Device lists and details on v1.
    Assets,
    /// States, usage and everything on v2.
    Devices,
    Groups,
    AutomationRead,
    AutomationCreate,
    Patching,
    TicketsRead,
    TicketsCreate,
}

impl ScopeSet {
    pub(crate) const ALL: [Self; 6] = [
        Self::Companies,
        Self::Devices,
        Self::Groups,
        Self::Automation,
        Self::Patching,
        Self::Tickets,
    ];

    /// What works with it, for `countersign check`.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Companies => "companies and sites",
            Self::Devices => "devices",
            Self::Groups => "device groups",
            Self::Automation => "scripts and tasks",
            Self::Patching => "patches",
            Self::Tickets => "tickets",
        }
    }

    pub(crate) fn index(self) -> usize {
        match self {
            Self::Companies => 0,
            Self::Devices => 1,
            Self::Groups => 2,
            Self::Automation => 3,
            Self::Patching => 4,
            Self::Tickets => 5,
        }
    }

    pub(crate) fn members(self) -> &'static [Scope] {
        match self {
            Self::Companies => &[Scope::Companies, Scope::Sites],
            Self::Devices => &[Scope::Devices, Scope::Assets],
            Self::Groups => &[Scope::Groups],
            Self::Automation => &[Scope::AutomationRead, Scope::AutomationCreate],
            Self::Patching => &[Scope::Patching],
            Self::Tickets => &[Scope::TicketsRead, Scope::TicketsCreate],
        }
    }
}

impl Scope {
    pub(crate) fn set(self) -> ScopeSet {
        match self {
            Self::Companies | Self::Sites => ScopeSet::Companies,
            Self::Assets | Self::Devices => ScopeSet::Devices,
            Self::Groups => ScopeSet::Groups,
            Self::AutomationRead | Self::AutomationCreate => ScopeSet::Automation,
            Self::Patching => ScopeSet::Patching,
            Self::TicketsRead | Self::TicketsCreate => ScopeSet::Tickets,
        }
    }

    /// On the wire.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Companies => "platform.companies.read",
            Self::Sites => "platform.sites.read",
            Self::Assets => "platform.asset.read",
            Self::Devices => "platform.devices.read",
            Self::Groups => "platform.deviceGroups.read",
            Self::AutomationRead => "platform.automation.read",
            Self::AutomationCreate => "platform.automation.create",
            Self::Patching => "platform.patching.read",
            Self::TicketsRead => "platform.tickets.read",
            Self::TicketsCreate => "platform.tickets.create",
        }
    }

    /// Its name on the product's page Integrations → API Access.
    pub(crate) fn in_the_product(self) -> &'static str {
        match self {
            Self::Companies => "Companies: Read",
            Self::Sites => "Sites: Read",
            Self::Assets => "Assets: Read",
            Self::Devices => "Devices: Read",
            Self::Groups => "Device Groups: Read",
            Self::AutomationRead => "Automation: Read",
            Self::AutomationCreate => "Automation: Create",
            Self::Patching => "Patching: Read",
            Self::TicketsRead => "Tickets: Read",
            Self::TicketsCreate => "Tickets: Create",
        }
    }
}
