//! The words that scripts print.

use std::fmt::Write;

use super::behaviour::Outcome;
use crate::fleet::Machine;
use crate::mix::Stream;

/// `18.43 GB`
pub(super) fn size(bytes: u64) -> String {
    match bytes >> 30 {
        0 => format!("{:.1} MB", bytes as f64 / f64::from(1 << 20)),
        _ => format!("{:.2} GB", bytes as f64 / f64::from(1 << 30)),
    }
}

pub(super) fn disk_report(machine: &Machine) -> String {
    format!(
        "Drive  Size        Free        Used %\n-----  ----------  ----------  ------\n{:<5}  {:>10}  {:>10}  {:>6}\n",
        machine.system_drive(),
        size(machine.disk_total()),
        size(machine.disk_free),
        machine.disk_used_percent(),
    )
}

pub(super) fn processes(luck: u64, count: usize) -> String {
    const NAMES: [&str; 10] = [
        "chrome",
        "ms-teams",
        "OUTLOOK",
        "MsMpEng",
        "explorer",
        "EXCEL",
        "svchost",
        "SearchHost",
        "OneDrive",
        "dwm",
    ];
    let mut dice = Stream::new(&[luck, 0x9c]);
    let mut memory = 1400.0;
    let mut out = String::from("Process             PID  Memory (MB)    CPU (s)\n");
    for name in NAMES.iter().take(count) {
        memory *= 0.5 + dice.below(45) as f64 / 100.0;
        let (pid, cpu) = (1000 + dice.below(20_000), dice.below(90_000) as f64 / 100.0);
        let _ = writeln!(out, "{name:<16} {pid:>6} {memory:>12.1} {cpu:>10.2}");
    }
    out
}

pub(super) fn ping(hosts: &str) -> String {
    let mut out = String::new();
    for host in hosts.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        let _ = writeln!(out, "{host}: 4 sent, 4 received, average {} ms", 1 + host.len() % 17);
    }
    out
}

/// About 40 kB.
pub(super) fn software(host: &str) -> String {
    let mut dice = Stream::new(&[0x50f7, host.len() as u64]);
    let mut out = format!("Installed software on {host}\n");
    for number in 1..=520 {
        let version = format!("{}.{}.{}", 1 + dice.below(20), dice.below(30), dice.below(9999));
        let _ = writeln!(
            out,
            "{number:>4}  {:<36} {version:<14} Example Software Pty Ltd",
            format!("Component {number:03}")
        );
    }
    out
}

/// Looks like a secret, is none.
pub(super) fn wireless(profile: &str) -> String {
    format!(
        "Profile {profile} on interface Wi-Fi:\n    Authentication : WPA2-Personal\n    Cipher         : CCMP\n    \
         Security key   : Present\n    Key Content    : not-a-real-passphrase\n    password=not-a-real-passphrase\n"
    )
}

/// `# sim: wait 20` makes a script take 20 seconds.
pub(super) fn wait(body: &str) -> Option<u64> {
    directives(body).find_map(|it| it.strip_prefix("wait ")?.trim().parse().ok())
}

fn directives(body: &str) -> impl Iterator<Item = &str> {
    body.lines().filter_map(|it| it.trim().strip_prefix("# sim:")).map(str::trim)
}

/// No PowerShell here, only a few lines of it that tests and demos need:
///
/// - `# sim: fail TEXT` ends the script with TEXT, `# sim: print TEXT` prints it, `# sim: wait SECONDS` takes longer;
/// - `Write-Output "TEXT"`, `Write-Host 'TEXT'` and `echo TEXT` print;
/// - `hostname` prints the host name, `Get-Process` a list of processes.
pub(super) fn powershell(body: &str, host: &str) -> Outcome {
    let mut outcome = Outcome::ok("");
    for line in body.lines().map(str::trim) {
        let command = line.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let rest = line.get(command.len()..).unwrap_or_default().trim();
        match command.as_str() {
            "write-output" | "write-host" | "echo" => {
                outcome.stdout.push_str(rest.trim_matches(['"', '\'']));
                outcome.stdout.push('\n');
            }
            "hostname" => {
                let _ = writeln!(outcome.stdout, "{host}");
            }
            "get-process" => outcome.stdout.push_str(&processes(host.len() as u64, 10)),
            _ => {}
        }
    }
    for directive in directives(body) {
        if let Some(text) = directive.strip_prefix("print ") {
            let _ = writeln!(outcome.stdout, "{text}");
        }
        if let Some(text) = directive.strip_prefix("fail") {
            outcome.ok = false;
            let _ = writeln!(outcome.stderr, "{}", text.trim());
        }
    }
    outcome
}
