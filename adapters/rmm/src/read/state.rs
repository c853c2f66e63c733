//! How a device is doing right now, and its patches. Each part stands alone: one that cannot be read is
//! named, and the others are shown.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::reply::{Block, Field};
use countersign::words;
use futures::future::join4;
use serde_json::{Value, json};

use super::{argument, at, endpoint, table};
use crate::Rmm;
use crate::api::Read;
use crate::client::Lane;
use crate::ids;
use crate::wire::{Bucket, State, Usage};

/// From here on a disk counts as nearly full.
const FULL_PERCENT: u8 = 90;

pub(super) async fn state(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let (target, id) = endpoint(call)?;
    let parts = join4(
        rmm.api.state(id, Lane::Person),
        rmm.api.usage(id, "cpu-usage"),
        rmm.api.usage(id, "memory-usage"),
        rmm.api.usage(id, "disk-usage"),
    );
    let company: Vec<String> =
        ids::company_of(&target.client).map(str::to_owned).into_iter().collect();
    let beats = async {
        if company.is_empty() { None } else { rmm.api.heartbeat(&company, Lane::Person).await.ok() }
    };
    let ((state, cpu, memory, disk), beats) = futures::future::join(parts, beats).await;
    if let (Err(error), Err(_), Err(_), Err(_)) = (&state, &cpu, &memory, &disk) {
        return Err(error.clone());
    }
    let beat = beats.into_iter().flatten().find(|it| it.endpoint.eq_ignore_ascii_case(id));
    let online = beat.as_ref().and_then(|it| it.online);

    let full: Vec<String> = disk
        .iter()
        .flat_map(|read| &read.said.disks)
        .filter(|it| it.used_percent() >= FULL_PERCENT)
        .map(|it| format!("{} is {} % full", it.name, it.used_percent()))
        .collect();
    let presence = match online {
        Some(true) => "is online",
        Some(false) => "is OFFLINE",
        None => "did not say whether it is online",
    };
    let concern = if full.is_empty() { String::new() } else { format!("; {}", words::list(&full)) };
    let summary = format!("{} {presence}{concern}", target.label());

    let mut blocks = vec![Block::Text(summary.clone())];
    let mut shown = Vec::new();
    if let Some(seen) = beat.and_then(|it| it.seen_at) {
        shown.push(Field::new("Last answer", words::at(seen)));
    }
    if let Ok(read) = &state {
        shown.extend(state_fields(&read.said));
    }
    if !shown.is_empty() {
        blocks.push(Block::Fields(shown));
    }
    blocks.extend(meters(&cpu, &memory, &disk));
    let missing: Vec<String> = [
        ("state", state.as_ref().err()),
        ("processor", cpu.as_ref().err()),
        ("memory", memory.as_ref().err()),
        ("disks", disk.as_ref().err()),
    ]
    .into_iter()
    .filter_map(|(part, error)| Some(format!("{part}: {}", error?.for_person())))
    .collect();
    if !missing.is_empty() {
        blocks.push(Block::Note(format!("Not read: {}", missing.join(" "))));
    }
    let raw = |part: Result<Read<Usage>, CallError>| part.map_or(Value::Null, |read| read.raw);
    let data = json!({
        "online": online,
        "state": state.map_or(Value::Null, |read| read.raw),
        "cpu": raw(cpu),
        "memory": raw(memory),
        "disk": raw(disk),
        // No call of the product lists processes.
        "processes": null,
        "processes_reason": "not offered by the API",
    });
    Ok(Answer { summary, blocks, data, listed: vec![id.to_owned()] })
}

fn state_fields(state: &State) -> Vec<Field> {
    let mut fields = Vec::new();
    if let Some(booted) = state.booted_at {
        fields.push(Field::new("Last boot", words::at(booted)));
    }
    let users: Vec<String> = state.users_now.iter().map(|it| it.user.clone()).collect();
    match (users.is_empty(), &state.last_user) {
        (false, _) => fields.push(Field::new("Logged on", words::list(&users))),
        (true, Some(last)) => {
            let since = last.at.map(|at| format!(", {}", words::at(at))).unwrap_or_default();
            fields.push(Field::new("Last log-on", format!("{}{since}", last.user)));
        }
        (true, None) => fields.push(Field::new("Logged on", "nobody")),
    }
    if let Some(read) = state.read_at {
        fields.push(Field::new("As of", words::at(read)));
    }
    fields
}

