//! What `countersign check` finds out about the server.

use countersign::ports::CallError;
use countersign::words;

use crate::Control;
use crate::client::PRODUCT;

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
    /// - Costs two requests, more where the list has to be read in slices.
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
