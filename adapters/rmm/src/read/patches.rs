//! Patches of one device.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::reply::Block;
use serde_json::{Value, json};

use super::answer;
use crate::args::Args;
use crate::rmm::Rmm;
use crate::show::{fields, or_dash, table, utc};
use crate::wire::{Bucket, Patch, Patches};

impl Rmm {
    /// Costs one request. A device without patch data is an answer, not an error.
    pub(crate) async fn get_device_patches(&self, call: &Call) -> Result<Answer, CallError> {
        let args = Args(call);
        let (id, label) = args.endpoint()?;
        let value = match self.client.patches(id).await {
            Ok(value) => value,
            Err(CallError::NotFound { .. }) => {
                let note = "ConnectWise RMM has no patch data of this device; it may not be patched by RMM, or not be a Windows device.";
                return Ok(answer(
                    format!("No patch data of {label}"),
                    vec![Block::Note(note.to_owned())],
                    json!({ "patches": [] }),
                ));
            }
            Err(error) => return Err(error),
        };
        let patches = Patches::read(&value);
        let wanted = args.text("state");
        let fits = |patch: &&Patch| match (wanted, patch.bucket()) {
            (None, bucket) => bucket != Bucket::Installed,
            (Some("installed"), bucket) => bucket == Bucket::Installed,
            (Some("failed"), bucket) => bucket == Bucket::Failed,
            (Some(_), bucket) => matches!(bucket, Bucket::Pending | Bucket::PendingReboot),
        };
        let rows: Vec<Vec<String>> = patches.patches.iter().filter(fits).map(row).collect();
        let count = |bucket| patches.count(bucket);
        let (pending, reboot) = (count(Bucket::Pending), count(Bucket::PendingReboot));
        let (installed, failed) = (count(Bucket::Installed), count(Bucket::Failed));
        let summary = format!(
            "{} on {label}, {failed} failed, {installed} installed{}",
            crate::show::capital(&crate::show::count(pending, "pending patch", "pending patches")),
            if reboot > 0 { format!(", {reboot} waiting for a restart") } else { String::new() }
        );
        let mut blocks = vec![fields([
            ("Pending", Some(pending.to_string())),
            ("Waiting for a restart", (reboot > 0).then(|| reboot.to_string())),
            ("Failed", Some(failed.to_string())),
            ("Installed", Some(installed.to_string())),
            ("Compliance", patches.compliance.map(|it| format!("{it:.1} %"))),
            ("Policy", patches.policy.clone()),
            ("Out of support", patches.out_of_support.then(|| "yes".to_owned())),
            ("Assessed", patches.assessed_at.map(utc)),
        ])];
        if !rows.is_empty() {
            blocks.push(table(&["Patch", "State", "Kind", "Severity", "Size", "Restart"], rows));
        }
        blocks.push(Block::Note(
            "ConnectWise publishes no meaning of its patch states; “failed” and “waiting for a restart” are our reading of them.".to_owned(),
        ));
        Ok(answer(summary, blocks, bounded(value)))
    }
}

fn row(patch: &Patch) -> Vec<String> {
    let state = match patch.bucket() {
        Bucket::Pending => "pending".to_owned(),
        Bucket::PendingReboot => "waiting for a restart".to_owned(),
        Bucket::Failed => "failed".to_owned(),
        Bucket::Installed => match patch.installed_at {
            Some(at) => format!("installed {}", utc(at)),
            None => "installed".to_owned(),
        },
    };
    vec![
        patch.article.clone(),
        state,
        or_dash(Some(&patch.classification)),
        or_dash(Some(&patch.severity)),
        or_dash(Some(&patch.size)),
        if patch.needs_reboot { "needed".to_owned() } else { "–".to_owned() },
    ]
}

fn bounded(mut value: Value) -> Value {
    if let Some(patches) = value.get_mut("patches").and_then(Value::as_array_mut) {
        patches.truncate(crate::show::DATA_ROWS_MAX);
    }
    value
}
