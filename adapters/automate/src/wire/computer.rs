//! Computers and their drives.

use countersign::directory::DeviceClass;
use jiff::Timestamp;
use serde_json::Value;

use super::{FromRow, Named, Row};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Computer {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) friendly: Option<String>,
    pub(crate) client: Option<Named>,
    pub(crate) location: Option<Named>,
    /// `None`: the server did not say.
    pub(crate) online: Option<bool>,
    pub(crate) kind: Option<String>,
    pub(crate) os: Option<String>,
    pub(crate) os_version: Option<String>,
    pub(crate) contact_at: Option<Timestamp>,
    pub(crate) booted_at: Option<Timestamp>,
    pub(crate) last_user: Option<String>,
    /// Who is logged on right now.
    pub(crate) users: Vec<String>,
    pub(crate) idle_mins: Option<i64>,
    pub(crate) uptime_mins: Option<i64>,
    /// Megabytes, as is ASSUMED.
    pub(crate) memory_total: Option<i64>,
    pub(crate) memory_free: Option<i64>,
    pub(crate) cpu_percent: Option<i64>,
    pub(crate) address: Option<String>,
    pub(crate) router: Option<String>,
    pub(crate) mac: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) antivirus: Option<String>,
    pub(crate) reboot_needed: Option<bool>,
    pub(crate) maintenance: Option<bool>,
    pub(crate) is_virtual: Option<bool>,
}

impl Computer {
    /// For lists and the directory.
    pub(crate) const FIELDS: &str = "Id,ComputerName,FriendlyName,Client,Location,Status,Type,OperatingSystemName,\
        RemoteAgentLastContact,LastUserName,LoggedInUsers,SerialNumber";

    /// For one computer: everything that is shown, without the heavy lists.
    pub(crate) const DETAIL_FIELDS: &str = "Id,ComputerName,FriendlyName,Client,Location,Status,Type,OperatingSystemName,\
        OperatingSystemVersion,RemoteAgentLastContact,LastStartup,LastUserName,LoggedInUsers,UserIdleTime,SystemUptime,\
        TotalMemory,FreeMemory,CpuUsage,LocalIPAddress,GatewayIPAddress,MACAddress,SerialNumber,DomainName,\
        RemoteAgentVersion,VirusScanner,IsRebootNeeded,IsMaintenanceModeEnabled,IsVirtualMachine";

    /// Right before something is sent to it.
    pub(crate) const STATE_FIELDS: &str =
        "Id,ComputerName,Client,Status,RemoteAgentLastContact,LastStartup";

    pub(crate) fn class(&self) -> DeviceClass {
        let says_server = |text: &Option<String>| {
            text.as_deref().is_some_and(|it| it.to_ascii_lowercase().contains("server"))
        };
        match says_server(&self.kind) || says_server(&self.os) {
            true => DeviceClass::Server,
            // Automate does not know what a workstation looks like; many are named after it.
            false if is_named_laptop(&self.name) => DeviceClass::Laptop,
            false => DeviceClass::Workstation,
        }
    }

    pub(crate) fn client_name(&self) -> &str {
        self.client.as_ref().and_then(|it| it.name.as_deref()).unwrap_or("unknown client")
    }

    pub(crate) fn location_name(&self) -> &str {
        self.location.as_ref().and_then(|it| it.name.as_deref()).unwrap_or_default()
    }

    /// "online", "offline", or nothing where the server did not say.
    pub(crate) fn state(&self) -> &'static str {
        match self.online {
            Some(true) => "online",
            Some(false) => "offline",
            None => "",
        }
    }
}

