//! The paths, in one table.

use axum::http::Method;

/// What a fault applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AutomateRoute {
    /// `POST /apitoken` and its refresh.
    Token,
    Version,
    Clients,
    Locations,
    /// The list of computers, and one of them.
    Computers,
    Drives,
    Services,
    PatchingStats,
    /// The list of all alerts, and one of them.
    Alerts,
    ComputerAlerts,
    ClearAlert,
    Scripts,
    /// `ScriptExecute` and `ScriptSchedule`: the calls that make something happen.
    Execute,
    History,
    Running,
    /// `POST /RemoteAgent/Installers`.
    Installers,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Token,
    Refresh,
    Version,
    Clients,
    Locations,
    Computers,
    Computer,
    Drives,
    ComputerDrives,
    Services,
    PatchingStats,
    Alerts,
    Alert,
    ComputerAlerts,
    ClearAlert,
    Scripts,
    Execute,
    Schedule,
    History,
    Running,
    Installers,
}

pub(super) struct Found {
    pub(super) call: Call,
    /// The number in the path, 0 without one.
    pub(super) id: i64,
}

const TABLE: [(&str, &str, Call); 21] = [
    ("POST", "apitoken", Call::Token),
    ("POST", "apitoken/refresh", Call::Refresh),
    ("GET", "patchinformation", Call::Version),
    ("GET", "clients", Call::Clients),
    ("GET", "locations", Call::Locations),
    ("GET", "computers", Call::Computers),
    ("GET", "computers/drives", Call::Drives),
    ("GET", "computers/#", Call::Computer),
    ("GET", "computers/#/drives", Call::ComputerDrives),
    ("GET", "computers/#/services", Call::Services),
    ("GET", "computers/#/patchingstats", Call::PatchingStats),
    ("GET", "computers/#/alerts", Call::ComputerAlerts),
    ("GET", "computers/#/scripthistory", Call::History),
    ("GET", "computers/#/runningscripts", Call::Running),
    ("GET", "alerts", Call::Alerts),
    ("GET", "alerts/#", Call::Alert),
    ("DELETE", "alerts/#", Call::ClearAlert),
    ("GET", "scripts", Call::Scripts),
    ("POST", "batch/scriptexecute", Call::Execute),
    ("POST", "batch/scriptschedule", Call::Schedule),
    ("POST", "remoteagent/installers", Call::Installers),
];

impl Found {
    pub(super) fn route(&self) -> AutomateRoute {
        match self.call {
            Call::Token | Call::Refresh => AutomateRoute::Token,
            Call::Version => AutomateRoute::Version,
            Call::Clients => AutomateRoute::Clients,
            Call::Locations => AutomateRoute::Locations,
            Call::Computers | Call::Computer => AutomateRoute::Computers,
            Call::Drives | Call::ComputerDrives => AutomateRoute::Drives,
            Call::Services => AutomateRoute::Services,
            Call::PatchingStats => AutomateRoute::PatchingStats,
            Call::Alerts | Call::Alert => AutomateRoute::Alerts,
            Call::ComputerAlerts => AutomateRoute::ComputerAlerts,
            Call::ClearAlert => AutomateRoute::ClearAlert,
            Call::Scripts => AutomateRoute::Scripts,
            Call::Execute | Call::Schedule => AutomateRoute::Execute,
            Call::History => AutomateRoute::History,
            Call::Running => AutomateRoute::Running,
            Call::Installers => AutomateRoute::Installers,
        }
    }
}

pub(super) fn find(method: &Method, path: &str) -> Option<Found> {
    let path = below(path)?;
    TABLE
        .iter()
        .filter(|it| it.0 == method.as_str())
        .find_map(|(_, pattern, call)| matched(pattern, &path).map(|id| Found { call: *call, id }))
}

/// Whether any method is served there.
pub(super) fn is_known(path: &str) -> bool {
    below(path).is_some_and(|path| TABLE.iter().any(|it| matched(it.1, &path).is_some()))
}

fn below(path: &str) -> Option<String> {
    let path = path.to_ascii_lowercase();
    path.strip_prefix("/cwa/api/v1/").map(|it| it.trim_end_matches('/').to_owned())
}

fn matched(pattern: &str, path: &str) -> Option<i64> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut id = 0;
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(id),
            (Some("#"), Some(part)) => id = part.parse().ok()?,
            (Some(one), Some(other)) if one == other => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_matched_without_case() {
        let at = |path: &str| find(&Method::GET, path).map(|it| (it.call, it.id));
        assert_eq!(at("/CWA/api/V1/Computers/1043/Drives"), Some((Call::ComputerDrives, 1043)));
        assert_eq!(at("/cwa/api/v1/computers/drives"), Some((Call::Drives, 0)));
        assert_eq!(at("/cwa/api/v1/Computers/"), Some((Call::Computers, 0)));
        assert_eq!(at("/cwa/api/v2/Computers"), None);
        assert!(is_known("/cwa/api/v1/Batch/ScriptExecute") && !is_known("/cwa/api/v1/Executions"));
    }
}
