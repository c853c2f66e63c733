//! What a machine does with a command: directives first, then a shell of few words. What it does not know, it
//! does without a sound.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::json;

use super::keys;
use crate::fleet::{Family, Fleet, MachineNo, services};

/// Without directives: 10 seconds, 5,000 characters.
const TIMEOUT_MS: u64 = 10_000;
const LENGTH: usize = 5_000;

/// What a test wants a script to come to.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    /// Part of the script.
    pub(super) part: String,
    pub(super) output: String,
    pub(super) code: i64,
    pub(super) secs: u64,
}

pub(super) struct Ran {
    /// As it comes back, line ends of Windows included.
    pub(super) output: String,
    pub(super) ms: u64,
    /// What was asked for, without its wrapping; `None` when nothing ran.
    pub(super) script: Option<String>,
    pub(super) act: Option<AgentAct>,
}

/// Something done to the agent of Automate on a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AgentAct {
    pub(crate) machine: MachineNo,
    pub(crate) at: Timestamp,
    /// With this token into this location; `None`: its services were started anew.
    pub(crate) installed: Option<(String, i64)>,
}

pub(super) struct Machine<'a> {
    pub(super) fleet: &'a mut Fleet,
    pub(super) no: MachineNo,
    pub(super) at: Timestamp,
    pub(super) replies: &'a [Reply],
    /// The installer of its agent prints its token.
    pub(super) is_loud: bool,
}

#[derive(Default)]
struct Shell {
    lines: Vec<String>,
    code: i64,
    ms: u64,
    script: Option<String>,
    printed: usize,
    act: Option<AgentAct>,
}

