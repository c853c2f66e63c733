//! The read tools: from a call to an answer that reads well in a chat. Every figure is copied or counted from
//! what the server or the machine said.

use std::collections::HashSet;

use countersign::bounds::ROWS_SHOWN_MAX;
use countersign::plan::{Call, Target};
use countersign::ports::{Answer, CallError, Process};
use countersign::reply::{Block, Field};
use countersign::words;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Control;
use crate::client::{PRODUCT, refused};
use crate::probe::{Probe, ask};
use crate::tools;
use crate::wire::Session;
use crate::write::session_id;

pub(crate) async fn read(control: &Control, call: &Call) -> Result<Answer, CallError> {
    match call.tool.short() {
        tools::LIST_SESSIONS => sessions(control, call).await,
        tools::GET_SESSION => session(control, call).await,
        tools::LIST_PROCESSES => processes(control, call).await,
        tools::LIST_SERVICES => services(control, call).await,
        tools::GET_DISKS => disks(control, call).await,
        tools::GET_UPTIME => uptime(control, call).await,
        tools::GET_USER => users(control, call).await,
        tools::GET_INVENTORY => crate::inventory::show(control, call).await,
        tools::JOIN_SESSION => join(control, call).await,
        other => Err(refused(format!("{other} is no tool that reads"))),
    }
}

async fn sessions(control: &Control, call: &Call) -> Result<Answer, CallError> {
    let argument = |name: &str| {
        let text = call.arguments.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_lowercase())
    };
    let (text, status) = (argument("text"), argument("status"));
    let property = control.config.client_name_property;
    let mut found = control.api.access_sessions().await?;
    if let Some(client) = &call.client {
        // A client that is linked may have another name here, or several; without a directory only its own.
        let ids: Option<HashSet<String>> = control.directory.get().map(|directory| {
            let directory = directory();
            let devices = directory.devices_of(&client.client);
            devices.filter_map(|it| it.control.as_ref()).map(|it| it.id.clone()).collect()
        });
        found.retain(|it| match &ids {
            Some(ids) => ids.contains(&it.id),
            None => it.property(property).eq_ignore_ascii_case(&client.name),
        });
    }
    found.retain(|it| {
        let texts = [Some(it.label()), it.guest.user.clone(), it.guest.os.clone()];
        let fits =
            |text: &String| texts.iter().flatten().any(|it| it.to_lowercase().contains(text));
        text.as_ref().is_none_or(fits)
            && status.as_deref().is_none_or(|status| it.online == (status == "online"))
    });
    found.sort_by_cached_key(|it| (!it.online, it.label().to_lowercase()));
    let of = call.client.as_ref().map(|it| format!(" of {}", it.name)).unwrap_or_default();
    let online = found.iter().filter(|it| it.online).count();
    let summary = format!("{}{of}, {online} online", words::count(found.len(), "session"));
    let now = control.api.client.now();
    let row = |it: &Session| {
        vec![
            it.label(),
            it.property(property).to_owned(),
            state(it, now),
            it.guest.user.clone().unwrap_or_default(),
            it.guest.os.clone().unwrap_or_default(),
        ]
    };
    let data = |it: &Session| json!({"sessionId": it.id, "name": it.label(), "client": it.property(property), "online": it.online});
    let data = found.iter().map(data).collect();
    let rows = found.iter().map(row).collect();
    let listed = found.into_iter().map(|it| it.id).collect();
    let answer = listing(summary, &["Machine", "Client", "State", "User", "System"], rows, data);
    Ok(Answer { listed, ..answer })
}

fn state(session: &Session, now: Timestamp) -> String {
    match (session.online, session.disconnected_at) {
        (true, _) => "online".into(),
        (false, Some(at)) => format!("offline, seen {}", words::ago(at, now)),
        (false, None) => "offline".into(),
    }
}

