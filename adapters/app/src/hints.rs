//! Follows what a product's server hints at.

use std::sync::Arc;

use countersign::conversation::Engine;
use countersign::directory::Product;
use countersign_control::trigger::{Hint, What};
use tokio::sync::{Notify, mpsc, watch};
use tracing::{debug, warn};

/// Until `stop`; `moved` is told when machines came or went.
pub async fn follow(
    engine: Arc<Engine>,
    mut hints: mpsc::Receiver<Hint>,
    moved: Arc<Notify>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let hint = tokio::select! {
            hint = hints.recv() => hint,
            _ = stop.changed() => None,
        };
        let Some(hint) = hint else { return };
        match hint.what {
            What::Moved => moved.notify_one(),
            What::Ran => match engine.hinted(Product::Control, &hint.session).await {
                Ok(woken) => debug!(session = hint.session, woken, "a command ended there"),
                Err(error) => warn!(error = %error, "a hint could not be followed"),
            },
        }
    }
}
