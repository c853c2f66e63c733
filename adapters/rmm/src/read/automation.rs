//! Scripts, tasks and their results.

use countersign::bounds::ROWS_SHOWN_MAX;
use countersign::mask::mask;
use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::reply::Block;
use countersign::words;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{argument, at, contains, endpoint, listing, table};
use crate::Rmm;
use crate::client::{Lane, refused};
use crate::wire::{Json, TaskLine};

/// Output of one endpoint that is shown in chat.
const OUTPUT_SHOWN_MAX: usize = 1_500;

/// How far back a task is looked for by its name.
const NAMED_WITHIN: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) async fn scripts(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let read = rmm.api.composites().await?;
    let text = argument(call, "text");
    let mut scripts: Vec<_> = read.said.into_iter().filter(|it| contains(&it.name, text)).collect();
    scripts.sort_by(|one, other| one.name.cmp(&other.name));
    let rows = scripts.iter().map(|it| {
        let takes = if it.has_parameters { "yes" } else { "" };
        vec![
            it.name.clone(),
            it.category.clone().unwrap_or_default(),
            takes.to_owned(),
            words::cut(&it.description, 100),
            at(it.updated_at),
        ]
    });
    let summary = words::count(scripts.len(), "script");
    Ok(listing(
        summary,
        &["Script", "Category", "Parameters", "Description", "Changed"],
        rows.collect(),
        read.raw,
    ))
}

pub(super) async fn shell_scripts(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let read = rmm.api.shell_scripts(Lane::Person).await?;
    let text = argument(call, "text");
    let mut scripts: Vec<_> = read
        .said
        .into_iter()
        .filter(|it| contains(&it.name, text) || contains(&it.description, text))
        .collect();
    scripts.sort_by(|one, other| one.name.cmp(&other.name));
    let rows = scripts.iter().map(|it| {
        let state =
            if it.is_active() { String::new() } else { it.state.clone().unwrap_or_default() };
        vec![
            it.name.clone(),
            it.engine.clone().unwrap_or_default(),
            it.systems.join(", "),
            words::cut(&it.description, 100),
            state,
        ]
    });
    let summary = words::count(scripts.len(), "shell script");
    Ok(listing(
        summary,
        &["Script", "Engine", "For", "Description", "State"],
        rows.collect(),
        read.raw,
    ))
}

pub(super) async fn tasks(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let raw = rmm.api.tasks().await?;
    let text = argument(call, "text");
    let name = |value: &Value| Json(value).text("name").unwrap_or("unnamed").to_owned();
    let row = |value: &Value| {
        let json = Json(value);
        vec![
            name(value),
            json.text("type").unwrap_or_default().to_owned(),
            words::cut(json.text("description").unwrap_or_default(), 100),
            at(json.time(&["updatedAt"])),
        ]
    };
    let rows: Vec<_> = raw.iter().filter(|it| contains(&name(it), text)).map(row).collect();
    let summary = words::count(rows.len(), "task definition");
    // Saved parameters may hold secrets; they are not handed on.
    let data: Vec<Value> = raw.iter().map(|it| json!({"name": name(it)})).collect();
    Ok(listing(summary, &["Task", "Type", "Description", "Changed"], rows, json!(data)))
}

pub(super) async fn summary(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let since =
        argument(call, "since").map(|text| since(text, rmm.api.client.now())).transpose()?;
    let target = call.targets.first();
    let id = if target.is_some() { Some(endpoint(call)?.1) } else { None };
    let read = rmm.api.summaries(id, since).await?;
    let of = target.map(|target| format!(" on {}", target.label())).unwrap_or_default();
    let from = since.map(|at| format!(" since {}", words::at(at))).unwrap_or_default();
    let summary = format!("{}{of}{from}", words::count(read.said.len(), "task"));
    let row = |it: &TaskLine| {
        let counts = match (it.devices, it.succeeded, it.failed) {
            (Some(all), Some(good), Some(bad)) => {
                format!("{all} devices: {good} succeeded, {bad} failed")
            }
            _ => String::new(),
        };
        vec![it.name.clone(), it.status.clone(), counts, at(it.executed_at.or(it.created_at))]
    };
    let rows = read.said.iter().map(row).collect();
    Ok(listing(summary, &["Task", "Status", "Devices", "When"], rows, read.raw))
}

