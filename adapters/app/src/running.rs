//! A bot at work: workers, syncs and the console, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign_console::{Console, Mode};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::warn;

use crate::bot::Bot;
use crate::{heads, hints, inventory, refresh};

/// How long a stop waits for what is under way.
const STOP_MAX: Duration = Duration::from_secs(20);

/// How the console is served.
pub struct Serving {
    pub listener: TcpListener,
    pub mode: Mode,
    pub public_url: Option<String>,
    /// How often the directory is brought up to date.
    pub sync_every: Duration,
}

/// Dropping it leaves the tasks running; [`Running::stop`] ends them in order.
pub struct Running {
    stop: watch::Sender<bool>,
    workers: JoinHandle<()>,
    slack: Option<JoinHandle<()>>,
    keeper: JoinHandle<()>,
    heads: Option<JoinHandle<()>>,
    inventory: Option<JoinHandle<()>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub fn start(bot: &Bot, serving: Serving) -> Self {
        let (stop, stopped) = watch::channel(false);
        let console = Console {
            engine: Arc::clone(&bot.engine),
            mode: serving.mode,
            changes: bot.store.change_sender(),
            public_url: serving.public_url,
            stop: stopped.clone(),
        };
        let mut router = countersign_console::router(console);
        let mut slack = None;
        if let Some(adapter) = &bot.slack {
            router = router.merge(adapter.routes());
            let (adapter, stopped) = (adapter.clone(), stopped.clone());
            slack = Some(tokio::spawn(async move { adapter.listen(stopped).await }));
        }
        let workers = {
            let (engine, workers) = (Arc::clone(&bot.engine), Arc::clone(&bot.workers));
            let (changes, mut stopped) = (bot.store.changes(), stopped.clone());
            async move {
                if refresh::first(&engine, &mut stopped).await {
                    workers.serve(changes, stopped).await;
                }
            }
        };
        let moved = Arc::new(Notify::new());
        if let Some(key) = &bot.trigger_secret {
            let (door, hints) = countersign_control::trigger::routes(key);
            router = router.merge(door);
            let (engine, moved) = (Arc::clone(&bot.engine), Arc::clone(&moved));
            tokio::spawn(hints::follow(engine, hints, moved, stopped.clone()));
        }
        let keeper =
            refresh::keep(Arc::clone(&bot.engine), serving.sync_every, moved, stopped.clone());
        let heads = bot.vault.clone().map(|vault| {
            let (engine, post_to) = (Arc::clone(&bot.engine), bot.post_heads_to.clone());
            tokio::spawn(heads::keep(engine, vault, post_to, stopped.clone()))
        });
        let inventory = bot.inventory_every.map(|every| {
            let (engine, stopped) = (Arc::clone(&bot.engine), stopped.clone());
            tokio::spawn(inventory::keep(engine, every, stopped))
        });
        let mut until = stopped;
        let server = async move {
            let stopped = async move {
                // An error says that the sender is gone, which is a stop as well.
                let _ = until.wait_for(|stop| *stop).await;
            };
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(serving.listener, service).with_graceful_shutdown(stopped).await
        };
        Self {
            stop,
            workers: tokio::spawn(workers),
            slack,
            keeper: tokio::spawn(keeper),
            heads,
            inventory,
            server: tokio::spawn(server),
        }
    }

    /// No new work; what is under way ends, and open streams close.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.send(true)?;
        // A sync may take long; it goes on where it stopped.
        self.keeper.abort();
        // So may the check of a long log; it begins anew.
        if let Some(heads) = self.heads {
            heads.abort();
        }
        // A machine that was asked is asked again at its next time.
        if let Some(inventory) = self.inventory {
            inventory.abort();
        }
        let ended = async {
            self.workers.await?;
            if let Some(slack) = self.slack {
                slack.await?;
            }
            self.server.await??;
            anyhow::Ok(())
        };
        tokio::time::timeout(STOP_MAX, ended).await.unwrap_or_else(|_| {
            warn!("something did not end in time; it goes on at the next start");
            Ok(())
        })
    }
}
