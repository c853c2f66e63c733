//! What `countersign check` finds out about the server.

use countersign::ports::CallError;
use countersign::words;
use futures::future::join_all;

use crate::Control;
use crate::client::PRODUCT;
use crate::wire::Session;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    pub ok: bool,
    pub what: String,
    /// What is wrong and the way out, or what is fine.
    pub detail: String,
}

impl Control {
    /// Asks for nothing first, then for all Access sessions. Changes nothing, and runs nothing anywhere.
    ///
    /// - Gives a line per part, the extension first; never the secret.
    /// - Costs some twenty requests, more where the list has to be read in slices.
    pub async fn check(&self) -> Vec<CheckLine> {
        let line = |part: &str, result: Result<String, CallError>| {
            let what = format!("{PRODUCT}, {part}");
            match result {
                Ok(detail) => CheckLine { ok: true, what, detail },
                Err(error) => CheckLine { ok: false, what, detail: way_out(&error) },
            }
        };
        let greeted = self.api.greet().await.map(|()| "RESTful API Manager answers".to_owned());
        let is_hopeless = greeted.is_err();
        let mut lines = vec![line("extension", greeted)];
        if is_hopeless {
            return lines;
        }
        let sessions = self.api.access_sessions().await;
        let listed = sessions.as_ref().map_err(Clone::clone);
        lines.push(line(
            "sessions",
            listed.map(|all| {
                let online = all.iter().filter(|it| it.online).count();
                format!("{}, {online} online", words::count(all.len(), "Access session"))
            }),
        ));
        if let Ok(all) = sessions.as_ref() {
            lines.extend(self.growth(all).await);
            let number = self.config.client_name_property;
            let without = all.iter().filter(|it| it.property(number).is_empty()).count();
            let what = format!("{PRODUCT}, clients");
            lines.push(match without == all.len() && !all.is_empty() {
                true => CheckLine {
                    ok: false,
                    what,
                    detail: format!("no session has custom property {number} filled; set client_name_property to the one that holds the client"),
                },
                false => CheckLine {
                    ok: true,
                    what,
                    detail: format!("{} without a client (custom property {number})", words::count(without, "session")),
                },
            });
        }
        lines
    }
}

/// Sessions whose events are looked at.
const SAMPLE: usize = 20;

/// Rows a day in one session from which on a database grows faster than servers were seen to bear: an inventory makes
/// three, a technician's hour some ten.
const ROWS_A_DAY_MAX: f64 = 50.0;

/// Events older than this say that no maintenance plan is at work; the plan that is advised keeps seven days.
const KEPT_DAYS_MAX: i64 = 30;

impl Control {
    /// How fast the server's database grows, from the events of some sessions: the API tells no count of all.
    async fn growth(&self, all: &[Session]) -> Option<CheckLine> {
        let now = self.api.client.now();
        let mut some: Vec<&Session> = all.iter().collect();
        some.sort_by_key(|it| (!it.online, &it.id));
        some.truncate(SAMPLE);
        let read = some.iter().map(|it| self.api.details(&it.id));
        let details: Vec<_> =
            join_all(read).await.into_iter().filter_map(Result::ok).flatten().collect();
        if details.is_empty() {
            return None;
        }
        let ages = || {
            let times = details.iter().flat_map(|it| &it.events).filter_map(|it| it.at);
            times.map(|at| now.as_second() - at.as_second())
        };
        let a_day = ages().filter(|it| *it <= 86_400).count() as f64 / details.len() as f64;
        let oldest_days = ages().max().unwrap_or(0) / 86_400;
        let looked_at = words::count(details.len(), "session");
        let rate = format!(
            "about {a_day:.0} events a day and session ({looked_at} looked at), some {:.0} a day in all",
            a_day * all.len() as f64
        );
        let plan = "let the server purge session activity and connections older than 7 days (Administration → Database, maintenance plan); see “The database of a ConnectWise Control server” in the README";
        let (ok, detail) = match (a_day > ROWS_A_DAY_MAX, oldest_days > KEPT_DAYS_MAX) {
            (true, _) => (false, format!("{rate}: its database grows too fast; {plan}")),
            (false, true) => (
                false,
                format!("{rate}, and events of {oldest_days} days ago are still kept; {plan}"),
            ),
            (false, false) => (true, rate),
        };
        Some(CheckLine { ok, what: format!("{PRODUCT}, database"), detail })
    }
}

fn way_out(error: &CallError) -> String {
    match error {
        CallError::Credentials { detail, .. } | CallError::Failed { detail, .. } => detail.clone(),
        CallError::Unreachable { detail, .. } => {
            format!("cannot be reached ({detail}); check the network, a proxy, and url")
        }
        CallError::Refused { message, .. } => message.clone(),
        CallError::MissingScope { .. }
        | CallError::Locked { .. }
        | CallError::Throttled { .. }
        | CallError::NotFound { .. }
        | CallError::Unanswered { .. } => error.to_string(),
    }
}
