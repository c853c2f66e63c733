//! What `countersign check` finds out about the server.

use countersign::ports::CallError;

use crate::Automate;
use crate::client::PRODUCT;
use crate::condition::Condition;
use crate::config::ClearAlerts;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    pub ok: bool,
    pub what: String,
    /// What is wrong and the way out, or what is fine.
    pub detail: String,
}

impl Automate {
    /// Signs in and reads one row of everything that tools need. Changes nothing, so the right to run
    /// scripts shows only when one is run.
    ///
    /// - Gives a line per part, the sign-in first; never the password.
    /// - Costs about six requests.
    pub async fn check(&self) -> Vec<CheckLine> {
        let line = |part: &str, result: Result<String, CallError>| {
            let what = format!("{PRODUCT}, {part}");
            match result {
                Ok(detail) => CheckLine { ok: true, what, detail },
                Err(error) => CheckLine { ok: false, what, detail: way_out(&error) },
            }
        };
        let version = self.api.version().await;
        let signed_in = match version {
            Ok(Some(version)) => Ok(format!("signed in, server version {version}")),
            // An account may use the API and still not see versions.
            Ok(None) | Err(CallError::MissingScope { .. } | CallError::NotFound { .. }) => {
                Ok("signed in".into())
            }
            Err(error) => Err(error),
        };
        let is_hopeless = signed_in.is_err();
        let mut lines = vec![line("sign-in", signed_in)];
        if is_hopeless {
            return lines;
        }
        let everything = Condition::default();
        let clients = self.api.clients(&everything).await.map(|found| {
            let names = countersign::words::count(found.rows.len(), "client");
            format!("{names} can be seen; if that is too few, the user lacks Clients → Show All")
        });
        lines.push(line("clients", clients));
        let computers =
            self.api.computer_pages(&everything, 1, 1, 1).await.map(|found| match found.total {
                Some(total) => format!(
                    "{} can be seen",
                    countersign::words::count(
                        usize::try_from(total).unwrap_or(usize::MAX),
                        "computer"
                    )
                ),
                None => "they can be seen".into(),
            });
        lines.push(line("computers", computers));
        let scripts = self.api.scripts(&everything).await.map(|found| {
            let runnable = found.rows.iter().filter(|it| it.is_runnable()).count();
            format!("{} can run on a computer", countersign::words::count(runnable, "script"))
        });
        lines.push(line("scripts", scripts));
        let alerts = match self.api.alert_list_exists().await {
            Ok(true) => Ok(match self.config.clear_alerts {
                ClearAlerts::Delete => {
                    "they can be read; whether this version lets them be cleared shows at the first try".into()
                }
                ClearAlerts::Off => "they can be read; clearing is switched off (clear_alerts)".into(),
            }),
            Ok(false) => Err(crate::client::refused(
                "this version has no list of all alerts; those of one computer work",
            )),
            Err(error) => Err(error),
        };
        lines.push(line("alerts", alerts));
        lines
    }
}

fn way_out(error: &CallError) -> String {
    match error {
        CallError::Credentials { detail, .. } => detail.clone(),
        CallError::Unreachable { detail, .. } => {
            format!("cannot be reached ({detail}); check the network, a proxy, and server")
        }
        CallError::MissingScope { scope, .. } => format!("the user lacks a right; grant {scope}"),
        CallError::Refused { message, .. } => message.clone(),
        CallError::Locked { .. }
        | CallError::Throttled { .. }
        | CallError::NotFound { .. }
        | CallError::Unanswered { .. }
        | CallError::Failed { .. } => error.to_string(),
    }
}
