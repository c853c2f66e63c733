//! Figures around a command, asked of the machine with the fixed questions: one more command before it, and one
//! or a few behind it. What a command is about is read from its text, and only from what is plain.

use countersign::directory::Product;
use countersign::plan::{Call, Target};
use countersign::run::{Reading, ServiceState, Unit};
use countersign::tool::{About, ToolName};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::Value;

use crate::Control;
use crate::probe::{Probe, ask};
use crate::tools;
use crate::write::command_text;

/// Machines that are asked; each question is a command in a session's log.
const DEVICES_MAX: usize = 5;

/// Longest delay of a restart that is waited for.
const RESTART_DELAY_SECS_MAX: u64 = 60;

/// The tool whose question is asked.
pub(crate) fn question(call: &Call) -> Option<ToolName> {
    let short = match of(call)? {
        About::Disk => tools::GET_DISKS,
        About::Boot => tools::GET_UPTIME,
        About::Service { .. } => tools::LIST_SERVICES,
        About::Updates => return None,
    };
    Some(ToolName::new(format!("{}:{short}", Product::Control.provider())))
}

/// Best effort: a machine that does not answer has no figure.
pub(crate) async fn probe(control: &Control, call: &Call) -> Vec<Reading> {
    let Some(about) = of(call) else { return Vec::new() };
    let asked = call.targets.iter().map(|target| readings(control, target, &about));
    join_all(asked).await.into_iter().flatten().collect()
}

fn of(call: &Call) -> Option<About> {
    about(command_text(call)).filter(|_| call.targets.len() <= DEVICES_MAX)
}

async fn readings(control: &Control, target: &Target, about: &About) -> Vec<Reading> {
    // The answer is no older than the question.
    let at = control.api.client.now();
    let reading = |what: String, value: i64, unit: Unit| Reading {
        device: target.label(),
        what,
        value,
        unit,
        at: Some(at),
    };
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    match about {
        About::Disk => {
            let rows = ask(control, target, Probe::Disks).await.unwrap_or_default();
            let free = |row: &Value| {
                let what = format!("free on {}", row["DeviceID"].as_str()?);
                Some(reading(what, row["FreeSpace"].as_i64()?, Unit::Bytes))
            };
            rows.iter().filter_map(free).collect()
        }
        About::Boot => {
            let rows = ask(control, target, Probe::Uptime).await.unwrap_or_default();
            let boot = |row: &Value| row["Boot"].as_str()?.parse::<Timestamp>().ok();
            let boot = rows.first().and_then(boot);
            let boot =
                boot.map(|it| reading("last boot".into(), it.as_second(), Unit::EpochSeconds));
            boot.into_iter().collect()
        }
        About::Service { wanted, .. } => {
            let rows = ask(control, target, Probe::Services).await.unwrap_or_default();
            let is_meant =
                |row: &&Value| about.is_service(&text(row, "Name"), &text(row, "DisplayName"));
            let unit = Unit::Service { wanted: *wanted };
            let service = rows.iter().find(is_meant).map(|row| {
                let state = ServiceState::parse(&text(row, "State")).number();
                reading(text(row, "DisplayName"), state, unit)
            });
            service.into_iter().collect()
        }
        About::Updates => Vec::new(),
    }
}