type Part = Result<Read<Usage>, CallError>;

fn meters(cpu: &Part, memory: &Part, disk: &Part) -> Vec<Block> {
    let mut meters = Vec::new();
    let percent = |value: f64| value.round().clamp(0.0, 100.0) as u8;
    if let Some(used) = cpu.as_ref().ok().and_then(|read| read.said.percent) {
        meters.push(Block::Meter {
            label: "Processor".into(),
            percent: percent(used),
            detail: "in use".into(),
        });
    }
    if let Ok(read) = memory
        && let Some(used) = read.said.percent
    {
        let detail = match (read.said.used, read.said.total) {
            (Some(used), Some(total)) => {
                format!("{} of {} in use", words::bytes(used), words::bytes(total))
            }
            _ => "in use".to_owned(),
        };
        meters.push(Block::Meter { label: "Memory".into(), percent: percent(used), detail });
    }
    for disk in disk.iter().flat_map(|read| &read.said.disks) {
        meters.push(Block::Meter {
            label: format!("Disk {}", disk.name),
            percent: disk.used_percent(),
            detail: format!("{} free of {}", words::bytes(disk.free), words::bytes(disk.total)),
        });
    }
    meters
}

pub(super) async fn patches(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let (target, id) = endpoint(call)?;
    let read = rmm.api.patches(id).await?;
    let patches = read.said;
    let wanted = argument(call, "state");
    let count =
        |some: &[Bucket]| patches.patches.iter().filter(|it| some.contains(&it.bucket())).count();
    let pending = count(&[Bucket::Pending, Bucket::PendingReboot]);
    let reboot = count(&[Bucket::PendingReboot]);
    let (installed, failed) = (count(&[Bucket::Installed]), count(&[Bucket::Failed]));
    let reboot = if reboot > 0 { format!(" ({reboot} wait for a restart)") } else { String::new() };
    let summary = format!(
        "{}: {pending} pending{reboot}, {installed} installed, {failed} failed patches",
        target.label()
    );

    let mut shown: Vec<_> = patches
        .patches
        .iter()
        .filter(|it| match (wanted, it.bucket()) {
            (Some("installed"), bucket) => bucket == Bucket::Installed,
            (Some("failed"), bucket) => bucket == Bucket::Failed,
            // Installed ones are many and rarely the question.
            (_, bucket) => bucket != Bucket::Installed,
        })
        .collect();
    if wanted == Some("installed") {
        shown.sort_by_key(|it| std::cmp::Reverse(it.installed_at));
    }
    let row = |it: &&crate::wire::Patch| {
        let state = match it.bucket() {
            Bucket::Pending => "pending".to_owned(),
            Bucket::PendingReboot => "waits for a restart".to_owned(),
            Bucket::Installed => format!("installed {}", at(it.installed_at)),
            Bucket::Failed => "failed".to_owned(),
        };
        let restart = if it.needs_reboot { "yes" } else { "" };
        vec![
            it.article.clone(),
            state,
            it.classification.clone(),
            it.severity.clone(),
            restart.to_owned(),
            it.size.clone(),
        ]
    };
    let mut blocks = vec![Block::Text(summary.clone())];
    if !shown.is_empty() {
        let columns = ["Patch", "State", "Kind", "Severity", "Restart", "Size"];
        blocks.push(table(&columns, shown.iter().map(row).collect()));
    }
    let mut notes = Vec::new();
    notes.extend(patches.assessed_at.map(|at| format!("assessed {}", words::at(at))));
    notes.extend(patches.compliance.map(|it| format!("compliance {it:.1} %")));
    notes.extend(patches.policy.map(|it| format!("policy “{it}”")));
    if patches.out_of_support {
        notes.push("the system is out of support".into());
    }
    if !notes.is_empty() {
        blocks.push(Block::Note(notes.join(", ")));
    }
    Ok(Answer { summary, blocks, data: read.raw, listed: vec![id.to_owned()] })
}
