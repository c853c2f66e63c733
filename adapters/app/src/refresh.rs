//! Keeps the directory in step with the products: one resumable sync after the other.

use std::sync::Arc;
use std::time::Duration;

use countersign::conversation::Engine;
use countersign::directory::Product;
use countersign::ports::{CallError, Provider, StoreError};
use tokio::sync::{Notify, watch};
use tracing::{error, info, warn};

/// How far a sync is, for a progress bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub label: String,
    pub done: u64,
    pub total: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Pieces of one sync; far above what any tenant needs, so that a provider that never ends is noticed.
const PIECES_MAX: usize = 100_000;

/// Syncs one product from where the last sync stopped. Each piece is saved with its position, so a
/// restart goes on behind the last one.
pub async fn sync(
    engine: &Engine,
    provider: &dyn Provider,
    mut progress: impl FnMut(Progress),
) -> Result<(), SyncError> {
    let product = provider.product();
    let store = engine.store();
    let mut position = store.sync_state(product).await?.position;
    for _ in 0..PIECES_MAX {
        let batch = provider.sync(position.as_ref()).await?;
        store.save_sync(product, &batch, engine.now()).await?;
        progress(Progress { label: batch.label.clone(), done: batch.done, total: batch.total });
        position = batch.next;
        if position.is_none() {
            engine.refresh().await?;
            return Ok(());
        }
    }
    warn!(product = product.key(), "the sync did not come to an end and was stopped");
    Ok(())
}

/// A complete sync ended less than `every` ago, in this process or another, and none is under way.
async fn is_fresh(engine: &Engine, provider: &dyn Provider, every: Duration) -> bool {
    let Ok(state) = engine.store().sync_state(provider.product()).await else { return false };
    let age = state.finished_at.map(|at| engine.now().duration_since(at).unsigned_abs());
    state.position.is_none() && age.is_some_and(|age| age < every)
}

/// Reads a directory that was not read yet, so that a start need not wait for it; `false`: told to stop
/// before that.
pub async fn first(engine: &Engine, stop: &mut watch::Receiver<bool>) -> bool {
    while !engine.is_read() && !*stop.borrow() {
        let Err(error) = engine.refresh().await else { continue };
        error!(error = %error, "the directory cannot be read; nothing runs until it can");
        tokio::select! {
            _ = tokio::time::sleep(Duration::from_secs(2)) => {}
            _ = stop.changed() => {}
        }
    }
    engine.is_read()
}

/// How often Control is synced at most because it hinted that machines came or went.
const HINTED_EVERY: Duration = Duration::from_secs(120);

/// Syncs every product again and again until `stop`, each when its last sync is older than `every`. A failure waits and is tried
/// again; people work with the directory as it is.
pub async fn keep(
    engine: Arc<Engine>,
    every: Duration,
    moved: Arc<Notify>,
    mut stop: watch::Receiver<bool>,
) {
    let mut hinted = false;
    while !*stop.borrow() {
        let mut failed = false;
        for provider in engine.providers() {
            let is_hinted = hinted && provider.product() == Product::Control;
            let every = if is_hinted { every.min(HINTED_EVERY) } else { every };
            if is_fresh(&engine, provider.as_ref(), every).await {
                continue;
            }
            match sync(&engine, provider.as_ref(), |_| {}).await {
                Ok(()) => {
                    hinted &= provider.product() != Product::Control;
                    info!(product = provider.product().key(), "the directory is in step");
                }
                Err(error) => {
                    failed = true;
                    warn!(product = provider.product().key(), error = %error, "the sync stopped; it goes on later");
                }
            }
        }
        // Another process on the same store may sync too, so the age is looked at often.
        let wait =
            if failed { Duration::from_secs(60) } else { every.min(Duration::from_secs(60)) };
        hinted = tokio::select! {
            _ = tokio::time::sleep(wait) => hinted,
            () = moved.notified() => true,
            _ = stop.changed() => false,
        };
    }
}
