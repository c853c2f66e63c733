//! Whoever sits at a machine is told before something changes there.
//!
//! Told first, then committed: a crash in between shows the message twice, and never lets anything start
//! without it.

use jiff::SignedDuration;
use serde_json::json;
use tracing::info;

use crate::audit::{NewEntry, concerning};
use crate::conversation::Engine;
use crate::conversation::ground::Grounded;
use crate::conversation::turn::BOT;
use crate::directory::Product;
use crate::mask::mask;
use crate::plan::Call;
use crate::planner::Draft;
use crate::ports::{Change, StoreError, Warned, Write};
use crate::run::{Run, Told};
use crate::words;

/// Longer ahead, and nobody remembers it.
const MINS_MAX: u32 = 120;

/// What a message names, in letters.
const NAME_MAX: usize = 60;

/// `calls`, made of `drafts`, with the warning that was asked for.
pub(super) fn wanted(mut calls: Vec<Call>, drafts: &[Draft]) -> Grounded {
    let Some(mins) = drafts.iter().find_map(|it| it.warn_mins) else {
        return Grounded::Calls(calls);
    };
    if !(1..=MINS_MAX).contains(&mins) {
        return Grounded::No(format!(
            "People can be warned 1 to {MINS_MAX} minutes before, not {mins}. Nothing was started."
        ));
    }
    for call in calls.iter_mut().filter(|it| it.is_write() && !it.is_ticket()) {
        if let Some(target) = call.targets.iter().find(|it| it.control.is_none()) {
            return Grounded::No(format!(
                "Nobody at {} can be warned: it has no session in {}, which shows the message. Ask again without the warning.",
                target.label(),
                Product::Control.label()
            ));
        }
        call.warn_mins = Some(mins);
    }
    Grounded::Calls(calls)
}

/// "Whoever is logged on there, 5 minutes before, by a message of ConnectWise Control".
pub(super) fn sentence(mins: u32) -> String {
    format!(
        "whoever is logged on there, {} before, by a message through {}; without it, it does not start",
        minutes(mins),
        Product::Control.label()
    )
}

fn minutes(mins: u32) -> String {
    words::count(usize::try_from(mins).unwrap_or(usize::MAX), "minute")
}

impl Engine {
    /// Tells them, and lets the run wait as long as was promised.
    pub(super) async fn warn_first(&self, mut run: Run) -> Result<(), StoreError> {
        let Some(control) = self.provider(Product::Control) else {
            let why = format!(
                "{} is not configured any more, so nobody could be warned",
                Product::Control.label()
            );
            return self.end_unsent(run, why, None).await;
        };
        let mins = run.call.warn_mins.unwrap_or(0);
        let person = self.people().get(&run.requester);
        let text = format!(
            "{} (IT support) starts “{}” on this computer in {}. Please save your work.",
            words::cut(person.map_or("Countersign", |it| it.name.as_str()), NAME_MAX),
            words::cut(&run.call.title, NAME_MAX),
            minutes(mins),
        );
        let (mut told, mut lines) = (false, Vec::new());
        for target in &run.call.targets {
            let line = match control.warn(target, &text).await {
                Ok(Warned::Told { user }) => {
                    told = true;
                    let at = words::at(self.now());
                    format!("{user} was warned on {} at {at}", target.label())
                }
                Ok(Warned::NobodyThere) => {
                    format!("nobody was logged on to {}, so nobody was warned", target.label())
                }
                Err(error) => return self.recheck_failed(run, &error).await,
            };
            lines.push(mask(&line));
        }
        let now = self.now();
        let notice = if told { run.call.lead() } else { SignedDuration::ZERO };
        // Of a device of many, too: the whole begins early so that it can be warned.
        let start = run.call.start.as_ref().map_or(now, |start| start.at);
        run.due_at = Some((now + notice).max(start));
        info!(run.id = %run.id, "{}", lines.join("; "));
        let entry = NewEntry {
            at: now,
            actor: BOT.into(),
            kind: "warned",
            subject: json!({ "run": run.id, "request": run.request, "marker": run.marker }),
            text: words::cut(&lines.join("; "), 2_000),
            client: None,
        };
        run.trace.warned = Some(Told { at: now, lines });
        let mut writes = vec![Write::RunAdvance(Box::new(run.clone()))];
        writes.extend(self.face(&run, now).await?);
        let audit = concerning(entry, std::slice::from_ref(&run.call));
        self.store().commit(Change { writes, audit }).await.map(|_| ())
    }
}