impl FromRow for Computer {
    fn from_row(row: Row<'_>) -> Option<Self> {
        let id = row.int("Id")?;
        let user = |it: &Value| Row(it.as_object()?).text("LoggedInUserName");
        let name = row.text("ComputerName").unwrap_or_else(|| format!("computer {id}"));
        Some(Self {
            id,
            friendly: row.text("FriendlyName").filter(|it| !it.eq_ignore_ascii_case(&name)),
            name,
            client: Named::of(row, "Client"),
            location: Named::of(row, "Location"),
            online: match row.text("Status").map(|it| it.to_ascii_lowercase()).as_deref() {
                Some("online") => Some(true),
                Some("offline") => Some(false),
                _ => None,
            },
            kind: row.text("Type"),
            os: row.text("OperatingSystemName"),
            os_version: row.text("OperatingSystemVersion"),
            contact_at: row.date("RemoteAgentLastContact"),
            booted_at: row.date("LastStartup"),
            last_user: row.text("LastUserName"),
            users: row.items("LoggedInUsers").filter_map(user).collect(),
            idle_mins: row.int("UserIdleTime"),
            uptime_mins: row.int("SystemUptime"),
            memory_total: row.int("TotalMemory").filter(|it| *it > 0),
            memory_free: row.int("FreeMemory"),
            cpu_percent: row.int("CpuUsage"),
            address: row.text("LocalIPAddress"),
            router: row.text("GatewayIPAddress"),
            mac: row.text("MACAddress"),
            serial: row.text("SerialNumber"),
            domain: row.text("DomainName"),
            agent: row.text("RemoteAgentVersion"),
            antivirus: row.child("VirusScanner").and_then(|it| it.text("Name")),
            reboot_needed: row.flag("IsRebootNeeded"),
            maintenance: row.flag("IsMaintenanceModeEnabled"),
            is_virtual: row.flag("IsVirtualMachine"),
        })
    }
}

/// One drive. Source for the unit: dashboards divide the same columns by 1024 for gigabytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drive {
    pub(crate) computer: i64,
    pub(crate) letter: String,
    pub(crate) volume: Option<String>,
    /// Bytes.
    pub(crate) size: i64,
    pub(crate) free: i64,
    pub(crate) smart: Option<String>,
    /// When the agent last took stock of it: figures are as of then.
    pub(crate) read_at: Option<Timestamp>,
}

impl Drive {
    pub(crate) const FIELDS: &str = "DriveId,ComputerId,Letter,VolumeName,Size,FreeSpace,SmartStatus,IsMissing,DateLastInventoried";

    /// "C: (OS)".
    pub(crate) fn label(&self) -> String {
        match &self.volume {
            Some(volume) => format!("{} ({volume})", self.name()),
            None => self.name(),
        }
    }

    /// "C:", or a mount point as it is.
    pub(crate) fn name(&self) -> String {
        match self.letter.as_str() {
            letter if letter.len() == 1 && letter != "/" => format!("{letter}:"),
            other => other.to_owned(),
        }
    }

    pub(crate) fn used_percent(&self) -> u8 {
        let used = (self.size - self.free).clamp(0, self.size);
        u8::try_from(used.saturating_mul(100) / self.size.max(1)).unwrap_or(100)
    }
}

impl FromRow for Drive {
    /// Drives that are gone, and those without a size, are left out.
    fn from_row(row: Row<'_>) -> Option<Self> {
        if row.flag("IsMissing") == Some(true) {
            return None;
        }
        let bytes = |name: &str| row.int(name).map(|mb| mb.saturating_mul(1 << 20));
        Some(Self {
            computer: row.int("ComputerId")?,
            letter: row.text("Letter")?,
            volume: row.text("VolumeName"),
            size: bytes("Size").filter(|it| *it > 0)?,
            free: bytes("FreeSpace")?,
            smart: row.text("SmartStatus"),
            read_at: row.date("DateLastInventoried"),
        })
    }
}

/// A service of Windows.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// "Print Spooler", else the name.
    pub(crate) shown: String,
    /// "Running", as sent.
    pub(crate) state: String,
    pub(crate) read_at: Option<Timestamp>,
}

impl FromRow for Service {
    fn from_row(row: Row<'_>) -> Option<Self> {
        let name = row.text("Name")?;
        Some(Self {
            shown: row.text("Description").unwrap_or_else(|| name.clone()),
            state: row.text("State")?,
            read_at: row.date("DateLastInventoried"),
            name,
        })
    }
}

/// How the updates of a computer stand.
#[derive(Debug, Clone)]
pub(crate) struct Patching {
    pub(crate) missing: Option<i64>,
    pub(crate) read_at: Option<Timestamp>,
}

impl FromRow for Patching {
    fn from_row(row: Row<'_>) -> Option<Self> {
        let counted = row.flag("NoPatchInventory") != Some(true);
        counted.then(|| Self {
            missing: row.int("MissingPatchCount"),
            read_at: row.date("LastPatchInventory"),
        })
    }
}

/// "MARIA-LT-01", "Toms-MacBook".
fn is_named_laptop(name: &str) -> bool {
    let marks = ["lt", "lap", "laptop", "nb", "notebook", "mbp", "macbook"];
    let mut words = name.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
    words.any(|word| marks.contains(&word.as_str()))
}