fn since(text: &str, now: Timestamp) -> Result<Timestamp, CallError> {
    let today = || now.to_zoned(TimeZone::UTC).start_of_day().map(|it| it.timestamp()).ok();
    let found = match text.to_lowercase().as_str() {
        "today" => today(),
        "yesterday" => today().map(|it| it - SignedDuration::from_hours(24)),
        _ => text.parse().ok(),
    };
    found.ok_or_else(|| {
        refused(format!("“{text}” is no time; write “today” or 2026-09-01T00:00:00Z"))
    })
}

pub(super) async fn results(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let wanted = argument(call, "task").ok_or_else(|| refused("name the task"))?;
    let (task, name) = task(rmm, wanted).await?;
    let instances = rmm.api.instances(&task).await?;
    let instance = match argument(call, "instance") {
        Some(id) => instances.iter().find(|it| it.id == id),
        None => instances.first(),
    };
    let Some(instance) = instance else {
        let summary = format!("Task {name} has not run yet");
        return Ok(Answer {
            blocks: vec![Block::Text(summary.clone())],
            summary,
            data: Value::Null,
            listed: Vec::new(),
        });
    };
    let read = rmm.api.results(&task, &instance.id).await?;
    let name = instance.name.clone().unwrap_or(name);
    let counted = |count: Option<i64>, word: &str| {
        count.filter(|it| *it > 0).map(|it| format!("{it} {word}"))
    };
    let counts: Vec<String> = [
        counted(instance.succeeded, "succeeded"),
        counted(instance.failed, "failed"),
        counted(instance.running, "running"),
        counted(instance.waiting, "waiting"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let counts =
        if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) };
    let summary = format!("Task {name}: {}{counts}", instance.status);
    let mut names = Vec::new();
    for row in read.said.iter().take(ROWS_SHOWN_MAX) {
        let host =
            rmm.api.endpoint(&row.endpoint, Lane::Person).await.ok().and_then(|it| it.said.host);
        names.push(host.unwrap_or_else(|| row.endpoint.clone()));
    }
    let mut blocks = vec![Block::Text(summary.clone())];
    let rows: Vec<_> = read
        .said
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let name = names.get(index).cloned().unwrap_or_else(|| row.endpoint.clone());
            vec![name, row.status.clone(), at(row.executed_at)]
        })
        .collect();
    if !rows.is_empty() {
        blocks.push(table(&["Device", "Status", "When"], rows));
    }
    if let Some(row) = read.said.first() {
        for text in [&row.output, &row.errors] {
            let text = mask(text.trim());
            if !text.is_empty() {
                let shown = words::cut(&text, OUTPUT_SHOWN_MAX);
                let cut = text.len().saturating_sub(shown.len());
                blocks.push(Block::Code { text: shown, cut });
            }
        }
    }
    Ok(Answer {
        summary,
        blocks,
        data: Value::String(mask(&read.raw.to_string())),
        listed: Vec::new(),
    })
}

/// A task by its id, a part of its name, or the marker in it; the newest that fits.
async fn task(rmm: &Rmm, wanted: &str) -> Result<(String, String), CallError> {
    let is_id = wanted.len() == 36 && wanted.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
    if is_id {
        return Ok((wanted.to_owned(), wanted.to_owned()));
    }
    let since = rmm.api.client.now() - NAMED_WITHIN;
    let lines = rmm.api.summaries(None, Some(since)).await?.said;
    let found = lines.into_iter().find(|line| contains(&line.name, Some(wanted)));
    found.map(|line| (line.id, line.name)).ok_or_else(|| CallError::NotFound {
        product: crate::client::PRODUCT,
        what: format!("a task named “{}” of the last 30 days", words::cut(wanted, 80)),
    })
}
