//! Asks machines for their inventory in the background, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use countersign::conversation::Engine;
use countersign::inventory::Asking;
use countersign::words;
use jiff::SignedDuration;
use tokio::sync::watch;
use tracing::warn;

/// How often is looked for machines whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Rounds until `stop`; each asks as many machines as may be under way.
pub async fn keep(engine: Arc<Engine>, every: SignedDuration, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match engine.take_inventory(every).await {
            Ok(round) if round.asked > 0 => continue,
            Ok(_) => {}
            Err(error) => warn!(error = %error, "no inventory can be taken; it is tried again"),
        }
        tokio::select! {
            _ = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// What the questions cost Control.
pub fn report(asking: Asking) -> String {
    let known = usize::try_from(asking.known).unwrap_or(usize::MAX);
    format!(
        "{} known, {} asked in the last 24 hours, which added about {} rows to Control's database",
        words::count(known, "machine"),
        asking.asked,
        asking.events()
    )
}