impl Machine<'_> {
    pub(super) fn run(mut self, text: &str) -> Ran {
        let (mut timeout, mut length, mut power) = (TIMEOUT_MS, LENGTH, false);
        let mut body: Vec<&str> = Vec::new();
        for line in text.lines() {
            let low = line.to_ascii_lowercase();
            match (body.is_empty(), low.trim()) {
                (true, "#!ps") => power = true,
                (true, it) if it.starts_with("#timeout=") => {
                    timeout = it[9..].parse().unwrap_or(TIMEOUT_MS);
                }
                (true, it) if it.starts_with("#maxlength=") => {
                    length = it[11..].parse().unwrap_or(LENGTH);
                }
                _ => body.push(line),
            }
        }
        let mut shell = Shell::default();
        match power {
            true => self.powershell(&body, &mut shell),
            false => self.sh(&body, &mut shell),
        }
        let mut output: String = shell.lines.iter().map(|it| format!("{it}\r\n")).collect();
        if shell.ms > timeout {
            // The agent ends it: what was printed so far came, the lines behind did not.
            output = shell.lines.iter().take(shell.printed).map(|it| format!("{it}\r\n")).collect();
            output.push_str(&format!("Killed after {timeout} milliseconds.\r\n"));
            shell.ms = timeout;
        }
        if output.chars().count() > length {
            output = output.chars().take(length).collect();
            output.push_str(&format!("\r\nTruncated output at {length} characters."));
        }
        Ran { output, ms: shell.ms, script: shell.script, act: shell.act }
    }

    fn powershell(&mut self, body: &[&str], shell: &mut Shell) {
        let is_wrapped =
            body.iter().any(|it| it.contains("FromBase64String") || it.contains("-EncodedCommand"));
        if !is_wrapped {
            return self.script(&body.join("\n"), shell);
        }
        let mut printed = 0;
        for line in body {
            if let Some(text) =
                between(line, "Write-Output '", "'").filter(|_| line.starts_with("Write-Output '"))
            {
                shell.lines.push(text.to_owned());
            } else if line.starts_with("if ([DateTime]::UtcNow -gt ") {
                let until =
                    between(line, "Parse('", "'").and_then(|it| it.parse::<Timestamp>().ok());
                if until.is_none_or(|until| self.at > until) {
                    shell.lines.extend(between(line, "Write-Output '", "'").map(str::to_owned));
                    return;
                }
            } else if line.starts_with("& ") {
                let inner = between(line, "-EncodedCommand ", " ")
                    .or_else(|| between(line, "FromBase64String('", "'"));
                let before = shell.lines.len();
                match inner.and_then(decoded) {
                    Some(inner) => self.script(&inner, shell),
                    None => shell.code = 1,
                }
                printed = shell.lines[before..].iter().map(|it| it.chars().count() + 2).sum();
                shell.printed = shell.lines.len();
            } else if let Some(text) = between(line, "Write-Output ('", " ' + $LASTEXITCODE") {
                shell.lines.push(format!("{text} {} {printed}", shell.code));
            }
        }
    }

    fn sh(&mut self, body: &[&str], shell: &mut Shell) {
        if !body.iter().any(|it| it.starts_with("sh -s ")) {
            return self.script(&body.join("\n"), shell);
        }
        let mut lines = body.iter();
        while let Some(line) = lines.next() {
            if let Some(text) = between(line, "echo '", "'").filter(|_| line.starts_with("echo '"))
            {
                shell.lines.push(text.to_owned());
            } else if line.starts_with("if [ ") {
                let until = between(line, "-gt ", " ").and_then(|it| it.parse::<i64>().ok());
                if until.is_none_or(|until| self.at.as_second() > until) {
                    shell.lines.extend(between(line, "echo '", "'").map(str::to_owned));
                    return;
                }
            } else if let Some(end) = between(line, "<<'", "'") {
                let inner: Vec<&str> =
                    lines.by_ref().take_while(|it| **it != end).copied().collect();
                self.script(&inner.join("\n"), shell);
                shell.printed = shell.lines.len();
            } else if let Some(text) = between(line, "echo \"", " $?\"") {
                shell.lines.push(format!("{text} {}", shell.code));
            }
        }
    }

    /// What was asked for.
    fn script(&mut self, text: &str, shell: &mut Shell) {
        let said: Vec<&str> =
            text.lines().filter(|it| !it.starts_with("$ProgressPreference")).collect();
        shell.script = Some(said.join("\n"));
        if let Some(reply) = self.replies.iter().find(|it| text.contains(&it.part)) {
            shell.lines.extend(reply.output.lines().map(str::to_owned));
            shell.code = reply.code;
            shell.ms += reply.secs * 1_000;
            return;
        }
        if text.contains("LTService") {
            return self.agent(text, shell);
        }
        let (fleet, machine) = (&*self.fleet, self.fleet.machine(self.no));
        let answer = if text.contains("Get-Process ") {
            let row = |name: &str, id: u32, mb: u64, cpu: f64| json!({"Name": name, "Id": id, "Memory": mb << 20, "Cpu": cpu});
            Some(json!([
                row("MsMpEng", 3120, 412, 922.4),
                row("chrome", 8812, 388, 120.0),
                row("OUTLOOK", 5540, 301, 88.5),
                row("svchost", 1204, 96, 40.1)
            ]))
        } else if text.contains("Win32_ComputerSystemProduct") {
            let disk = json!({"DeviceID": machine.system_drive(), "Size": machine.disk_total(), "FreeSpace": machine.disk_free});
            Some(json!({
                "Name": machine.name, "Board": machine.bios_uuid.to_string().to_uppercase(),
                "Serial": machine.serial, "Maker": machine.model.maker, "Model": machine.model.name,
                "Os": machine.os.product, "OsVersion": "10.0.22631", "Memory": 17_179_869_184_i64, "Disks": [disk],
            }))
        } else if text.contains("Win32_Service") {
            let row = |(it, runs): (&services::Service, bool)| json!({"Name": it.name, "DisplayName": it.shown, "State": services::word(runs)});
            let all = machine.services();
            Some(all.into_iter().filter(|it| it.0.starts_itself).map(row).collect())
        } else if text.contains("Win32_LogicalDisk") {
            // One drive is no list.
            Some(
                json!({"DeviceID": machine.system_drive(), "VolumeName": "", "Size": machine.disk_total(), "FreeSpace": machine.disk_free}),
            )
        } else if text.contains("LastBootUpTime") {
            Some(json!({"Boot": machine.booted_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()}))
        } else if text.contains("Win32_ComputerSystem") {
            let user = machine.last_log_on().filter(|_| machine.signed_in);
            Some(
                json!({"Name": machine.name, "UserName": user.map(|it| fleet.account(machine, it.person))}),
            )
        } else {
            None
        };
        if let Some(answer) = answer {
            shell.lines.push(answer.to_string());
            return;
        }
        let host = machine.name.to_string();
        let is_windows = machine.os.family == Family::Windows;
        for line in said {
            let words: Vec<&str> = line.split_whitespace().collect();
            let rest = || {
                line.trim()
                    .split_once(' ')
                    .map_or("", |it| it.1)
                    .trim_matches(['\'', '"'])
                    .to_owned()
            };
            match words.as_slice() {
                ["hostname", ..] => shell.lines.push(host.clone()),
                ["whoami", ..] if is_windows => shell.lines.push("nt authority\\system".into()),
                ["whoami", ..] => shell.lines.push("root".into()),
                ["exit", code] => {
                    shell.code = code.parse().unwrap_or(1);
                    return;
                }
                ["Start-Sleep" | "sleep", .., secs] => {
                    shell.ms += secs.parse::<u64>().unwrap_or(0) * 1_000;
                }
                ["echo" | "Write-Output" | "Write-Host", ..] => shell.lines.push(rest()),
                [
                    "Restart-Computer" | "shutdown" | "Restart-Service" | "Stop-Service" | "net",
                    ..,
                ] if self.fleet.machine(self.no).numb => {}
                ["Restart-Computer" | "shutdown", ..] => {
                    let at = self.at;
                    self.fleet.machine_mut(self.no).reboot(at);
                }
                ["Restart-Service", name] | ["net", "start", name] => self.service(name, true),
                ["Stop-Service", name] | ["net", "stop", name] => self.service(name, false),
                _ => {}
            }
        }
    }
}