async fn session(control: &Control, call: &Call) -> Result<Answer, CallError> {
    let target = target(call)?;
    let found = control.api.session(session_id(target)?).await?;
    let gone = || CallError::NotFound {
        product: PRODUCT,
        what: format!("the session of {}", target.label()),
    };
    let session = found.ok_or_else(gone)?;
    let now = control.api.client.now();
    let guest = &session.guest;
    let state = state(&session, now);
    let summary = format!("{} is {state} in Control", target.label());
    let hardware: Vec<&str> =
        [&guest.manufacturer, &guest.model].into_iter().filter_map(|it| it.as_deref()).collect();
    let system: Vec<&str> =
        [&guest.os, &guest.os_version].into_iter().filter_map(|it| it.as_deref()).collect();
    let fields = [
        ("State", Some(state)),
        ("System", Some(system.join(", "))),
        ("Hardware", Some(hardware.join(" "))),
        ("Serial number", guest.serial.clone()),
        ("Processor", guest.processor.clone()),
        ("Memory", guest.memory_mb.map(|it| words::bytes(it << 20))),
        ("User", guest.user.clone()),
        ("Started", guest.booted_at.map(|it| words::ago(it, now))),
        ("Address inside", guest.private_address.clone()),
        ("Address outside", session.public_address.clone()),
        ("Agent", session.client_version.clone()),
    ];
    let there = fields.into_iter().filter_map(|(name, value)| Some(Field::new(name, value?)));
    let fields: Vec<Field> = there.filter(|it| !it.value.is_empty()).collect();
    let data = json!({
        "sessionId": session.id, "name": session.label(), "online": session.online, "os": guest.os,
        "serial": guest.serial, "user": guest.user, "version": session.client_version,
    });
    let blocks = vec![Block::Text(summary.clone()), Block::Fields(fields)];
    Ok(Answer { summary, blocks, data, listed: vec![session.id.clone()] })
}

async fn processes(control: &Control, call: &Call) -> Result<Answer, CallError> {
    let target = target(call)?;
    let found = crate::probe::processes(control, target).await?;
    let row = |it: &Process| {
        let memory = it.memory_bytes.map(words::bytes);
        let cpu = it.cpu_secs.map(|it| format!("{it:.0} s"));
        vec![it.name.clone(), it.id.clone(), memory.unwrap_or_default(), cpu.unwrap_or_default()]
    };
    let data = |it: &Process| json!({"Name": it.name, "Id": it.id, "Memory": it.memory_bytes, "Cpu": it.cpu_secs});
    let data: Vec<Value> = found.iter().map(data).collect();
    let summary = format!("what uses most memory on {}, {} processes", target.label(), found.len());
    let columns = ["Process", "Id", "Memory", "Processor time"];
    Ok(from_machine(summary, &columns, found.iter().map(row).collect(), &data))
}

async fn services(control: &Control, call: &Call) -> Result<Answer, CallError> {
    let target = target(call)?;
    let mut rows = ask(control, target, Probe::Services).await?;
    let runs = |it: &Value| it["State"].as_str() == Some("Running");
    rows.sort_by_key(runs);
    let stopped = rows.iter().filter(|it| !runs(it)).count();
    let row = |it: &Value| vec![text(&it["DisplayName"]), text(&it["Name"]), text(&it["State"])];
    let summary = format!(
        "{} of {} that start by themselves do not run on {}",
        stopped,
        words::count(rows.len(), "service"),
        target.label()
    );
    Ok(from_machine(summary, &["Service", "Name", "State"], rows.iter().map(row).collect(), &rows))
}

async fn disks(control: &Control, call: &Call) -> Result<Answer, CallError> {
    let target = target(call)?;
    let rows = ask(control, target, Probe::Disks).await?;
    let figures = |it: &Value| {
        let (size, free) = (it["Size"].as_i64()?, it["FreeSpace"].as_i64()?);
        (size > 0).then_some((text(&it["DeviceID"]), size, free.clamp(0, size)))
    };
    let disks: Vec<(String, i64, i64)> = rows.iter().filter_map(figures).collect();
    let said: Vec<String> = disks
        .iter()
        .map(|(name, size, free)| {
            format!("{name} has {} free of {}", words::bytes(*free), words::bytes(*size))
        })
        .collect();
    let summary = format!("{}: {}", target.label(), words::list(&said));
    let meter = |(name, size, free): &(String, i64, i64)| Block::Meter {
        label: name.clone(),
        percent: u8::try_from((size - free) * 100 / size).unwrap_or(100),
        detail: format!("{} free of {}", words::bytes(*free), words::bytes(*size)),
    };
    let mut blocks = vec![Block::Text(summary.clone())];
    blocks.extend(disks.iter().map(meter));
    blocks.push(asked_now());
    Ok(Answer { summary, blocks, data: Value::Array(rows), listed: Vec::new() })
}

