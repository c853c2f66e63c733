//! What a machine tells of itself, and how it is shown.

use countersign::inventory::{Asked, Disk, Inventory};
use countersign::plan::{Call, Target};
use countersign::ports::{Answer, CallError};
use countersign::reply::{Block, Field};
use countersign::words;
use serde_json::{Value, json};

use crate::Control;
use crate::client::unreadable;
use crate::probe::{Probe, ask};
use crate::read::target;
use crate::write::session_id;

/// Longest text that is kept of one property.
const TEXT_CHARS_MAX: usize = 200;

/// Drives that are kept.
const DISKS_MAX: usize = 26;

/// Asks the machine.
pub(crate) async fn of(control: &Control, target: &Target) -> Result<Inventory, CallError> {
    let rows = ask(control, target, Probe::Inventory).await?;
    let row = rows.first().ok_or_else(|| unreadable("the machine", "it told nothing of itself"))?;
    Ok(parse(row))
}

fn parse(row: &Value) -> Inventory {
    let text = |name: &str| {
        let text = row[name].as_str()?.trim();
        (!text.is_empty()).then(|| words::cut(text, TEXT_CHARS_MAX))
    };
    let disk = |it: &Value| {
        let (bytes, free) = (it["Size"].as_i64()?, it["FreeSpace"].as_i64()?);
        let name = it["DeviceID"].as_str()?.trim();
        (bytes > 0).then(|| Disk {
            name: words::cut(name, 20),
            bytes,
            free_bytes: free.clamp(0, bytes),
        })
    };
    // PowerShell makes an object of a list with one element.
    let disks = match &row["Disks"] {
        Value::Array(rows) => rows.iter().take(DISKS_MAX).filter_map(disk).collect(),
        one => disk(one).into_iter().collect(),
    };
    Inventory {
        name: text("Name"),
        bios_uuid: text("Board"),
        serial: text("Serial"),
        maker: text("Maker"),
        model: text("Model"),
        os: text("Os"),
        os_version: text("OsVersion"),
        memory_bytes: row["Memory"].as_i64(),
        disks,
    }
}

/// What is kept, with its age; a machine that never told is asked.
pub(crate) async fn show(control: &Control, call: &Call) -> Result<Answer, CallError> {
    let target = target(call)?;
    let kept = match control.inventories.get() {
        Some(kept) => kept(session_id(target)?.to_owned()).await,
        None => None,
    };
    let now = control.api.client.now();
    let (inventory, age) = match kept {
        Some(Asked { inventory: Some(inventory), read_at: Some(at), .. }) => {
            (inventory, format!("told by the machine {}", words::ago(at, now)))
        }
        _ => (of(control, target).await?, "told by the machine just now".to_owned()),
    };
    let joined = |one: &Option<String>, other: &Option<String>| {
        let parts: Vec<&str> = [one, other].into_iter().filter_map(|it| it.as_deref()).collect();
        parts.join(" ")
    };
    let disks: Vec<String> = inventory
        .disks
        .iter()
        .map(|it| {
            format!(
                "{} {} free of {}",
                it.name,
                words::bytes(it.free_bytes),
                words::bytes(it.bytes)
            )
        })
        .collect();
    let fields = [
        ("System", joined(&inventory.os, &inventory.os_version)),
        ("Hardware", joined(&inventory.maker, &inventory.model)),
        ("Memory", inventory.memory_bytes.map(words::bytes).unwrap_or_default()),
        ("Drives", disks.join("; ")),
        ("Serial number", inventory.serial.clone().unwrap_or_default()),
        ("Board", inventory.bios_uuid.clone().unwrap_or_default()),
    ];
    let fields = fields.into_iter().filter(|it| !it.1.is_empty());
    let fields = fields.map(|(name, value)| Field::new(name, value)).collect();
    let summary = format!("inventory of {}", target.label());
    let blocks = vec![
        Block::Text(summary.clone()),
        Block::Fields(fields),
        Block::Note(format!("{age}, through ConnectWise Control")),
    ];
    Ok(Answer { summary, blocks, data: json!(inventory), listed: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_drive_is_no_list_and_what_is_missing_is_nothing() {
        let row = json!({
            "Name": "FS01", "Board": " 4C4C4544-0042 ", "Serial": "", "Memory": 17_179_869_184_i64,
            "Disks": {"DeviceID": "C:", "Size": 100, "FreeSpace": 400},
        });
        let found = parse(&row);
        assert_eq!(found.bios_uuid.as_deref(), Some("4C4C4544-0042"));
        assert_eq!((found.serial, found.maker), (None, None));
        assert_eq!(found.disks, [Disk { name: "C:".into(), bytes: 100, free_bytes: 100 }]);
        assert_eq!(parse(&json!([])), Inventory::default());
    }
}