impl Machine<'_> {
    fn service(&mut self, name: &str, runs: bool) {
        if let Some(service) = services::find(name) {
            self.fleet.machine_mut(self.no).set_service(service, runs);
        }
    }

    /// Scripts about the agent of Automate.
    fn agent(&self, text: &str, shell: &mut Shell) {
        let key = keys::of(self.no);
        let (machine, at) = (self.no, self.at);
        if !text.contains("InstallerToken=") {
            shell.ms += 12_000;
            shell.lines.push("The services of the agent were restarted.".into());
            if text.contains("RSACryptoServiceProvider") {
                shell.lines.push(key.public());
            }
            shell.act = Some(AgentAct { machine, at, installed: None });
            return;
        }
        shell.ms += 95_000;
        let sealed =
            between(text, "FromBase64String('", "'").and_then(|it| STANDARD.decode(it).ok());
        let token = sealed.and_then(|it| key.open(&it)).and_then(|it| String::from_utf8(it).ok());
        let location = between(text, "LOCATION=", " ").and_then(|it| it.parse().ok());
        let (Some(token), Some(location)) = (token, location) else {
            shell.lines.push("Exception calling \"Decrypt\": the data is not valid.".into());
            shell.code = 1;
            return;
        };
        if self.is_loud {
            let address = "https://automate.example.com/LabTech/Deployment.aspx";
            shell.lines.push(format!("Fetching {address}?InstallerToken={token}"));
        }
        shell.lines.push("The agent was installed anew.".into());
        shell.act = Some(AgentAct { machine, at, installed: Some((token, location)) });
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let start = text.find(before)? + before.len();
    let end = text[start..].find(after)?;
    Some(&text[start..start + end])
}

fn decoded(text: &str) -> Option<String> {
    let bytes = STANDARD.decode(text).ok()?;
    let units: Vec<u16> =
        bytes.chunks_exact(2).map(|it| u16::from_le_bytes([it[0], it[1]])).collect();
    String::from_utf16(&units).ok()
}
