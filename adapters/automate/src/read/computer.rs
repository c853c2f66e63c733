//! Computers: the list, and one in detail.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::reply::Block;
use countersign::words;
use futures::future::join;
use serde_json::{Value, json};

use super::{argument, client_id, contains, fields, in_brackets, one_computer, table};
use crate::Automate;
use crate::condition::Condition;
use crate::wire::{Computer, Drive};

pub(super) async fn computers(automate: &Automate, call: &Call) -> Result<Answer, CallError> {
    let client = client_id(call)?;
    let [text, location, status, os, kind, user] =
        ["text", "location", "status", "os", "type", "user"].map(|name| argument(call, name));
    let mut condition = Condition::default();
    if let Some(id) = client {
        condition = condition.number("Client.Id", id);
    }
    if let Some(text) = text {
        condition = condition.any_contains(&["ComputerName", "FriendlyName"], text);
    }
    if let Some(location) = location {
        condition = condition.contains("Location.Name", location);
    }
    condition = match status {
        Some("online") => condition.word("Status", "Online"),
        Some("offline") => condition.word("Status", "Offline"),
        _ => condition,
    };
    if let Some(os) = os {
        condition = condition.contains("OperatingSystemName", os);
    }
    condition = match kind {
        Some("server") => condition.word("Type", "Server"),
        Some("workstation") => condition.word("Type", "Workstation"),
        _ => condition,
    };
    if let Some(user) = user {
        condition = condition.contains("LastUserName", user);
    }
    let found = automate.api.some_computers(&condition).await?;
    let mut computers = found.rows;
    let fits = |it: &Computer| {
        let any_name =
            contains(&it.name, text) || it.friendly.as_deref().is_some_and(|it| contains(it, text));
        any_name
            && contains(it.location_name(), location)
            && os.is_none_or(|os| it.os.as_deref().is_some_and(|it| contains(it, Some(os))))
            && user.is_none_or(|user| {
                it.last_user.as_deref().is_some_and(|it| contains(it, Some(user)))
            })
    };
    let read = computers.len();
    computers.retain(fits);
    let exact = condition.is_exact() && computers.len() == read;
    let count = match (found.total, exact) {
        (Some(total), true) => {
            words::count(usize::try_from(total).unwrap_or(usize::MAX), "computer")
        }
        _ if found.more => format!("more than {}", words::count(computers.len(), "computer")),
        _ => words::count(computers.len(), "computer"),
    };
    let of = call.client.as_ref().map(|client| format!(" of {}", client.name)).unwrap_or_default();
    let mut filters: Vec<String> = status.map(str::to_owned).into_iter().collect();
    filters.extend(kind.map(|kind| format!("{kind}s")));
    filters.extend(os.map(str::to_owned));
    filters.extend(location.map(|it| format!("at {it}")));
    filters.extend(user.map(|it| format!("last user {it}")));
    filters.extend(text.map(|it| format!("named like “{it}”")));
    let summary = format!("{count}{of}{}", in_brackets(&filters));

    let now = automate.api.client.now();
    let row = |it: &Computer| {
        let contact = it.contact_at.filter(|_| it.online != Some(true));
        let state = match (it.state(), contact) {
            ("", None) => String::new(),
            (state, None) => state.to_owned(),
            (state, Some(at)) => {
                format!("{state}, {}", words::ago(at, now)).trim_start_matches(", ").to_owned()
            }
        };
        vec![
            it.name.clone(),
            it.client_name().to_owned(),
            it.location_name().to_owned(),
            state,
            it.os.clone().unwrap_or_default(),
            it.last_user.clone().unwrap_or_default(),
        ]
    };
    let mut blocks = vec![Block::Text(summary.clone())];
    if !computers.is_empty() {
        let columns = ["Computer", "Client", "Location", "State", "System", "Last user"];
        blocks.push(table(&columns, computers.iter().map(row).collect()));
    }
    if found.more {
        blocks.push(Block::Note(format!(
            "Only the first {} were read, by name; name a client or a part of the name to see the others.",
            computers.len()
        )));
    }
    let data: Value = computers.iter().map(data).collect();
    let listed = computers.iter().map(|it| it.id.to_string()).collect();
    Ok(Answer { summary, blocks, data, listed })
}

