//! What comes again: behind one occurrence of a standing start, the next run under the same approval.
//!
//! It is made in the commit that ends the one before, and the authority of an occurrence is its own, so each
//! runs at most once over restarts and in any number of processes. What failed pauses it, what was missed is
//! told and not caught up.

use jiff::Timestamp;

use crate::approval::{Approval, State as ApprovalState};
use crate::conversation::Engine;
use crate::plan::{Call, Plan};
use crate::ports::StoreError;
use crate::run::{Authority, Ended, Run, State};
use crate::schedule::{Calendar, Occurrence};
use crate::words;

/// Missed occurrences that are named one by one.
const NAMED_MAX: usize = 5;

/// What follows an occurrence.
pub(super) struct Following {
    /// The card's approval and the run of the next occurrence.
    pub(super) next: Option<(Approval, Run)>,
    /// What is told of it.
    pub(super) note: String,
}

impl Engine {
    /// `run` ends its occurrence; `voided` is the approval if that went, too. `None`: it does not come again.
    pub(super) async fn following(
        &self,
        run: &Run,
        voided: Option<&Approval>,
        now: Timestamp,
    ) -> Result<Option<Following>, StoreError> {
        let Some(start) = run.call.start.as_ref() else { return Ok(None) };
        let (Some((every, ends)), Authority::Approval { id, .. }) =
            (start.recurs(), &run.authority)
        else {
            return Ok(None);
        };
        let over = |note: String| Ok(Some(Following { next: None, note }));
        if run.trace.ended == Some(Ended::CalledOff) {
            return over(format!("It does not come again: {}.", every.sentence()));
        }
        let others = self.runs_beside(run).await?;
        let worked = |run: &Run| matches!(run.state, State::Succeeded { .. });
        let is_missed = run.trace.ended == Some(Ended::Missed);
        let good = is_missed || worked(run) && others.iter().all(worked);
        let approval = match voided {
            Some(_) => None,
            None => self.store().approval(id).await?,
        };
        let approved =
            approval.filter(|it| matches!(it.state, ApprovalState::Approved { .. }) && good);
        let Some(approval) = approved else {
            return over(format!(
                "Paused: after this, it does not come again by itself ({}). “again {}” asks for it anew.",
                every.sentence(),
                run.marker.as_str()
            ));
        };
        let (zone, calendar) = (start.zone(), self.calendar_of(&run.call));
        let mut missed: Vec<Timestamp> = if is_missed { vec![start.at] } else { Vec::new() };
        let mut next = every.next(start.at, &zone, calendar);
        while let Some(gone) = next.filter(|it| it.until < now && it.at <= ends) {
            missed.push(gone.at);
            next = every.next(gone.at, &zone, calendar);
        }
        let shown =
            |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %-d %b, %H:%M").to_string();
        let mut note = told(&missed.iter().map(|at| shown(*at)).collect::<Vec<_>>());
        let Some(next) = next.filter(|it| it.at <= ends) else {
            note.push_str(&format!(
                "That was the last one: it was approved until {}. “again {}” asks for it anew.",
                ends.to_zoned(zone.clone()).strftime("%-d %b %Y"),
                run.marker.as_str()
            ));
            return over(note);
        };
        note.push_str(&format!("The next is {} ({}).", shown(next.at), start.zone));
        let calls = occurring(&approval.plan.calls, &next);
        let at = Approval { plan: Plan { calls, ..approval.plan.clone() }, ..approval.clone() };
        let first = self.first_run_of(&at, now);
        Ok(Some(Following { next: first.map(|run| (approval, run)), note }))
    }

    fn calendar_of(&self, call: &Call) -> Option<&Calendar> {
        let named = call.client.iter().map(|it| &it.name);
        let client = call.targets.iter().map(|it| &it.client_name).chain(named).next()?;
        self.calendars().iter().find(|it| it.client.eq_ignore_ascii_case(client))
    }
}

/// The calls at another occurrence.
fn occurring(calls: &[Call], to: &Occurrence) -> Vec<Call> {
    let at = |call: &Call| Call {
        start: call.start.as_ref().map(|start| start.moved(to)),
        ..call.clone()
    };
    calls.iter().map(at).collect()
}

fn told(missed: &[String]) -> String {
    match missed.len() {
        0 => String::new(),
        count if count > NAMED_MAX => format!(
            "{} were missed, the first on {}, and are not caught up. ",
            words::count(count, "time"),
            missed[0]
        ),
        _ => format!("Missed and not caught up: {}. ", words::list(missed)),
    }
}
