//! Patches of one device. The numbers in `status` have no published meaning; these are the simulator's.

use serde_json::{Value, json};

use super::Desk;
use super::errors::error;
use super::ids::Thing;
use crate::faults::ErrorShape::Nested;
use crate::fleet::{Family, Kind, Machine};
use crate::http::Answer;

const MISSING: u8 = 1;
const INSTALLED: u8 = 2;
const FAILED: u8 = 3;
const PENDING_REBOOT: u8 = 4;

/// Number, classification, severity, size. None of these articles exists.
const UPDATES: [(u32, &str, &str, &str); 14] = [
    (5_099_321, "Security Updates", "Critical", "512 MB"),
    (5_099_340, "Update Rollups", "", "78 MB"),
    (5_099_318, "Security Updates", "Important", "41 MB"),
    (5_099_287, "Critical Updates", "", "12 MB"),
    (5_098_903, "Security Updates", "Critical", "498 MB"),
    (5_098_877, "Definition Updates", "", "6 MB"),
    (5_098_650, "Updates", "", "23 MB"),
    (5_098_412, "Security Updates", "Moderate", "9 MB"),
    (5_098_377, "Update Rollups", "", "66 MB"),
    (5_098_101, "Security Updates", "Critical", "487 MB"),
    (5_097_990, "Feature Packs", "", "1.1 GB"),
    (5_097_842, "Security Updates", "Important", "35 MB"),
    (5_097_633, "Updates", "", "18 MB"),
    (5_097_520, "Critical Updates", "", "7 MB"),
];

pub(super) fn patches(desk: &Desk<'_>, id: &str) -> Answer {
    let found = desk.rmm.ids.find_endpoint(desk.fleet, id).map(|no| desk.fleet.machine(no));
    let Some(machine) = found.filter(|it| it.os.family == Family::Windows) else {
        return error(Nested, 404, "not_found", "no patch data for this endpoint");
    };
    let patches: Vec<Value> = (0..UPDATES.len()).map(|at| patch(desk, machine, at)).collect();
    let state = machine.patches;
    let open = usize::from(state.missing) + usize::from(state.failed);
    let installed = UPDATES.len() - open - usize::from(state.pending_reboot);
    let compliance = (installed as f64 * 1000.0 / UPDATES.len() as f64).round() / 10.0;
    Answer::ok(&json!({
        "summary": {
            "assessedAt": machine.last_contact(desk.now),
            "missingCount": open,
            "pendingRebootCount": state.pending_reboot,
            "installedCount": installed,
            "compliance": compliance,
            "outOfSupport": false,
            "deploymentStatus": true,
            "policyName": if machine.kind == Kind::Server { "Servers - Monthly" } else { "Workstations - Weekly" },
        },
        "patches": patches,
    }))
}

/// The newest updates are the ones still open.
fn status(machine: &Machine, at: usize) -> u8 {
    let state = machine.patches;
    let missing = usize::from(state.missing);
    let failed = missing + usize::from(state.failed);
    let pending = failed + usize::from(state.pending_reboot);
    match at {
        _ if at < missing => MISSING,
        _ if at < failed => FAILED,
        _ if at < pending => PENDING_REBOOT,
        _ => INSTALLED,
    }
}

fn patch(desk: &Desk<'_>, machine: &Machine, at: usize) -> Value {
    let (article, classification, severity, size) = UPDATES[at];
    let status = status(machine, at);
    let installed = status == INSTALLED;
    json!({
        "updateID": desk.rmm.ids.id(Thing::Update, at as u32, 0),
        "kbArticleID": format!("KB{article}"),
        "status": status,
        "classification": classification,
        "rebootBehavior": if size.ends_with("GB") || severity == "Critical" { "Required" } else { "Optional" },
        "msrcID": "",
        "msrcSeverity": severity,
        "nocTestingStatus": "Approved",
        "partnerApprovalStatus": "Approved",
        "size": size,
        "moreInformationLink": format!("https://support.microsoft.com/kb/{article}"),
        "policyMatch": true,
        "installedBy": if installed { "SYSTEM" } else { "" },
        "installedDate": installed.then_some(machine.installed_at),
    })
}
