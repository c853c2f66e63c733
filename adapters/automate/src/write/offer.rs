//! After a fix: the alert that led to it, to be cleared if the person likes.

use countersign::plan::Call;
use countersign::ports::Offer;
use countersign::words;
use tracing::debug;

use super::which::{says_something, which};
use crate::Automate;
use crate::config::ClearAlerts;
use crate::read::computer_id;
use crate::wire::Alert;

/// More than this is a list and no offer.
const OFFERS_MAX: usize = 2;

/// Alerts on the one device that speak of what was done there.
pub(super) async fn after(automate: &Automate, call: &Call) -> Vec<Offer> {
    let [target] = call.targets.as_slice() else { return Vec::new() };
    let (Ok(computer), ClearAlerts::Delete) = (computer_id(target), automate.config.clear_alerts)
    else {
        return Vec::new();
    };
    let done = call.script.as_ref().map_or(call.title.as_str(), |it| it.name.as_str());
    if !says_something(done) {
        return Vec::new();
    }
    let mut alerts = match automate.api.computer_alerts(computer).await {
        Ok(alerts) => alerts,
        Err(error) => {
            debug!(error = %error, "the alerts cannot be read, so none is offered to be cleared");
            return Vec::new();
        }
    };
    Alert::sort(&mut alerts);
    let offer = |alert: &Alert| Offer {
        label: format!("Clear alert: {}", words::cut(&alert.sentence(), 50)),
        request: format!("clear alert {} on {} at {}", alert.id, target.name, target.client_name),
    };
    which(done, &alerts).into_iter().take(OFFERS_MAX).map(offer).collect()
}