async fn uptime(control: &Control, call: &Call) -> Result<Answer, CallError> {
    let target = target(call)?;
    let rows = ask(control, target, Probe::Uptime).await?;
    let boot = rows.first().and_then(|it| it["Boot"].as_str()?.parse::<Timestamp>().ok());
    let boot =
        boot.ok_or_else(|| crate::client::unreadable("the machine", "no time of its start"))?;
    let now = control.api.client.now();
    let summary =
        format!("{} was started {}, on {}", target.label(), words::ago(boot, now), words::at(boot));
    Ok(sentence(summary, rows))
}

async fn users(control: &Control, call: &Call) -> Result<Answer, CallError> {
    let target = target(call)?;
    let rows = ask(control, target, Probe::Users).await?;
    let user = rows.first().map(|it| text(&it["UserName"])).filter(|it| !it.is_empty());
    let summary = match user {
        Some(user) => format!("{user} is logged on to {}", target.label()),
        None => format!("nobody is logged on at the screen of {}", target.label()),
    };
    Ok(sentence(summary, rows))
}

/// A link that Control opens for a technician who is signed in there. What the technician may do, Control
/// decides: a link carries no right, and cannot take one away.
async fn join(control: &Control, call: &Call) -> Result<Answer, CallError> {
    let target = target(call)?;
    let found = control.api.session(session_id(target)?).await?.filter(|it| !it.is_ended);
    let gone = || CallError::NotFound {
        product: PRODUCT,
        what: format!("the session of {}", target.label()),
    };
    let session = found.ok_or_else(gone)?;
    if !session.online {
        return Err(refused(format!(
            "{} is not connected, so nobody can look at its screen",
            target.label()
        )));
    }
    let mut url = control.config.base().map_err(|error| refused(error.to_string()))?;
    let below = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{below}/Host"));
    let group = encoded(&control.config.session_group);
    url.set_fragment(None);
    let url = format!("{url}#Access/{group}//{}/Join", session.id);
    let who =
        session.guest.user.as_deref().map_or("nobody is logged on there".into(), |user| {
            format!("{user} is logged on there")
        });
    let summary = format!("Join {}: {who}", target.label());
    let consent = match control.config.require_consent {
        true => {
            "Consent is required here: wait until the person at the machine has agreed. The link cannot enforce it; Control asks them only where your role there lacks “Host session without consent”."
        }
        false => {
            "Consent is not required here; whether Control asks the person at the machine depends on your role there."
        }
    };
    let blocks = vec![
        Block::Text(summary.clone()),
        Block::Link { label: format!("Join {}", target.name), url: url.clone() },
        Block::Note(consent.into()),
    ];
    let data = json!({"sessionId": session.id, "url": url, "consentRequired": control.config.require_consent});
    Ok(Answer { summary, blocks, data, listed: Vec::new() })
}

/// A part of the address behind `#`, where only plain letters and digits are sure to arrive.
fn encoded(text: &str) -> String {
    let byte = |it: u8| match it {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(it).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

pub(crate) fn target(call: &Call) -> Result<&Target, CallError> {
    call.targets.first().ok_or_else(|| refused("no device is named"))
}

/// Text, or a number as its digits.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

fn asked_now() -> Block {
    Block::Note("asked on the machine just now, through ConnectWise Control".into())
}

fn sentence(summary: String, rows: Vec<Value>) -> Answer {
    let blocks = vec![Block::Text(summary.clone()), asked_now()];
    Answer { summary, blocks, data: Value::Array(rows), listed: Vec::new() }
}

fn from_machine(
    summary: String,
    columns: &[&str],
    rows: Vec<Vec<String>>,
    data: &[Value],
) -> Answer {
    let mut answer = listing(summary, columns, rows, Value::Array(data.to_vec()));
    answer.blocks.push(asked_now());
    answer
}

/// A summary line with a table below it; an empty list has the line only.
fn listing(summary: String, columns: &[&str], rows: Vec<Vec<String>>, data: Value) -> Answer {
    let mut blocks = vec![Block::Text(summary.clone())];
    if !rows.is_empty() {
        blocks.push(Block::Table {
            columns: columns.iter().map(|it| (*it).to_owned()).collect(),
            more: rows.len().saturating_sub(ROWS_SHOWN_MAX),
            rows: rows.into_iter().take(ROWS_SHOWN_MAX).collect(),
        });
    }
    Answer { summary, blocks, data, listed: Vec::new() }
}
