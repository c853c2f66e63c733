//! Follows what a product's server hints at.

use std::sync::Arc;
use std::time::Duration;

use countersign::conversation::Engine;
use countersign::directory::Product;
use countersign::ports::StoreError;
use countersign_control::trigger::{Hint, What};
use tokio::sync::{Notify, mpsc, watch};
use tracing::{debug, warn};

/// How often one hint is given on, and how long after.
const HINTS_MAX: usize = 5;
const AGAIN_AFTER: Duration = Duration::from_millis(200);

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
            What::Ran => {
                if let Err(error) = ran(&engine, &hint.session).await {
                    warn!(error = %error, "a hint could not be followed");
                }
            }
        }
    }
}

/// A look that is under way may have begun before the command ended, so it is hinted once more behind it.
async fn ran(engine: &Engine, session: &str) -> Result<(), StoreError> {
    for _ in 0..HINTS_MAX {
        let hinted = engine.hinted(Product::Control, session).await?;
        debug!(session, woken = hinted.woken, "a command ended there");
        if hinted.under_way == 0 {
            break;
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
    Ok(())
}
