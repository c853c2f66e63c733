//! What `countersign check` finds out about the product.

use countersign::ports::CallError;
use secrecy::ExposeSecret;

use crate::Rmm;
use crate::client::{PRODUCT, ScopeSet};
use crate::config::region_warning;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    pub ok: bool,
    pub what: String,
    /// What is wrong and the way out, or what is fine.
    pub detail: String,
}

impl Rmm {
    /// Asks for a token for everything that tools need, one scope after the other.
    ///
    /// - Gives a line per part of the product, the sign-in first; never the secret.
    /// - Costs up to two token requests per part.
    pub async fn check(&self) -> Vec<CheckLine> {
        let mut lines = Vec::new();
        if let Some(warning) = region_warning(&self.config.client_id, self.config.region)
            && self.config.base_url.is_none()
        {
            lines.push(CheckLine {
                ok: false,
                what: format!("{PRODUCT}, region"),
                detail: warning,
            });
        }
        debug_assert!(!self.config.client_secret.expose_secret().is_empty());
        for set in ScopeSet::ALL {
            let what = format!("{PRODUCT}, {}", set.label());
            let mut missing = Vec::new();
            let mut trouble = None;
            for scope in set.members() {
                match self.api.client.may(*scope).await {
                    Ok(()) => {}
                    Err(CallError::MissingScope { .. }) => missing.push(scope.in_the_product()),
                    Err(error) => trouble = Some(error),
                }
            }
            let line = match (trouble, missing.is_empty()) {
                (Some(error), _) => CheckLine { ok: false, what, detail: way_out(&error) },
                (None, true) => CheckLine { ok: true, what, detail: "the key may use them".into() },
                (None, false) => CheckLine {
                    ok: false,
                    what,
                    detail: format!(
                        "the key lacks {}; add it under Integrations → API Access, everything else works without",
                        missing.join(" and ")
                    ),
                },
            };
            let is_hopeless = !line.ok && line.detail.contains("refused");
            lines.push(line);
            // Wrong credentials are wrong for every part, and too many tries lock the key.
            if is_hopeless {
                break;
            }
        }
        lines
    }
}

fn way_out(error: &CallError) -> String {
    match error {
        CallError::Credentials { detail, .. } => format!(
            "client id or secret were refused ({detail}); check both, and that the region fits the client id"
        ),
        CallError::Unreachable { detail, .. } => {
            format!("cannot be reached ({detail}); check the network, a proxy, and base_url")
        }
        CallError::Locked { .. } => {
            "sign-ins are locked for a moment; try again in a few minutes".into()
        }
        CallError::Throttled { .. }
        | CallError::MissingScope { .. }
        | CallError::NotFound { .. }
        | CallError::Refused { .. }
        | CallError::Unanswered { .. }
        | CallError::Failed { .. } => error.to_string(),
    }
}
