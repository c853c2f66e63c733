//! Finds what may have been begun although no answer came. The product has no idempotency keys; the marker
//! in a task's name or a ticket's text is what there is.

use std::collections::HashSet;

use countersign::ports::CallError;
use countersign::run::{Handle, LookUp, Marker, Trace};
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use crate::rmm::Rmm;
use crate::wire::TaskLine;

/// Clocks differ: we look this much further back than we sent.
const MARGIN: SignedDuration = SignedDuration::from_mins(10);

/// Tickets that are looked through; a tenant makes fewer in the minutes a look-up spans.
pub(super) const TICKETS_LOOKED_AT_MAX: usize = 500;

impl Rmm {
    /// Costs one request.
    pub(crate) async fn look_up_task(&self, marker: &Marker, since: Timestamp) -> LookUp {
        let values = match self.client.tasks_summary(Some(since - MARGIN)).await {
            Ok(values) => values,
            Err(error) => return unknown(&error),
        };
        let ids: HashSet<String> = values
            .iter()
            .filter_map(TaskLine::read)
            .filter(|it| it.name.contains(marker.as_str()))
            .map(|it| it.id)
            .collect();
        let mut ids = ids.into_iter();
        match (ids.next(), ids.len()) {
            (None, _) => LookUp::Absent,
            (Some(id), 0) => LookUp::Found(Handle(id)),
            (Some(_), others) => LookUp::CannotTell(format!(
                "{} tasks in ConnectWise RMM carry the marker {}",
                others + 1,
                marker.as_str()
            )),
        }
    }

    /// Costs a request per 100 tickets made since.
    pub(crate) async fn look_up_ticket(&self, marker: &Marker, since: Timestamp) -> LookUp {
        match self.tickets_marked(marker.as_str(), since - MARGIN).await {
            Err(error) => unknown(&error),
            Ok(tickets) => match tickets.as_slice() {
                [] => LookUp::Absent,
                [one] => {
                    let trace = Trace { ticket: Some(self.ticket_ref(one)), ..Trace::default() };
                    LookUp::FoundFinished(Box::new(trace))
                }
                several => LookUp::CannotTell(format!(
                    "{} tickets in ConnectWise RMM carry the marker {}",
                    several.len(),
                    marker.as_str()
                )),
            },
        }
    }
}

fn unknown(error: &CallError) -> LookUp {
    warn!(error = %error, "the look-up got no answer");
    match error {
        // Looking again will not help.
        CallError::MissingScope { .. } | CallError::Refused { .. } => {
            LookUp::CannotTell(error.for_person().trim_end_matches('.').to_owned())
        }
        CallError::Throttled { .. }
        | CallError::Credentials { .. }
        | CallError::Locked { .. }
        | CallError::NotFound { .. }
        | CallError::Unreachable { .. }
        | CallError::Unanswered { .. }
        | CallError::Failed { .. } => LookUp::NoAnswer,
    }
}
