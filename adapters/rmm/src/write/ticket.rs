//! Creating a ticket: words become ids, the device is attached, and the marker goes into the description.

use countersign::mask::mask;
use countersign::ports::{CallError, Started};
use countersign::run::{Ending, Grant, TicketRef, Trace};
use countersign::words;
use serde_json::{Value, json};

use crate::Rmm;
use crate::client::refused;
use crate::wire::{Named, Ticket};

/// Longest description the product takes.
const DESCRIPTION_MAX: usize = 10_000;

pub(super) async fn create(rmm: &Rmm, grant: &Grant) -> Result<Started, CallError> {
    let call = grant.call();
    let argument = |name: &str| {
        call.arguments.get(name).and_then(Value::as_str).filter(|it| !it.trim().is_empty())
    };
    let summary = argument("summary").ok_or_else(|| refused("a ticket needs a summary"))?;
    let (boards, sources) =
        futures::future::try_join(rmm.api.words("service-boards"), rmm.api.words("sources"))
            .await?;
    let board =
        pick(&boards, argument("board"), "board", &["help desk", "service desk", "support"])?;
    let source =
        pick(&sources, argument("source"), "source", &["api", "chat", "integration", "email"])?;
    let priority = match argument("priority") {
        None => None,
        Some(wanted) => Some(priority(rmm.api.words("priorities").await?, wanted)?),
    };

    let target = call.targets.first();
    let company = target
        .and_then(|target| crate::ids::company_of(&target.client).map(str::to_owned))
        .or_else(|| call.client.as_ref().and_then(|client| client.rmm.clone()));
    let mut body = json!({
        "summary": words::cut(summary, 255),
        "description": description(grant, argument("description")),
        "serviceBoard": {"id": board.id},
        "source": {"id": source.id},
    });
    if let Some(priority) = priority {
        body["priority"] = json!({"id": priority.id});
    }
    if let Some(company) = company {
        body["company"] = json!({"id": company});
    }
    if let Some(endpoint) = target.and_then(|target| target.rmm.as_ref()) {
        // Attached now: a later attach does not carry through to the synced ticket.
        body["assets"] = json!([{"id": endpoint, "isPrimary": true}]);
    }
    let ticket = rmm.api.create_ticket(&body).await?;
    Ok(Started::Finished { ending: Ending::Succeeded, trace: trace(rmm, ticket) })
}

/// What is told of a ticket that was made.
pub(super) fn trace(rmm: &Rmm, ticket: Ticket) -> Trace {
    let notes = vec![format!("ticket {} on board {}", ticket.number, ticket.board)];
    let found = TicketRef {
        url: rmm.ticket_url(&ticket),
        id: ticket.id,
        number: ticket.number,
        summary: ticket.summary,
    };
    Trace { notes, ticket: Some(found), ..Trace::default() }
}

/// What was approved, then who asked, then the facts of the step before.
fn description(grant: &Grant, approved: Option<&str>) -> String {
    let mut text = approved.unwrap_or("Opened from chat.").trim().to_owned();
    if let Some(target) = grant.call().targets.first() {
        text.push_str(&format!("\n\nDevice: {}", target.label()));
    }
    if !grant.facts().is_empty() {
        text.push_str(&format!(
            "\n\nOutcome, filled in by Countersign:\n{}",
            grant.facts().join("\n")
        ));
    }
    let end = format!(
        "\n\nAsked by {} through Countersign. Ref {}",
        grant.requester(),
        grant.marker().as_str()
    );
    let room = DESCRIPTION_MAX - end.chars().count() - 1;
    format!("{}{end}", words::cut(&mask(&text), room))
}

/// The word that was asked for; without one the only word there is, else the first of `usual`.
fn pick<'a>(
    all: &'a [Named],
    wanted: Option<&str>,
    what: &str,
    usual: &[&str],
) -> Result<&'a Named, CallError> {
    if let Some(wanted) = wanted {
        let wanted = wanted.trim();
        let found = all.iter().find(|it| it.name.eq_ignore_ascii_case(wanted) || it.id == wanted);
        return found.ok_or_else(|| {
            refused(format!("there is no {what} “{wanted}”; there are {}", names(all)))
        });
    }
    if let [only] = all {
        return Ok(only);
    }
    let named = |word: &&str| all.iter().find(|it| it.name.eq_ignore_ascii_case(word));
    usual
        .iter()
        .find_map(named)
        .ok_or_else(|| refused(format!("a ticket needs a {what}; name one of {}", names(all))))
}

/// "high" is "Priority 2 - High" on most tenants.
fn priority(all: Vec<Named>, wanted: &str) -> Result<Named, CallError> {
    let wanted = wanted.trim().to_lowercase();
    let is_word = |name: &str| {
        name.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| word == wanted)
    };
    let exact = all.iter().find(|it| it.name.to_lowercase() == wanted || it.id == wanted);
    let mut within = all.iter().filter(|it| is_word(&it.name));
    let only = within.next().filter(|_| within.next().is_none());
    let found = exact.or(only).cloned();
    found.ok_or_else(|| {
        refused(format!("there is no priority “{wanted}”; there are {}", names(&all)))
    })
}

fn names(all: &[Named]) -> String {
    let names: Vec<String> = all.iter().take(20).map(|it| it.name.clone()).collect();
    if names.is_empty() { "none".to_owned() } else { words::list(&names) }
}