pub(super) async fn computer(automate: &Automate, call: &Call) -> Result<Answer, CallError> {
    let (target, id) = one_computer(call)?;
    let (found, drives) = join(automate.api.computer(id), automate.api.drives(id)).await;
    let found = found?;
    let now = automate.api.client.now();
    let mut blocks = vec![Block::Text(format!("{}, as Automate knows it", target.label()))];
    let mut facts: Vec<String> = Vec::new();
    let state = found.state();
    if !state.is_empty() {
        facts.push(state.to_owned());
    }
    let contact = found.contact_at.map(|at| format!("{} ({})", words::ago(at, now), words::at(at)));
    let user = match (found.users.as_slice(), &found.last_user) {
        ([], Some(last)) => Some(format!("nobody now, last {last}")),
        ([], None) => None,
        (users, _) => Some(users.join(", ")),
    };
    let mins =
        |it: Option<i64>| it.filter(|it| *it >= 0).map(|it| words::span(it.saturating_mul(60)));
    let yes = |flag: Option<bool>, word: &str| flag.filter(|it| *it).map(|_| word.to_owned());
    blocks.push(fields(vec![
        ("State", Some(state.to_owned())),
        ("Last contact", contact),
        ("Logged on", user),
        ("Idle for", mins(found.idle_mins).filter(|_| !found.users.is_empty())),
        ("Client", Some(place(&found))),
        ("Known as", found.friendly.clone()),
        (
            "Type",
            found.kind.clone().map(|kind| match found.is_virtual {
                Some(true) => format!("{kind}, virtual"),
                _ => kind,
            }),
        ),
        (
            "System",
            found.os.clone().map(|os| match &found.os_version {
                Some(version) => format!("{os} ({version})"),
                None => os,
            }),
        ),
        (
            "Started",
            found.booted_at.map(|at| format!("{} ({})", words::ago(at, now), words::at(at))),
        ),
        ("Up for", mins(found.uptime_mins).filter(|_| found.booted_at.is_none())),
        ("Reboot", yes(found.reboot_needed, "needed")),
        ("Maintenance", yes(found.maintenance, "on")),
        ("Processor", found.cpu_percent.map(|it| format!("{it} % busy"))),
        ("Address", found.address.clone()),
        ("Router", found.router.clone()),
        ("MAC", found.mac.clone()),
        ("Domain", found.domain.clone()),
        ("Serial", found.serial.clone()),
        ("Antivirus", found.antivirus.clone()),
        ("Agent", found.agent.clone()),
    ]));
    if let Some(meter) = memory(&found) {
        blocks.push(meter);
    }
    match &drives {
        Ok(drives) if drives.is_empty() => {
            blocks.push(Block::Note("Automate lists no drives of it.".into()))
        }
        Ok(drives) => {
            blocks.extend(drives.iter().map(meter));
            facts.extend(drives.iter().map(|it| {
                format!("{} {} free of {}", it.name(), words::bytes(it.free), words::bytes(it.size))
            }));
            if let Some(oldest) = drives.iter().filter_map(|it| it.read_at).min() {
                blocks.push(Block::Note(format!("Drives as of {}.", words::ago(oldest, now))));
            }
        }
        Err(error) => {
            blocks.push(Block::Note(format!("The drives cannot be read: {}", error.for_person())))
        }
    }
    if let Some(url) = automate.computer_url(id) {
        blocks.push(Block::Link { label: "Open in Automate".into(), url });
    }
    let summary = match facts.is_empty() {
        true => target.label(),
        false => format!("{}: {}", target.label(), facts.join("; ")),
    };
    let drives = drives.unwrap_or_default();
    let mut data = data(&found);
    data["drives"] = drives
        .iter()
        .map(|it| json!({"name": it.name(), "volume": it.volume, "sizeBytes": it.size, "freeBytes": it.free}))
        .collect();
    data["memoryTotalMb"] = json!(found.memory_total);
    data["memoryFreeMb"] = json!(found.memory_free);
    data["loggedOn"] = json!(found.users);
    data["lastStartup"] = json!(found.booted_at);
    Ok(Answer { summary, blocks, data, listed: vec![id.to_string()] })
}

fn place(computer: &Computer) -> String {
    match computer.location_name() {
        "" => computer.client_name().to_owned(),
        location => format!("{}, {location}", computer.client_name()),
    }
}

fn meter(drive: &Drive) -> Block {
    let smart = drive.smart.as_deref().filter(|it| !it.eq_ignore_ascii_case("ok"));
    let smart = smart.map(|it| format!(", SMART: {it}")).unwrap_or_default();
    Block::Meter {
        label: drive.label(),
        percent: drive.used_percent(),
        detail: format!("{} free of {}{smart}", words::bytes(drive.free), words::bytes(drive.size)),
    }
}

fn memory(computer: &Computer) -> Option<Block> {
    let (total, free) = (computer.memory_total?, computer.memory_free?);
    let used = (total - free).clamp(0, total);
    let bytes = |mb: i64| words::bytes(mb.saturating_mul(1 << 20));
    Some(Block::Meter {
        label: "Memory".into(),
        percent: u8::try_from(used * 100 / total).unwrap_or(100),
        detail: format!("{} free of {}", bytes(free), bytes(total)),
    })
}

fn data(it: &Computer) -> Value {
    json!({
        "computerId": it.id, "name": it.name, "friendlyName": it.friendly, "client": it.client_name(),
        "location": it.location_name(), "status": it.state(), "type": it.kind, "os": it.os,
        "lastContact": it.contact_at, "lastUser": it.last_user, "serial": it.serial,
    })
}
