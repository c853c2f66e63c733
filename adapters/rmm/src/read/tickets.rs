//! Tickets.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::reply::Block;
use serde_json::Value;

use super::{answer, data};
use crate::api::Lookup;
use crate::args::Args;
use crate::client::{Lane, PRODUCT, refused};
use crate::rmm::Rmm;
use crate::show::{count, fields, or_dash, output, table, utc, utc_or_dash};
use crate::wire::{Named, Ticket};

/// Bytes of a description shown in chat.
const DESCRIPTION_BYTES_MAX: usize = 3_000;

impl Rmm {
    /// Costs one request, and one more in ten minutes for the statuses. The number in the summary is the
    /// product's own total.
    pub(crate) async fn list_tickets(&self, call: &Call) -> Result<Answer, CallError> {
        let args = Args(call);
        let company = args.company()?;
        let status = args.text("status").unwrap_or("open");
        let limit = args.number("limit", countersign::bounds::ROWS_SHOWN_MAX, 100);
        let mut filters: Vec<(&'static str, String)> = Vec::new();
        if let Some((id, _)) = company {
            filters.push(("companyIds", id.to_owned()));
        }
        if let Some(text) = args.text("text") {
            // A comma would make two of it.
            filters.push(("summary", text.replace(',', " ")));
        }
        if let Some(name) = args.text("priority") {
            let priority = self.named(Lookup::Priorities, name).await?;
            filters.push(("priorityIds", priority.id));
        }
        if status != "all" {
            let closed: Vec<String> = self
                .lookup(Lookup::Statuses)
                .await?
                .iter()
                .filter(|it| {
                    it.category.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("closed"))
                })
                .map(|it| it.id.clone())
                .collect();
            match (status, closed.is_empty()) {
                ("closed", true) => return Err(refused("no status counts as closed there")),
                ("closed", false) => filters.push(("statusIds", closed.join(","))),
                (_, true) => {}
                (_, false) => filters.push(("statusIds", format!("[notIn],{}", closed.join(",")))),
            }
        }
        let (values, total) = self.client.tickets(&filters, limit, Lane::Person).await?;
        let names = self.names().await;
        let tickets: Vec<Ticket> = values.iter().filter_map(Ticket::read).collect();
        let rows = tickets.iter().map(|it| {
            vec![
                it.number.clone(),
                it.summary.clone(),
                or_dash(
                    it.company
                        .as_deref()
                        .and_then(|id| names.company(id))
                        .or(company.map(|it| it.1)),
                ),
                or_dash(Some(&it.status)),
                or_dash(Some(&it.priority)),
                utc_or_dash(it.created_at),
            ]
        });
        let kind = if status == "all" { String::new() } else { format!("{status} ") };
        let of = company.map(|it| format!(" of {}", it.1)).unwrap_or_default();
        let total = usize::try_from(total).unwrap_or(usize::MAX).max(tickets.len());
        let counted = count(total, &format!("{kind}ticket"), &format!("{kind}tickets"));
        let mut summary = format!("{}{of}", crate::show::capital(&counted));
        if total > tickets.len() {
            summary.push_str(&format!(", the newest {} here", tickets.len()));
        }
        let columns = ["Number", "Summary", "Client", "Status", "Priority", "Created"];
        let mut blocks = vec![table(&columns, rows.collect())];
        if let [Block::Table { more, rows, .. }] = blocks.as_mut_slice() {
            *more = total - rows.len();
        }
        let mut data = data("tickets", values);
        data["total"] = total.into();
        Ok(answer(summary, blocks, data))
    }

    /// Costs one request with an id, two with a number.
    pub(crate) async fn get_ticket(&self, call: &Call) -> Result<Answer, CallError> {
        let wanted = Args(call).required("ticket")?;
        let value = self.ticket_named(wanted).await?;
        let ticket = Ticket::read(&value)
            .ok_or_else(|| refused("the record of this ticket cannot be read"))?;
        let names = self.names().await;
        let assets: Vec<String> = ticket.assets.iter().map(|it| names.label(it)).collect();
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut blocks = vec![fields([
            ("Ticket", Some(ticket.number.clone())),
            ("Summary", Some(ticket.summary.clone())),
            ("Status", some(&ticket.status)),
            ("Priority", some(&ticket.priority)),
            (
                "Client",
                ticket.company.as_deref().map(|it| names.company(it).unwrap_or(it).to_owned()),
            ),
            ("Site", ticket.site.as_deref().and_then(|it| names.site(it)).map(str::to_owned)),
            ("Devices", (!assets.is_empty()).then(|| countersign::words::list(&assets))),
            ("Board", some(&ticket.board)),
            ("Team", some(&ticket.team)),
            ("Type", some(&ticket.kind)),
            ("Category", some(&ticket.category)),
            ("Source", some(&ticket.source)),
            ("Due", ticket.due.clone()),
            ("Created", ticket.created_at.map(utc)),
            ("Changed", ticket.updated_at.map(utc)),
        ])];
        if let Some(text) = &ticket.description {
            let (text, cut) = output(text, DESCRIPTION_BYTES_MAX);
            let more = if cut > 0 { " …" } else { "" };
            blocks.push(Block::Text(format!("{text}{more}")));
        }
        if let Some(url) = self.ticket_link(&ticket) {
            blocks.push(Block::Link { label: format!("Open ticket {}", ticket.number), url });
        }
        let summary = format!(
            "Ticket {} ({}): {}",
            ticket.number,
            or_dash(Some(&ticket.status)),
            ticket.summary
        );
        let mut data = value;
        super::masked(&mut data);
        Ok(answer(summary, blocks, data))
    }

    /// By number first, for that is what people see; then by id.
    async fn ticket_named(&self, wanted: &str) -> Result<Value, CallError> {
        let wanted = wanted.trim_start_matches('#');
        let is_id = wanted.len() >= 32 && wanted.contains('-');
        if is_id {
            return self.client.ticket(wanted).await;
        }
        let filters = [("number", wanted.to_owned())];
        let (found, _) = self.client.tickets(&filters, 2, Lane::Person).await?;
        let ids: Vec<String> = found.iter().filter_map(Ticket::read).map(|it| it.id).collect();
        match ids.as_slice() {
            // The list leaves parts out.
            [id] => self.client.ticket(id).await,
            [] => Err(CallError::NotFound { product: PRODUCT, what: format!("a ticket {wanted}") }),
            _ => Err(refused(format!("several tickets have the number {wanted}; use the id"))),
        }
    }

    /// The board, source, priority or status that `name` means, case aside.
    pub(crate) async fn named(&self, which: Lookup, name: &str) -> Result<Named, CallError> {
        let known = self.lookup(which).await?;
        let found = known.iter().find(|it| it.name.eq_ignore_ascii_case(name) || it.id == name);
        found.cloned().ok_or_else(|| {
            refused(format!("there is no {} “{name}”; there are {}", which.singular(), all(&known)))
        })
    }
}

/// "Help Desk, Alerts and Projects".
pub(crate) fn all(known: &[Named]) -> String {
    let names: Vec<String> = known.iter().take(20).map(|it| it.name.clone()).collect();
    if names.is_empty() { "none".to_owned() } else { countersign::words::list(&names) }
}
