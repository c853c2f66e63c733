//! What scripts do on a machine: how long they take, what they print, what they change.

use std::fmt::Write;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::output;
use crate::fleet::{Family, Fleet, Machine, MachineNo, services};
use crate::mix::mix;

/// The kinds of scripts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Frees space on the system drive.
    DiskCleanup,
    ClearTemp,
    RestartSpooler,
    /// Fails for a service that is not there.
    RestartService,
    /// Changes the boot time and signs everybody out.
    Reboot,
    FlushDns,
    DiskReport,
    TopProcesses,
    /// Missing updates become updates that wait for a reboot.
    InstallUpdates,
    /// Prints its parameters back.
    EveryType,
    Ping,
    SyncTime,
    /// Works and says little.
    Plain,
    /// Never works.
    Fails,
    /// Prints about 40 kB.
    LongOutput,
    /// Prints something that looks like a password.
    PrintsSecret,
    /// Obeys `# sim:` lines in the script text, see [`output::powershell`].
    PowerShell,
}

pub(crate) struct Outcome {
    pub(crate) ok: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn ok(stdout: impl Into<String>) -> Self {
        Self { ok: true, stdout: stdout.into(), stderr: String::new() }
    }

    pub(crate) fn failed(stderr: &str) -> Self {
        Self { ok: false, stdout: String::new(), stderr: stderr.to_owned() }
    }
}

/// Where a script runs and with what.
pub(crate) struct Setting<'a> {
    pub(crate) fleet: &'a mut Fleet,
    pub(crate) machine: MachineNo,
    pub(crate) parameters: &'a Value,
    pub(crate) at: Timestamp,
    /// Differs from run to run.
    pub(crate) luck: u64,
}

impl Setting<'_> {
    fn machine(&self) -> &Machine {
        self.fleet.machine(self.machine)
    }

    /// Bytes between `low` and `high` MiB.
    fn bytes(&self, what: u64, low: u64, high: u64) -> u64 {
        let mib = low
            + mix(&[self.fleet.seed, what, u64::from(self.machine.0), self.luck]) % (high - low);
        (mib << 20) + mix(&[what, self.luck]) % (1 << 20)
    }
}

/// Virtual time from start to end.
pub(crate) fn duration(behaviour: Behaviour, parameters: &Value) -> Duration {
    let seconds = match behaviour {
        Behaviour::DiskCleanup => 7,
        Behaviour::ClearTemp | Behaviour::EveryType => 5,
        Behaviour::RestartSpooler | Behaviour::RestartService | Behaviour::Ping => 4,
        Behaviour::Reboot => 9,
        Behaviour::FlushDns
        | Behaviour::SyncTime
        | Behaviour::TopProcesses
        | Behaviour::PrintsSecret => 2,
        Behaviour::DiskReport | Behaviour::LongOutput => 3,
        Behaviour::InstallUpdates => 25,
        Behaviour::Plain | Behaviour::Fails => 6,
        Behaviour::PowerShell => output::wait(body(parameters)).unwrap_or(3),
    };
    Duration::from_secs(seconds)
}

/// Does to the machine what the script does and gives what it prints.
pub(crate) fn play(behaviour: Behaviour, setting: &mut Setting<'_>) -> Outcome {
    if setting.machine().os.family != Family::Windows {
        return Outcome::failed("This script supports Windows only.");
    }
    if setting.machine().numb {
        return Outcome::ok("Done.\n");
    }
    match behaviour {
        Behaviour::DiskCleanup => disk_cleanup(setting),
        Behaviour::ClearTemp => clear_temp(setting),
        Behaviour::RestartSpooler => {
            up(setting, "Spooler");
            Outcome::ok(
                "Stopping Print Spooler ... stopped\nRemoved 3 stuck jobs from C:\\Windows\\System32\\spool\\PRINTERS\n\
                 Starting Print Spooler ... running\n",
            )
        }
        Behaviour::RestartService => restart_service(setting),
        Behaviour::Reboot => {
            let (machine, at) = (setting.machine, setting.at);
            setting.fleet.machine_mut(machine).reboot(at);
            Outcome::ok(format!("Restart requested. {} came back at {at:.0}.\n", setting.machine().name))
        }
        Behaviour::FlushDns => {
            Outcome::ok("\nWindows IP Configuration\n\nSuccessfully flushed the DNS Resolver Cache.\n")
        }
        Behaviour::DiskReport => Outcome::ok(output::disk_report(setting.machine())),
        Behaviour::TopProcesses => {
            let count = setting.parameters["count"].as_u64().unwrap_or(5);
            Outcome::ok(output::processes(setting.luck, count as usize))
        }
        Behaviour::InstallUpdates => install_updates(setting),
        Behaviour::EveryType => Outcome::ok(format!("Backup agent configured:\n{:#}\n", setting.parameters)),
        Behaviour::Ping => Outcome::ok(output::ping(setting.parameters["targets"].as_str().unwrap_or_default())),
        Behaviour::SyncTime => {
            Outcome::ok("Sending resync command to local computer\nThe command completed successfully.\n")
        }
        Behaviour::Plain => Outcome::ok("Done.\n"),
        Behaviour::Fails => Outcome {
            ok: false,
            stdout: "Verifying repository ... inconsistent\nSalvaging ...\n".to_owned(),
            stderr: "winmgmt : WMI repository verification failed. Error code: 0x80041003\nExit code: 1\n".to_owned(),
        },
        Behaviour::LongOutput => Outcome::ok(output::software(&setting.machine().name)),
        Behaviour::PrintsSecret => {
            Outcome::ok(output::wireless(setting.parameters["profile"].as_str().unwrap_or("Office")))
        }
        Behaviour::PowerShell => output::powershell(body(setting.parameters), &setting.machine().name),
    }
}

