//! Drives, in megabytes: the system drive of the fleet, a data drive of servers, and old disks that are
//! long gone.

use serde_json::{Map, Value, json};

use super::Desk;
use super::estate::Computer;
use super::list::Source;
use super::places::map;
use crate::fleet::{Family, Kind};
use crate::http::{Answer, Request};
use crate::mix::mix;

const FIELDS: &[&str] =
    &["DriveId", "ComputerId", "Letter", "VolumeName", "FileSystem", "IsMissing"];

impl Desk<'_> {
    /// Without a condition the drives of all computers, which is what the product does, too.
    pub(super) fn drives(&self, request: &Request, only: Option<i64>) -> Answer {
        if only.is_some_and(|id| self.seen_computer(id).is_none()) {
            return super::error(404, "Computer not found.");
        }
        // Saves building the drives of the whole fleet for the one condition that everybody sends.
        let condition = request.parameters().get("condition").unwrap_or_default().to_lowercase();
        let wanted =
            condition.strip_prefix("computerid = ").and_then(|it| it.trim().parse::<i64>().ok());
        let estate = &self.automate.estate;
        let rows: Vec<Map<String, Value>> = estate
            .computers
            .iter()
            .filter(|it| !it.retired && only.or(wanted).is_none_or(|id| it.id == id))
            .filter(|it| self.sees(estate.client(self.fleet, it)))
            .flat_map(|it| self.drives_of(it))
            .collect();
        let row = |at: usize| rows[at].clone();
        self.automate.list(request, &Source { count: rows.len(), row: &row, fields: FIELDS })
    }

    fn drives_of(&self, computer: &Computer) -> Vec<Map<String, Value>> {
        let estate = &self.automate.estate;
        let machine = estate.machine(self.fleet, computer);
        let read_at = self.inventoried_at(computer);
        let noise = mix(&[self.fleet.seed, 0xd1, computer.id as u64]);
        let drive = |no: i64, letter: &str, volume: &str, size: u64, free: u64, missing: bool| {
            map(json!({
                "DriveId": computer.id * 10 + no, "ComputerId": computer.id, "Letter": letter,
                "VolumeName": volume, "Size": size >> 20, "FreeSpace": free >> 20, "FileSystem": "NTFS",
                "Model": "NVMe 512GB", "SmartStatus": "OK", "IsMissing": missing, "IsSolidState": true,
                "IsInternal": true, "DateLastInventoried": self.automate.date(read_at), "BackupFlag": false,
            }))
        };
        let (letter, volume) = match machine.os.family {
            Family::Windows => ("C", "OS"),
            Family::Mac => ("/", "Macintosh HD"),
            Family::Linux => ("/", ""),
        };
        let mut drives = Vec::new();
        // The disk that was replaced has the same letter.
        if noise.is_multiple_of(3) {
            drives.push(drive(1, letter, "OLD", 240_000 << 20, 1_000 << 20, true));
        }
        drives.push(drive(2, letter, volume, machine.disk_total(), machine.disk_free, false));
        if machine.kind == Kind::Server && machine.os.family == Family::Windows {
            let size = machine.disk_total() * 2;
            drives.push(drive(3, "D", "Data", size, size / 100 * (5 + noise % 60), false));
        }
        drives
    }
}
