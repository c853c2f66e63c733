//! Companies, sites and device groups.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::reply::Block;
use countersign::words;
use serde_json::{Value, json};

use super::{argument, at, company_id, contains, fields, listing};
use crate::Rmm;
use crate::client::{Lane, refused};
use crate::wire::Json;

pub(super) async fn companies(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let read = rmm.api.companies(Lane::Person).await?;
    let now = rmm.api.client.now();
    let text = argument(call, "text");
    let mut companies: Vec<_> =
        read.said.into_iter().filter(|it| it.is_current(now) && contains(&it.name, text)).collect();
    companies.sort_by(|one, other| one.name.cmp(&other.name));
    let rows = companies.iter().map(|it| {
        vec![
            it.name.clone(),
            it.status.clone().unwrap_or_default(),
            it.contact.clone().unwrap_or_default(),
        ]
    });
    let summary = match companies.len() {
        1 => "1 company".to_owned(),
        number => format!("{number} companies"),
    };
    Ok(listing(summary, &["Company", "Status", "Contact"], rows.collect(), read.raw))
}

pub(super) async fn company(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let id = company_id(call)
        .ok_or_else(|| refused("name the client, for example “details of Bluegum Vet”"))?;
    let read = rmm.api.company(id).await?;
    let company = read.said;
    let summary = company.name.clone();
    let blocks = vec![
        Block::Text(summary.clone()),
        fields(vec![
            ("Formal name", company.formal_name),
            ("Status", company.status),
            ("Contact", company.contact),
            ("E-mail", company.email),
            ("Phone", company.phone),
            ("Main site", company.primary_site),
            ("Address", company.address),
            ("Time zone", company.time_zone),
        ]),
    ];
    Ok(Answer { summary, blocks, data: read.raw, listed: Vec::new() })
}

pub(super) async fn sites(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let read = rmm.api.sites(company_id(call), Lane::Person).await?;
    let mut sites: Vec<_> = read.said.into_iter().filter(|it| it.active).collect();
    sites.sort_by(|one, other| {
        (&one.company_name, &one.name).cmp(&(&other.company_name, &other.name))
    });
    let of = call.client.as_ref().map(|client| format!(" of {}", client.name)).unwrap_or_default();
    let summary = format!("{}{of}", words::count(sites.len(), "site"));
    let rows = sites.iter().map(|it| {
        vec![
            it.name.clone(),
            it.company_name.clone().unwrap_or_default(),
            it.time_zone.clone().unwrap_or_default(),
            it.address.clone().unwrap_or_default(),
        ]
    });
    Ok(listing(summary, &["Site", "Company", "Time zone", "Address"], rows.collect(), read.raw))
}

pub(super) async fn groups(rmm: &Rmm) -> Result<Answer, CallError> {
    let raw = rmm.api.groups().await?;
    let row = |value: &Value| {
        let json = Json(value);
        let kind = if json.flag("static") == Some(true) { "static" } else { "dynamic" };
        vec![
            json.text("name").unwrap_or("unnamed").to_owned(),
            kind.to_owned(),
            json.text("description").unwrap_or_default().to_owned(),
            at(json.time(&["updatedAt"])),
        ]
    };
    let rows: Vec<_> = raw.iter().map(row).collect();
    let summary = words::count(rows.len(), "device group");
    Ok(listing(summary, &["Group", "Kind", "Description", "Changed"], rows, json!(raw)))
}
