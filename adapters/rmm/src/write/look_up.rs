//! Looks for what was sent without an answer, by the marker that was put in it.

use countersign::plan::Call;
use countersign::run::{Handle, LookUp, Marker};
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use crate::Rmm;
use crate::tools::CREATE_TICKET;

/// The product's clock may run behind ours by this much.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(10);

/// Newest tickets that are looked through; within minutes of the doubt there are hardly more.
const TICKETS_LOOKED_AT: usize = 100;

pub(crate) async fn look_up(rmm: &Rmm, call: &Call, marker: &Marker, since: Timestamp) -> LookUp {
    let since = since - CLOCKS_APART;
    if call.tool.short() == CREATE_TICKET {
        ticket(rmm, marker, since).await
    } else {
        task(rmm, marker, since).await
    }
}

async fn task(rmm: &Rmm, marker: &Marker, since: Timestamp) -> LookUp {
    let lines = match rmm.api.summaries(None, Some(since)).await {
        Ok(lines) => lines.said,
        Err(error) => {
            warn!(marker = marker.as_str(), error = %error, "the look-up failed");
            return LookUp::NoAnswer;
        }
    };
    let mut tasks: Vec<String> = lines
        .into_iter()
        .filter(|line| line.name.contains(marker.as_str()))
        .map(|line| line.id)
        .collect();
    tasks.sort();
    tasks.dedup();
    match tasks.len() {
        0 => LookUp::Absent,
        1 => LookUp::Found(Handle(tasks.remove(0))),
        several => {
            LookUp::CannotTell(format!("{several} tasks carry the marker {}", marker.as_str()))
        }
    }
}

/// A ticket cannot be searched by its description, so the newest are read. Lists may leave it out: those
/// without one are read singly.
async fn ticket(rmm: &Rmm, marker: &Marker, since: Timestamp) -> LookUp {
    let filters = [("createdAtFrom", format!("{since:.0}"))];
    let (found, total) = match rmm.api.tickets(&filters, TICKETS_LOOKED_AT).await {
        Ok((read, total)) => (read.said, total),
        Err(error) => {
            warn!(marker = marker.as_str(), error = %error, "the look-up failed");
            return LookUp::NoAnswer;
        }
    };
    let mut with_marker = Vec::new();
    let all_seen = usize::try_from(total).is_ok_and(|total| total <= found.len());
    for ticket in found {
        let description = match &ticket.description {
            Some(description) => description.clone(),
            None => match rmm.api.ticket(&ticket.id).await {
                Ok(read) => read.said.description.unwrap_or_default(),
                Err(_) => return LookUp::NoAnswer,
            },
        };
        if description.contains(marker.as_str()) {
            with_marker.push(ticket);
        }
    }
    match with_marker.len() {
        0 if all_seen => LookUp::Absent,
        0 => {
            let why =
                format!("more than {TICKETS_LOOKED_AT} tickets are new, and not all were read");
            LookUp::CannotTell(why)
        }
        1 => LookUp::FoundFinished(Box::new(super::ticket::trace(rmm, with_marker.remove(0)))),
        several => {
            LookUp::CannotTell(format!("{several} tickets carry the marker {}", marker.as_str()))
        }
    }
}
