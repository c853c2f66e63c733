//! Makes a ticket, with the marker in it, and knows where it can be seen.

use countersign::plan::Call;
use countersign::ports::{CallError, Started};
use countersign::run::{Ending, Grant, TicketRef, Trace};
use countersign::words;
use jiff::Timestamp;
use serde_json::{Value, json};
use tracing::info;

use crate::api::Lookup;
use crate::args::Args;
use crate::client::{Lane, refused, unsent};
use crate::config::Region;
use crate::read::tickets::all;
use crate::rmm::Rmm;
use crate::wire::{Named, Ticket};

/// Longest summary and description, in characters. Source: the partner OpenAPI file.
const SUMMARY_MAX: usize = 255;
const DESCRIPTION_MAX: usize = 10_000;

/// Which source a ticket of ours has when nobody says: the first of these that is in use.
const SOURCES: [&str; 5] = ["Countersign", "Chat", "Chatbot", "API", "Internal"];

/// Which board it goes to: the first of these that is in use.
const BOARDS: [&str; 4] = ["Help Desk", "Helpdesk", "Service Desk", "Support"];

impl Rmm {
    /// Makes the ticket and is done with it.
    ///
    /// - Names of board, source and priority become ids here; one that does not exist is refused with the
    ///   list of those that do. Nothing is sent then.
    /// - The device goes into the ticket in the same call: a later one does not reach the synced ticket.
    /// - Costs one request, one more for the device, three in ten minutes for the names.
    pub(crate) async fn create_ticket(&self, grant: &Grant) -> Result<Started, CallError> {
        let (body, notes) = self.ticket_body(grant).await.map_err(unsent)?;
        let value = self.client.create_ticket(&body).await?;
        let ticket = Ticket::read(&value).ok_or_else(|| CallError::Failed {
            product: crate::client::PRODUCT,
            detail: "the answer to the new ticket cannot be read".to_owned(),
        })?;
        info!(ticket = ticket.number, marker = grant.marker().as_str(), "ticket made");
        let trace = Trace { ticket: Some(self.ticket_ref(&ticket)), notes, ..Trace::default() };
        Ok(Started::Finished { ending: Ending::Succeeded, trace })
    }

    /// What is sent, and what of it goes into the trace. Sends nothing itself.
    async fn ticket_body(&self, grant: &Grant) -> Result<(Value, Vec<String>), CallError> {
        let call = grant.call();
        let args = Args(call);
        let board = self.chosen(Lookup::Boards, args.text("board"), &BOARDS).await?;
        let source = self.chosen(Lookup::Sources, args.text("source"), &SOURCES).await?;
        let summary = args.required("summary")?;
        let mut body = json!({
            "summary": shortened(summary, SUMMARY_MAX),
            "description": description(grant, args.text("description").unwrap_or(summary)),
            "serviceBoard": { "id": board.id },
            "source": { "id": source.id },
        });
        if let Some(name) = args.text("priority") {
            body["priority"] = json!({ "id": self.named(Lookup::Priorities, name).await?.id });
        }
        self.add_place(call, &mut body).await?;
        Ok((body, vec![format!("on the board {}, source {}", board.name, source.name)]))
    }

    pub(super) fn ticket_ref(&self, ticket: &Ticket) -> TicketRef {
        TicketRef {
            id: ticket.id.clone(),
            number: ticket.number.clone(),
            summary: ticket.summary.clone(),
            url: self.ticket_link(ticket),
        }
    }

    /// Company, site and device of what the ticket is about.
    async fn add_place(&self, call: &Call, body: &mut Value) -> Result<(), CallError> {
        let args = Args(call);
        if call.targets.is_empty() {
            if let Some((company, _)) = args.company()? {
                body["company"] = json!({ "id": company });
            }
            return Ok(());
        }
        let (id, label) = args.endpoint()?;
        let (device, _) = self.client.endpoint(id, Lane::Person).await?;
        if let Some((company, name)) = args.company()?
            && device.company.as_deref().is_some_and(|it| it != company)
        {
            return Err(refused(format!("{label} does not belong to {name}")));
        }
        if let Some(company) = device.company {
            body["company"] = json!({ "id": company });
        }
        if let Some(site) = device.site {
            body["site"] = json!({ "id": site });
        }
        body["assets"] = call
            .targets
            .iter()
            .filter_map(|it| it.rmm.as_deref())
            .enumerate()
            .map(|(index, id)| json!({ "id": id, "isPrimary": index == 0 }))
            .collect();
        Ok(())
    }

