//! Services of a Windows machine: a few that all have, and what became of them on one.

use super::{Family, Machine};

pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) shown: &'static str,
    pub(crate) starts_itself: bool,
    runs: bool,
}

const fn service(
    name: &'static str,
    shown: &'static str,
    starts_itself: bool,
    runs: bool,
) -> Service {
    Service { name, shown, starts_itself, runs }
}

/// Nobody can print: that is what people ask for.
const SERVICES: [Service; 10] = [
    service("Spooler", "Print Spooler", true, false),
    service("W32Time", "Windows Time", true, true),
    service("Dnscache", "DNS Client", true, true),
    service("LanmanServer", "Server", true, true),
    service("WinRM", "Windows Remote Management (WS-Management)", true, true),
    service("Audiosrv", "Windows Audio", true, true),
    service("Dhcp", "DHCP Client", true, true),
    service("WinDefend", "Microsoft Defender Antivirus Service", true, true),
    service("wuauserv", "Windows Update", false, false),
    service("BITS", "Background Intelligent Transfer Service", false, false),
];

/// What differs on one machine.
#[derive(Clone, Debug, Default)]
pub struct Services {
    changed: Vec<(&'static str, bool)>,
    /// They stop, and do not come up again.
    broken: Vec<&'static str>,
}

/// By its name or the one people see.
pub(crate) fn find(name: &str) -> Option<&'static Service> {
    let is =
        |it: &&Service| it.name.eq_ignore_ascii_case(name) || it.shown.eq_ignore_ascii_case(name);
    SERVICES.iter().find(is)
}

impl Machine {
    /// Services and whether they run.
    pub(crate) fn services(&self) -> Vec<(&'static Service, bool)> {
        if self.os.family != Family::Windows {
            return Vec::new();
        }
        SERVICES.iter().map(|it| (it, self.runs(it))).collect()
    }

    fn runs(&self, service: &Service) -> bool {
        let changed = self.services.changed.iter().find(|it| it.0 == service.name);
        changed.map_or(service.runs, |it| it.1)
    }

    /// Somebody or something starts or stops it.
    pub(crate) fn set_service(&mut self, service: &'static Service, runs: bool) {
        let runs = runs && !self.services.broken.contains(&service.name);
        self.services.changed.retain(|it| it.0 != service.name);
        self.services.changed.push((service.name, runs));
    }

    pub(crate) fn break_service(&mut self, service: &'static Service) {
        self.services.broken.push(service.name);
    }
}

/// "Running", as the products write it.
pub(crate) fn word(runs: bool) -> &'static str {
    if runs { "Running" } else { "Stopped" }
}
