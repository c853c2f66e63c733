//! Tickets: the list, and one of them.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::reply::Block;
use countersign::words;
use serde_json::Value;

use super::{argument, at, company_id, fields, listing};
use crate::Rmm;
use crate::client::{Lane, PRODUCT, refused};
use crate::tools::TICKETS_MAX;

pub(super) async fn tickets(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let mut filters: Vec<(&'static str, String)> = Vec::new();
    if let Some(company) = company_id(call) {
        filters.push(("companyIds", company.to_owned()));
    }
    let status = argument(call, "status").unwrap_or("open");
    if status != "all" {
        let statuses = rmm.api.words("statuses").await?;
        let is_closed = |category: &Option<String>| {
            category.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("closed"))
        };
        let closed: Vec<String> =
            statuses.into_iter().filter(|it| is_closed(&it.category)).map(|it| it.id).collect();
        if !closed.is_empty() {
            let without = if status == "open" { "[notIn]," } else { "" };
            filters.push(("statusIds", format!("{without}{}", closed.join(","))));
        }
    }
    if let Some(priority) = argument(call, "priority") {
        let all = rmm.api.words("priorities").await?;
        let fits = |name: &str| name.to_lowercase().contains(&priority.to_lowercase());
        let ids: Vec<String> =
            all.iter().filter(|it| fits(&it.name)).map(|it| it.id.clone()).collect();
        if ids.is_empty() {
            let names: Vec<String> = all.into_iter().map(|it| it.name).collect();
            return Err(refused(format!(
                "there is no priority “{priority}”; there are {}",
                words::list(&names)
            )));
        }
        filters.push(("priorityIds", ids.join(",")));
    }
    if let Some(text) = argument(call, "text") {
        filters.push(("summary", text.to_owned()));
    }
    let limit = call
        .arguments
        .get("limit")
        .and_then(Value::as_u64)
        .unwrap_or(TICKETS_MAX)
        .clamp(1, TICKETS_MAX);
    let (read, total) = rmm.api.tickets(&filters, usize::try_from(limit).unwrap_or(100)).await?;
    // Without a name the id of the company says nothing.
    let companies = match company_id(call) {
        Some(_) => Vec::new(),
        None => rmm.api.companies(Lane::Person).await.map(|it| it.said).unwrap_or_default(),
    };
    let client_of = |id: &Option<String>| match (&call.client, id) {
        (Some(client), _) => client.name.clone(),
        (None, Some(id)) => {
            companies.iter().find(|it| &it.id == id).map_or(String::new(), |it| it.name.clone())
        }
        (None, None) => String::new(),
    };
    let rows = read.said.iter().map(|it| {
        vec![
            it.number.clone(),
            words::cut(&it.summary, 80),
            client_of(&it.company),
            it.status.clone(),
            it.priority.clone(),
            at(it.updated_at),
        ]
    });
    let of = call.client.as_ref().map(|client| format!(" of {}", client.name)).unwrap_or_default();
    let word = if status == "all" { String::new() } else { format!("{status} ") };
    let tickets = if total == 1 { "ticket" } else { "tickets" };
    let summary = format!("{total} {word}{tickets}{of}");
    Ok(listing(
        summary,
        &["Ticket", "Summary", "Client", "Status", "Priority", "Changed"],
        rows.collect(),
        read.raw,
    ))
}

pub(super) async fn ticket(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    let wanted =
        argument(call, "ticket").ok_or_else(|| refused("name the ticket"))?.trim_start_matches('#');
    let is_id = wanted.len() == 36 && wanted.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
    let id = if is_id {
        wanted.to_owned()
    } else {
        let (found, _) = rmm.api.tickets(&[("number", wanted.to_owned())], 2).await?;
        match found.said.as_slice() {
            [one] => one.id.clone(),
            [] => {
                return Err(CallError::NotFound {
                    product: PRODUCT,
                    what: format!("a ticket with the number {}", words::cut(wanted, 40)),
                });
            }
            _ => {
                return Err(refused(format!(
                    "several tickets have the number {wanted}; use the id"
                )));
            }
        }
    };
    let read = rmm.api.ticket(&id).await?;
    let ticket = read.said;
    let url = rmm.ticket_url(&ticket);
    let company = match &ticket.company {
        Some(id) => rmm.api.company(id).await.ok().map(|it| it.said.name),
        None => None,
    };
    let mut devices = Vec::new();
    for asset in ticket.assets.iter().take(5) {
        devices
            .extend(rmm.api.endpoint(asset, Lane::Person).await.ok().and_then(|it| it.said.host));
    }
    let summary = format!("Ticket {}: {}", ticket.number, words::cut(&ticket.summary, 120));
    let mut blocks = vec![
        Block::Text(summary.clone()),
        fields(vec![
            ("Status", Some(ticket.status)),
            ("Priority", Some(ticket.priority)),
            ("Client", company),
            ("Devices", (!devices.is_empty()).then(|| words::list(&devices))),
            ("Board", Some(ticket.board)),
            ("Type", Some(ticket.kind)),
            ("Category", Some(ticket.category)),
            ("Source", Some(ticket.source)),
            ("Team", Some(ticket.team)),
            ("Due", ticket.due),
            ("Created", ticket.created_at.map(words::at)),
            ("Changed", ticket.updated_at.map(words::at)),
        ]),
    ];
    if let Some(description) = ticket.description {
        blocks.push(Block::Text(words::cut(&description, 2_000)));
    }
    blocks.extend(url.map(|url| Block::Link { label: format!("Ticket {}", ticket.number), url }));
    Ok(Answer { summary, blocks, data: read.raw, listed: Vec::new() })
}