fn body(parameters: &Value) -> &str {
    parameters["body"].as_str().unwrap_or_default()
}

fn disk_cleanup(setting: &mut Setting<'_>) -> Outcome {
    let drive = setting.parameters["drive"].as_str().unwrap_or("C:").to_owned();
    if drive != setting.machine().system_drive() {
        return Outcome::failed(&format!("Cannot find drive {drive}\nExit code: 2\n"));
    }
    let days = setting.parameters["days"].as_u64().unwrap_or(7);
    let total = setting.machine().disk_total();
    // A fuller disk has more to give, up to a third of what is used.
    let ceiling = (total - setting.machine().disk_free) / 3;
    let parts = [
        ("Windows Update cleanup", setting.bytes(1, 2800, 7900)),
        ("Delivery Optimization files", setting.bytes(2, 300, 2100)),
        ("Temporary files", setting.bytes(3, 900, 4200)),
        ("Recycle Bin", setting.bytes(4, 50, 6000)),
        ("Thumbnail cache", setting.bytes(5, 20, 300)),
    ];
    let whole: u64 = parts.iter().map(|it| it.1).sum();
    let share =
        |bytes: u64| if whole > ceiling { bytes * (ceiling >> 20) / (whole >> 20) } else { bytes };
    let before = setting.machine().disk_free;
    let mut out =
        format!("Disk Cleanup on {}, files older than {days} days\n", setting.machine().name);
    let _ = writeln!(out, "{drive} {} of {} free", output::size(before), output::size(total));
    let mut freed = 0;
    for (what, bytes) in parts {
        freed += share(bytes);
        let _ = writeln!(out, "  {what:<28} {:>10}", output::size(share(bytes)));
    }
    let machine = setting.machine;
    setting.fleet.machine_mut(machine).disk_free += freed;
    let after = setting.machine();
    let _ = writeln!(out, "Freed {freed} bytes ({})", output::size(freed));
    let _ = writeln!(
        out,
        "{drive} {} free now, {} % used",
        output::size(after.disk_free),
        after.disk_used_percent()
    );
    Outcome::ok(out)
}

fn clear_temp(setting: &mut Setting<'_>) -> Outcome {
    let used = setting.machine().disk_total() - setting.machine().disk_free;
    let freed = setting.bytes(6, 40, 900).min(used / 10);
    let machine = setting.machine;
    setting.fleet.machine_mut(machine).disk_free += freed;
    let files = 200 + setting.luck % 900;
    Outcome::ok(format!("Removed {files} files, {} ({freed} bytes).\n", output::size(freed)))
}

/// A service comes up, where it does; `false`: there is none of this name.
fn up(setting: &mut Setting<'_>, name: &str) -> bool {
    let Some(service) = services::find(name) else { return false };
    setting.fleet.machine_mut(setting.machine).set_service(service, true);
    true
}

fn restart_service(setting: &mut Setting<'_>) -> Outcome {
    let service = setting.parameters["service"].as_str().unwrap_or_default();
    match up(setting, service) {
        true => {
            Outcome::ok(format!("Stopping {service} ... stopped\nStarting {service} ... running\n"))
        }
        false => Outcome::failed(&format!(
            "Restart-Service : Cannot find any service with service name '{service}'.\nExit code: 1\n"
        )),
    }
}

fn install_updates(setting: &mut Setting<'_>) -> Outcome {
    let machine = setting.machine;
    let patches = &mut setting.fleet.machine_mut(machine).patches;
    let open = patches.missing + patches.failed;
    (patches.missing, patches.failed) = (0, 0);
    patches.pending_reboot += open;
    match open {
        0 => Outcome::ok("No updates are missing.\n"),
        _ => Outcome::ok(format!("Installed {open} updates. A restart is needed to finish.\n")),
    }
}