/// `None` where the text decides something itself, is about another machine, or about several services.
fn about(text: &str) -> Option<About> {
    if text.contains(['{', '}', '`', '$']) || text.to_lowercase().contains("if ") {
        return None;
    }
    let statements = statements(text);
    let mut service: Option<(String, ServiceState)> = None;
    let (mut restarts, mut cleans) = (false, false);
    for words in &statements {
        let lower: Vec<String> = words.iter().map(|it| it.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        match lower.as_slice() {
            [verb @ ("restart-service" | "start-service" | "stop-service"), ..] => {
                let wanted = match *verb {
                    "stop-service" => ServiceState::Stopped,
                    _ => ServiceState::Running,
                };
                let name = named(&words[1..])?;
                if service.as_ref().is_some_and(|it| !it.0.eq_ignore_ascii_case(&name)) {
                    return None;
                }
                service = Some((name, wanted));
            }
            ["net" | "net.exe" | "sc" | "sc.exe", verb @ ("start" | "stop"), ..] => {
                let wanted = match *verb {
                    "stop" => ServiceState::Stopped,
                    _ => ServiceState::Running,
                };
                let name = words.get(2)?.clone();
                if service.as_ref().is_some_and(|it| !it.0.eq_ignore_ascii_case(&name)) {
                    return None;
                }
                service = Some((name, wanted));
            }
            ["restart-computer", rest @ ..] => {
                restarts = rest.iter().all(|it| *it == "-force");
            }
            ["shutdown" | "shutdown.exe", rest @ ..] => restarts = soon(rest),
            ["clear-recyclebin", ..] => cleans = true,
            ["dism" | "dism.exe", rest @ ..] => {
                cleans |= rest.contains(&"/startcomponentcleanup");
            }
            _ => {}
        }
    }
    match service {
        _ if restarts => Some(About::Boot),
        Some((name, wanted)) => Some(About::Service { names: vec![name], wanted }),
        None => cleans.then_some(About::Disk),
    }
}

/// The one service of `Restart-Service -Name Spooler -Force`.
fn named(words: &[String]) -> Option<String> {
    let mut names = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.to_lowercase().as_str() {
            "-name" | "-displayname" => names.push(words.next()?.clone()),
            "-force" | "-passthru" | "-verbose" => {}
            it if it.starts_with('-') => return None,
            _ => names.push(word.clone()),
        }
    }
    match names.as_slice() {
        [one] if !one.contains(['*', '?', ',']) => Some(one.clone()),
        _ => None,
    }
}

/// Whether `shutdown` with these words restarts this machine, and within a minute.
fn soon(words: &[&str]) -> bool {
    let flag = |it: &&str| it.trim_start_matches(['/', '-']).to_owned();
    let flags: Vec<String> = words.iter().map(flag).collect();
    let has = |it: &str| flags.iter().any(|flag| flag == it);
    let delay = flags.iter().position(|it| it == "t").map(|at| flags.get(at + 1));
    let is_soon = match delay {
        None => true,
        Some(secs) => {
            secs.and_then(|it| it.parse().ok()).is_some_and(|it: u64| it <= RESTART_DELAY_SECS_MAX)
        }
    };
    (has("r") || has("g")) && !has("a") && !has("m") && is_soon
}

/// The words of each statement, without the quotes around them.
fn statements(text: &str) -> Vec<Vec<String>> {
    let mut all = vec![vec![String::new()]];
    let mut quote = None;
    for c in text.chars() {
        let Some(words) = all.last_mut() else { break };
        let Some(word) = words.last_mut() else { break };
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\n' | ';' | '&' | '|', None) => all.push(vec![String::new()]),
            (c, None) if c.is_whitespace() => words.push(String::new()),
            (c, _) => word.push(c),
        }
    }
    for words in &mut all {
        words.retain(|it| !it.is_empty());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<About>) {
        assert_eq!(about(text), expected, "{text}");
    }

    #[test]
    fn a_command_is_about_what_it_plainly_does() {
        let service =
            |name: &str, wanted| Some(About::Service { names: vec![name.into()], wanted });
        let (up, down) = (ServiceState::Running, ServiceState::Stopped);
        check("Restart-Service Spooler", service("Spooler", up));
        check("Restart-Service -Name 'Print Spooler' -Force", service("Print Spooler", up));
        check("net stop spooler && net start spooler", service("spooler", up));
        check("net stop \"Windows Search\"", service("Windows Search", down));
        check("sc stop wsearch", service("wsearch", down));
        check("sc \\\\other stop wsearch", None);
        check("Restart-Service Spooler\nRestart-Service W32Time", None);
        check("Get-Service *sql* | Restart-Service", None);
        check("Restart-Service *sql*", None);
        check("if (Test-Path C:\\x) { Restart-Service Spooler }", None);
        check("Stop-Service -ComputerName other Spooler", None);
        check("Restart-Computer -Force", Some(About::Boot));
        check("Restart-Computer -ComputerName other", None);
        check("shutdown /r /t 0", Some(About::Boot));
        check("shutdown /r /t 3600", None);
        check("shutdown /a", None);
        check("shutdown /s /t 0", None);
        check("dism /online /cleanup-image /StartComponentCleanup", Some(About::Disk));
        check("echo Restart-Service Spooler", None);
        check("hostname", None);
    }
}
