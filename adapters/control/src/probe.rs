//! Fixed questions to a machine, one PowerShell line each. No word of a person or of a product goes into them.
//!
//! Each is a command in the session's log, as the product has no other way to ask; it changes nothing on the
//! machine.

use std::time::Duration;

use countersign::plan::Target;
use countersign::ports::{CallError, Process};
use jiff::SignedDuration;
use serde_json::Value;

use crate::Control;
use crate::client::{PRODUCT, refused, unreadable};
use crate::command::{self, Order, Outcome, Shell};
use crate::write::{outcomes, session_id};

/// Seconds that a question may take on the machine.
const TIMEOUT_SECS: u64 = 30;

/// Looks for the answer, and the waits between: some 40 seconds in all.
const LOOKS_MAX: u32 = 14;
const WAIT_FIRST: Duration = Duration::from_millis(300);
const WAIT_MAX: Duration = Duration::from_secs(4);

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    Processes,
    Services,
    Disks,
    Uptime,
    Users,
    Inventory,
}

impl Probe {
    /// `ConvertTo-Json` makes an object of a list with one element; both are read.
    fn script(self) -> &'static str {
        match self {
            Self::Processes => {
                "Get-Process | Sort-Object WorkingSet64 -Descending | Select-Object -First 20 Name,Id,@{n='Memory';e={$_.WorkingSet64}},@{n='Cpu';e={[math]::Round($_.CPU,1)}} | ConvertTo-Json -Compress"
            }
            Self::Services => {
                "Get-CimInstance Win32_Service -Filter \"StartMode='Auto'\" | Sort-Object State -Descending | Select-Object Name,DisplayName,State | ConvertTo-Json -Compress"
            }
            Self::Disks => {
                "Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=3' | Select-Object DeviceID,VolumeName,Size,FreeSpace | ConvertTo-Json -Compress"
            }
            Self::Uptime => {
                "Get-CimInstance Win32_OperatingSystem | Select-Object @{n='Boot';e={$_.LastBootUpTime.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')}} | ConvertTo-Json -Compress"
            }
            Self::Inventory => {
                "$c=Get-CimInstance Win32_ComputerSystem;$p=Get-CimInstance Win32_ComputerSystemProduct;$o=Get-CimInstance Win32_OperatingSystem;$b=Get-CimInstance Win32_BIOS;[pscustomobject]@{Name=$c.Name;Board=$p.UUID;Serial=$b.SerialNumber;Maker=$c.Manufacturer;Model=$c.Model;Os=$o.Caption;OsVersion=$o.Version;Memory=$c.TotalPhysicalMemory;Disks=@(Get-CimInstance Win32_LogicalDisk -Filter 'DriveType=3' | Select-Object DeviceID,Size,FreeSpace)} | ConvertTo-Json -Compress -Depth 3"
            }
            Self::Users => {
                "Get-CimInstance Win32_ComputerSystem | Select-Object Name,UserName | ConvertTo-Json -Compress"
            }
        }
    }
}

/// The processes that use most memory.
pub(crate) async fn processes(
    control: &Control,
    target: &Target,
) -> Result<Vec<Process>, CallError> {
    let rows = ask(control, target, Probe::Processes).await?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let process = |it: &Value| Process {
        name: text(&it["Name"]),
        id: text(&it["Id"]),
        memory_bytes: it["Memory"].as_i64(),
        cpu_secs: it["Cpu"].as_f64(),
    };
    Ok(rows.iter().map(process).collect())
}

/// The rows of an answer. Fails where the machine is offline, no Windows, or silent.
pub(crate) async fn ask(
    control: &Control,
    target: &Target,
    probe: Probe,
) -> Result<Vec<Value>, CallError> {
    let id = session_id(target)?;
    let gone = || CallError::NotFound {
        product: PRODUCT,
        what: format!("the session of {}", target.label()),
    };
    let session = control.api.session(id).await?.filter(|it| !it.is_ended).ok_or_else(gone)?;
    if !session.online {
        return Err(refused(format!("{} is not connected, so it cannot be asked", target.label())));
    }
    if !session.is_windows() {
        return Err(refused(format!(
            "{} is no Windows machine; this question is for those",
            target.label()
        )));
    }
    let marker = format!("CS-{}", uuid::Uuid::new_v4().simple());
    let now = control.api.client.now();
    let not_after = now.checked_add(SignedDuration::from_secs(60)).unwrap_or(now);
    let text = command::wrapped(&Order {
        marker: &marker,
        shell: Shell::PowerShell,
        text: probe.script(),
        is_windows: true,
        timeout_secs: TIMEOUT_SECS,
        not_after,
    });
    match control.api.send_command(id, &text).await {
        Ok(()) => {}
        // It may have arrived; then the answer comes all the same.
        Err(error) if error.may_have_happened() => {}
        Err(error) => return Err(error),
    }
    let mut wait = WAIT_FIRST;
    for _ in 0..LOOKS_MAX {
        tokio::time::sleep(wait).await;
        wait = (wait * 3 / 2).min(WAIT_MAX);
        let details = control.api.details(id).await?.ok_or_else(gone)?;
        match outcomes(&details, &marker).as_slice() {
            [] => {}
            [Outcome::Ended { code: 0, output, .. }] => return rows(output),
            [Outcome::Ended { code, .. }] => {
                return Err(refused(format!(
                    "the question ended with exit code {code} on {}",
                    target.label()
                )));
            }
            [_] => return Err(unreadable("the machine", "it was ended before it was whole")),
            _ => return Err(unreadable("the machine", "two answers carry one marker")),
        }
    }
    Err(refused(format!("{} is connected, but did not answer in time", target.label())))
}

fn rows(output: &str) -> Result<Vec<Value>, CallError> {
    // A profile or a driver may have printed something before.
    let json = output.lines().rev().find(|it| it.trim_start().starts_with(['[', '{']));
    match json.map(serde_json::from_str::<Value>) {
        Some(Ok(Value::Array(rows))) => Ok(rows),
        Some(Ok(row)) => Ok(vec![row]),
        Some(Err(error)) => Err(unreadable("the machine", &error.to_string())),
        None => Ok(Vec::new()),
    }
}