    /// What was named, else the only one there is, else the first of `usual` that is there.
    async fn chosen(
        &self,
        which: Lookup,
        name: Option<&str>,
        usual: &[&str],
    ) -> Result<Named, CallError> {
        if let Some(name) = name {
            return self.named(which, name).await;
        }
        let known = self.lookup(which).await?;
        if let [only] = known.as_slice() {
            return Ok(only.clone());
        }
        let found = usual
            .iter()
            .find_map(|name| known.iter().find(|it| it.name.eq_ignore_ascii_case(name)));
        found
            .cloned()
            .ok_or_else(|| refused(format!("say which {}: {}", which.singular(), all(&known))))
    }

    /// Where people see the ticket. The product publishes no address; in `na` the portal's own links are
    /// known and want the short number.
    pub(crate) fn ticket_link(&self, ticket: &Ticket) -> Option<String> {
        if let Some(template) = &self.ticket_url {
            let number = escaped(ticket.portal_number.as_ref().unwrap_or(&ticket.number));
            return Some(
                template.replace("{id}", &escaped(&ticket.id)).replace("{number}", &number),
            );
        }
        match (self.region, &ticket.portal_number, &ticket.company) {
            (Region::Na, Some(number), Some(company)) => Some(format!(
                "https://control.itsupport247.net/QADashB/QuickAccess/NewDesktops/service-tickets?SSECTION=10020&STAB=10020#??asio_route=/service-tickets/bms-ticket-overview?ticketId={number}&companyId={}&projectIssue=false&tabId=unified-ticket-detail-screen??",
                escaped(company)
            )),
            (Region::Au | Region::Eu | Region::Na, _, _) => None,
        }
    }

    /// Tickets made since `since` that hold the marker.
    pub(super) async fn tickets_marked(
        &self,
        marker: &str,
        since: Timestamp,
    ) -> Result<Vec<Ticket>, CallError> {
        let filters = [("createdAtFrom", format!("{since:.0}"))];
        let most = super::look_up::TICKETS_LOOKED_AT_MAX;
        let (values, _) = self.client.tickets(&filters, most, Lane::Person).await?;
        let mut marked = Vec::new();
        for ticket in values.iter().filter_map(Ticket::read) {
            let ticket = match &ticket.description {
                Some(_) => ticket,
                // The list may leave descriptions out.
                None => match Ticket::read(&self.client.ticket(&ticket.id).await?) {
                    Some(ticket) => ticket,
                    None => continue,
                },
            };
            if ticket.description.as_deref().is_some_and(|text| text.contains(marker)) {
                marked.push(ticket);
            }
        }
        Ok(marked)
    }
}

/// What is wrong, the facts of the step before, and who asked; the marker is in it whatever is cut.
fn description(grant: &Grant, text: &str) -> String {
    let foot = format!(
        "\n\nAsked for by {} via Countersign. Ref {}",
        grant.requester(),
        grant.marker().as_str()
    );
    let mut text = text.to_owned();
    if !grant.facts().is_empty() {
        text.push_str("\n\n");
        text.push_str(&countersign::mask::mask(&grant.facts().join("\n")));
    }
    let room = DESCRIPTION_MAX - foot.chars().count();
    format!("{}{foot}", shortened(&text, room))
}

/// At most `max` characters, the ellipsis included.
fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max { text.to_owned() } else { words::cut(text, max - 1) }
}

/// Safe within an address.
fn escaped(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    text.chars()
        .map(|c| {
            if safe(c) {
                c.to_string()
            } else {
                c.to_string().bytes().map(|b| format!("%{b:02X}")).collect()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_longer_than_the_product_takes() {
        assert_eq!(shortened(&"ä".repeat(300), SUMMARY_MAX).chars().count(), SUMMARY_MAX);
        assert_eq!(shortened("short", SUMMARY_MAX), "short");
    }

    #[test]
    fn an_id_cannot_break_out_of_a_link() {
        assert_eq!(escaped("140511.2044"), "140511.2044");
        assert_eq!(escaped("a&b=c d/é"), "a%26b%3Dc%20d%2F%C3%A9");
    }
}
