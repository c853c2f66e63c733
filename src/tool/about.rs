//! What a script is about, by its name: only figures of that say whether it helped. An unchanged disk is no
//! sign that a DNS flush failed.

use serde_json::{Map, Value};

use crate::run::ServiceState;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    Disk,
    Boot,
    Updates,
    Service {
        /// What the service may be called, the likeliest first.
        names: Vec<String>,
        wanted: ServiceState,
    },
}

/// Arguments that name a service; without `_` and `-`, lower case.
const SERVICE_ARGUMENTS: [&str; 3] = ["service", "servicename", "servicedisplayname"];

const MACHINES: [&str; 8] =
    ["computer", "device", "machine", "server", "workstation", "pc", "system", "laptop"];

/// Whoever looks, plans or prevents does not do it.
const ONLY_TALKS: [&str; 17] = [
    "abort", "audit", "cancel", "check", "disable", "find", "get", "list", "notify", "pending",
    "prompt", "report", "scan", "schedule", "show", "status", "test",
];

/// Words of a script that installs the updates of the system, and not of one program.
const UPDATE_WORDS: [&str; 19] = [
    "all",
    "and",
    "apply",
    "available",
    "critical",
    "deploy",
    "install",
    "microsoft",
    "missing",
    "now",
    "os",
    "patch",
    "patches",
    "pending",
    "security",
    "system",
    "update",
    "updates",
    "windows",
];

/// `None` where nothing tells.
pub fn about(name: &str, arguments: &Map<String, Value>) -> Option<About> {
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    let lower: Vec<String> = words.iter().map(|it| it.to_lowercase()).collect();
    let has = |some: &[&str]| lower.iter().any(|word| some.contains(&word.as_str()));
    let updates = has(&["update", "updates", "patch", "patches"]);
    if has(&["install", "apply", "deploy"]) && updates {
        let is_of_system = lower.iter().all(|it| UPDATE_WORDS.contains(&it.as_str()));
        return is_of_system.then_some(About::Updates);
    }
    if has(&ONLY_TALKS) {
        return None;
    }
    if has(&["reboot"]) || has(&["restart"]) && has(&MACHINES) && !has(&["service", "services"]) {
        return Some(About::Boot);
    }
    let verb = lower.iter().rposition(|it| matches!(it.as_str(), "restart" | "start" | "stop"));
    if let Some(verb) = verb {
        let names = match argument(arguments) {
            Some(name) => vec![name],
            None => called(&words[verb + 1..]),
        };
        let wanted = match lower[verb].as_str() {
            "stop" => ServiceState::Stopped,
            _ => ServiceState::Running,
        };
        return (!names.is_empty()).then_some(About::Service { names, wanted });
    }
    let cleans = has(&["clean", "clear", "delete", "purge", "remove"]);
    let space = ["disk", "temp", "space", "files", "drive", "junk"];
    (has(&["cleanup"]) || cleans && has(&space)).then_some(About::Disk)
}

fn argument(arguments: &Map<String, Value>) -> Option<String> {
    // Of a tool that runs any script, the script's own are one level down.
    let inner = arguments.get("parameters").and_then(Value::as_object);
    arguments.iter().chain(inner.into_iter().flatten()).find_map(|(name, value)| {
        let name = name.to_lowercase().replace(['_', '-'], "");
        let value = value.as_str().filter(|it| !it.trim().is_empty())?;
        SERVICE_ARGUMENTS.contains(&name.as_str()).then(|| value.trim().to_owned())
    })
}

/// "Print Spooler", and without the word itself: "Spooler Service" is "Spooler" in the list of a machine.
fn called(words: &[&str]) -> Vec<String> {
    let bare = words.iter().filter(|it| !it.eq_ignore_ascii_case("service"));
    let bare = bare.copied().collect::<Vec<_>>().join(" ");
    let whole = words.join(" ");
    let mut names = vec![whole, bare];
    names.dedup();
    names.retain(|it| !it.is_empty() && !it.eq_ignore_ascii_case("service"));
    names
}

impl About {
    /// Whether this is the service that is meant, by the name of the service or the one people see.
    pub fn is_service(&self, name: &str, shown: &str) -> bool {
        let Self::Service { names, .. } = self else { return false };
        names.iter().any(|it| it.eq_ignore_ascii_case(name) || it.eq_ignore_ascii_case(shown))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(name: &str, arguments: Value, expected: Option<About>) {
        assert_eq!(about(name, arguments.as_object().unwrap()), expected, "{name} {arguments}");
    }

    fn service(wanted: ServiceState, names: &[&str]) -> Option<About> {
        Some(About::Service { names: names.iter().map(|it| (*it).to_owned()).collect(), wanted })
    }

    #[test]
    fn a_script_is_about_what_its_name_says() {
        let none = || json!({});
        check("Disk Cleanup", none(), Some(About::Disk));
        check("Agent - Clear Temp Files", none(), Some(About::Disk));
        check("Clear Print Queue", none(), None);
        check("Reboot Computer", none(), Some(About::Boot));
        check("Restart server", none(), Some(About::Boot));
        check("Install Updates", none(), Some(About::Updates));
        check("Show patches", none(), None);
        check("Install Chrome Update", none(), None);
        check("Report Pending Reboot", none(), None);
        check("Cancel reboot", none(), None);
        check("Flush DNS", none(), None);
        let up = ServiceState::Running;
        check("Restart Print Spooler", none(), service(up, &["Print Spooler"]));
        check("Restart Agent Service", none(), service(up, &["Agent Service", "Agent"]));
        check("Stop and Restart Spooler", none(), service(up, &["Spooler"]));
        check("Restart Service", json!({"service": "Spooler"}), service(up, &["Spooler"]));
        check("Restart Service", json!({"Service_Name": "W32Time"}), service(up, &["W32Time"]));
        let inner = json!({"script": "Restart Service", "parameters": {"Service": "Spooler"}});
        check("Restart Service", inner, service(up, &["Spooler"]));
        check("Restart Service", none(), None);
        check("Stop Windows Search", none(), service(ServiceState::Stopped, &["Windows Search"]));
    }

    #[test]
    fn a_service_is_meant_by_its_whole_name() {
        let about = about("Restart Print Spooler", &Map::new()).unwrap();
        assert!(about.is_service("Spooler", "print spooler"));
        assert!(!about.is_service("Spooler2", "Print Spooler Extension"));
        assert!(!About::Disk.is_service("Spooler", "Print Spooler"));
    }
}
