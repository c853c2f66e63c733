//! Devices: the list, and one in detail.

use std::collections::HashMap;

use countersign::directory::DeviceClass;
use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::reply::Block;
use countersign::words;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{argument, company_id, contains, endpoint, fields, table};
use crate::Rmm;
use crate::api::COMPANIES_PER_CALL;
use crate::client::Lane;
use crate::wire::{Endpoint, Json, without_secrets};

pub(super) async fn devices(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    // Companies give the names, and are the only way to ask for all devices.
    let companies = rmm.api.companies(Lane::Person).await?.said;
    let names: HashMap<&str, &str> =
        companies.iter().map(|it| (it.id.as_str(), it.name.as_str())).collect();
    let wanted: Vec<String> = match company_id(call) {
        Some(id) => vec![id.to_owned()],
        None => companies
            .iter()
            .filter(|it| it.is_current(rmm.api.client.now()))
            .map(|it| it.id.clone())
            .collect(),
    };
    let online = call.arguments.get("online").and_then(Value::as_bool);
    let mut found: Vec<Endpoint> = Vec::new();
    let mut beats: HashMap<String, bool> = HashMap::new();
    for some in wanted.chunks(COMPANIES_PER_CALL) {
        found.extend(rmm.api.endpoints(some, Lane::Person).await?);
        // Who is online is shown where it can be had; only a filter insists on it.
        match rmm.api.heartbeat(some, Lane::Person).await {
            Ok(some) => {
                beats.extend(some.into_iter().filter_map(|it| Some((it.endpoint, it.online?))))
            }
            Err(error) if online.is_some() => return Err(error),
            Err(_) => {}
        }
    }
    let sites = match argument(call, "site") {
        None => None,
        Some(text) => {
            let sites = rmm.api.sites(company_id(call), Lane::Person).await?.said;
            Some(
                sites
                    .into_iter()
                    .filter(|it| contains(&it.name, Some(text)))
                    .map(|it| it.id)
                    .collect::<Vec<_>>(),
            )
        }
    };
    let kind = argument(call, "type");
    let os = argument(call, "os");
    found.retain(|it| {
        let is_server = it.class() == DeviceClass::Server;
        kind.is_none_or(|kind| (kind == "server") == is_server)
            && os.is_none_or(|os| it.os.as_deref().is_some_and(|name| contains(name, Some(os))))
            && sites
                .as_ref()
                .is_none_or(|sites| it.site.as_ref().is_some_and(|site| sites.contains(site)))
            && online.is_none_or(|online| beats.get(&it.id) == Some(&online))
    });
    found.sort_by(|one, other| (&one.company, &one.host).cmp(&(&other.company, &other.host)));
    name_the_first(rmm, &mut found).await;

    let row = |it: &Endpoint| {
        vec![
            it.host.clone().unwrap_or_else(|| it.id.clone()),
            it.company
                .as_deref()
                .and_then(|id| names.get(id))
                .copied()
                .unwrap_or("unknown")
                .to_owned(),
            it.class().label().to_owned(),
            it.os.clone().unwrap_or_default(),
            match beats.get(&it.id) {
                Some(true) => "online".to_owned(),
                Some(false) => "offline".to_owned(),
                None => String::new(),
            },
        ]
    };
    let of = call.client.as_ref().map(|client| format!(" of {}", client.name)).unwrap_or_default();
    let mut filters: Vec<String> = kind.iter().map(|kind| format!("{kind}s")).collect();
    filters.extend(os.map(str::to_owned));
    filters.extend(online.map(|it| if it { "online" } else { "offline" }.to_owned()));
    let filters =
        if filters.is_empty() { String::new() } else { format!(" ({})", filters.join(", ")) };
    let summary = format!("{}{of}{filters}", words::count(found.len(), "device"));
    let mut blocks = vec![Block::Text(summary.clone())];
    if !found.is_empty() {
        blocks.push(table(
            &["Device", "Client", "Type", "System", "State"],
            found.iter().map(row).collect(),
        ));
    }
    let data = found.iter().map(
        |it| json!({"endpointId": it.id, "device": it.host, "companyId": it.company, "os": it.os}),
    );
    Ok(Answer {
        summary,
        blocks,
        data: data.collect(),
        listed: found.into_iter().map(|it| it.id).collect(),
    })
}

/// v1 lists have no host names: those of the rows that are shown are read singly.
async fn name_the_first(rmm: &Rmm, found: &mut [Endpoint]) {
    let shown =
        found.iter_mut().take(countersign::bounds::ROWS_SHOWN_MAX).filter(|it| it.host.is_none());
    join_all(shown.map(|it| async move {
        if let Ok(read) = rmm.api.endpoint(&it.id, Lane::Person).await {
            it.host = read.said.host;
            it.os = read.said.os.or(it.os.take());
            it.model = read.said.model;
            it.category = read.said.category;
        }
    }))
    .await;
}

pub(super) async fn device(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let (target, id) = endpoint(call)?;
    let read = rmm.api.endpoint(id, Lane::Person).await?;
    let (device, raw) = (read.said, read.raw);
    let json = Json(&raw);
    let summary = target.label();
    let memory: i64 = json.items("physicalMemory").filter_map(|it| it.int_of(&["sizeBytes"])).sum();
    let processors: Vec<String> = json
        .items("processors")
        .filter_map(|it| {
            let cores =
                it.int_of(&["numberOfCores"]).map(|it| format!(", {it} cores")).unwrap_or_default();
            Some(format!("{}{cores}", it.text("product")?))
        })
        .collect();
    let networks: Vec<String> = json
        .items("networks")
        .filter_map(|it| {
            let mac = it.text("macAddress").map(|mac| format!(", {mac}")).unwrap_or_default();
            Some(format!("{}: {}{mac}", it.text_of(&["logicalName", "product"])?, it.text("ipv4")?))
        })
        .take(6)
        .collect();
    let drives: Vec<String> = json
        .items("drives")
        .filter_map(|it| {
            let size = it
                .int_of(&["sizeBytes"])
                .map(|it| format!(", {}", words::bytes(it)))
                .unwrap_or_default();
            Some(format!("{}{size}", it.text_of(&["product", "logicalName"])?))
        })
        .take(6)
        .collect();
    let os_version = json
        .get("os")
        .and_then(|it| it.text("version"))
        .map(|it| format!(" ({it})"))
        .unwrap_or_default();
    let some = |lines: Vec<String>| (!lines.is_empty()).then(|| lines.join("\n"));
    let class = device.class().label();
    let blocks = vec![
        Block::Text(summary.clone()),
        fields(vec![
            ("Type", Some(class.to_owned())),
            ("Called", device.friendly),
            ("Model", device.model),
            ("Serial number", device.serial),
            ("System", device.os.map(|os| format!("{os}{os_version}"))),
            ("Processor", some(processors)),
            ("Memory", (memory > 0).then(|| words::bytes(memory))),
            ("Drives", some(drives)),
            ("Network", some(networks)),
            ("Site", target.site_name.clone()),
            ("Agent installed", device.installed_at.map(words::at)),
        ]),
    ];
    Ok(Answer { summary, blocks, data: without_secrets(raw), listed: vec![id.to_owned()] })
}
