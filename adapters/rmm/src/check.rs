//! For `countersign check`: may this key do what the tools need, and if not, what is missing.

use countersign::ports::CallError;

use crate::client::{Scope, ScopeSet};
use crate::config::region_warning;
use crate::rmm::Rmm;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    pub ok: bool,
    /// "ConnectWise RMM: patches".
    pub what: String,
    /// What is fine, or what is missing and the way out.
    pub detail: String,
}

impl Rmm {
    /// Asks for a token per set of scopes, one scope at a time where a set is refused.
    ///
    /// - Gives one line per set; only the first when the sign-in as a whole does not work.
    /// - Costs 6 requests, up to two more for each set that is refused.
    pub async fn check(&self) -> Vec<CheckLine> {
        let mut lines = Vec::new();
        let warning = region_warning(&self.client_id, self.region);
        if let Some(detail) = &warning {
            lines.push(line(false, "region", format!("{detail}; set region to match")));
        }
        for set in ScopeSet::ALL {
            let (line, goes_on) = self.check_set(set).await;
            lines.push(line);
            if !goes_on {
                break;
            }
        }
        lines
    }

    /// The line of one set, and whether it makes sense to ask for another.
    async fn check_set(&self, set: ScopeSet) -> (CheckLine, bool) {
        let mut missing: Vec<Scope> = Vec::new();
        for scope in set.members() {
            match self.client.may(*scope).await {
                Ok(()) => {}
                Err(CallError::MissingScope { .. }) => missing.push(*scope),
                Err(error) => return (self.no_sign_in(&error), false),
            }
        }
        if missing.is_empty() {
            return (line(true, set.label(), "the key may do what is needed".to_owned()), true);
        }
        let scopes: Vec<&str> = missing.iter().map(|scope| scope.text()).collect();
        let rights: Vec<&str> = missing.iter().map(|scope| scope.in_the_product()).collect();
        let detail = format!(
            "the key lacks {}; make a key with “{}” at Integrations → API Access, or do without",
            scopes.join(" and "),
            rights.join("” and “")
        );
        (line(false, set.label(), detail), true)
    }

    fn no_sign_in(&self, error: &CallError) -> CheckLine {
        let detail = match error {
            CallError::Credentials { detail, .. } => format!(
                "the key was refused ({detail}); are client_id, client_secret and the region {} right, and is the key enabled?",
                self.region
            ),
            CallError::Locked { .. } => {
                "sign-ins are locked for a moment because there were too many; check again in a few minutes".to_owned()
            }
            CallError::Unreachable { detail, .. } => format!(
                "{} cannot be reached ({detail}); is the network open to it?",
                self.client.base()
            ),
            other => other.to_string(),
        };
        line(false, "sign-in", detail)
    }
}

fn line(ok: bool, what: &str, detail: String) -> CheckLine {
    CheckLine { ok, what: format!("ConnectWise RMM: {what}"), detail }
}
