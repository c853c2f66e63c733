//! "Something changed, look": for workers and live pages of this process, and of others on Postgres.
//!
//! The signal carries nothing and may be lost or doubled; whoever waits for it also looks every few
//! seconds.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;

/// A receiver that lags has been told to look all the same.
const CAPACITY: usize = 16;

const CHANNEL: &str = "countersign";

/// Other processes are told at most this often: a commit with a pending NOTIFY takes a lock that all
/// others wait for, so it is kept out of the transactions and off the busy path.
const TELL_EVERY: Duration = Duration::from_millis(20);

/// How long a lost connection is left alone.
const RELISTEN_AFTER: Duration = Duration::from_secs(2);

pub(crate) struct Signal {
    sender: broadcast::Sender<()>,
    /// Wakes the task that tells other processes.
    told: Option<Arc<Notify>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Signal {
    pub(crate) fn local() -> Self {
        Self { sender: broadcast::channel(CAPACITY).0, told: None, tasks: Vec::new() }
    }

    pub(crate) fn across_processes(pool: &PgPool) -> Self {
        let mut signal = Self::local();
        let told = Arc::new(Notify::new());
        signal.tasks = vec![
            tokio::spawn(tell(pool.clone(), Arc::clone(&told))),
            tokio::spawn(listen(pool.clone(), signal.sender.clone())),
        ];
        signal.told = Some(told);
        signal
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<()> {
        self.sender.subscribe()
    }

    pub(crate) fn sender(&self) -> broadcast::Sender<()> {
        self.sender.clone()
    }

    pub(crate) fn fire(&self) {
        // An error says that nobody listens.
        let _ = self.sender.send(());
        if let Some(told) = &self.told {
            told.notify_one();
        }
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn tell(pool: PgPool, told: Arc<Notify>) {
    loop {
        told.notified().await;
        let sent = sqlx::query("SELECT pg_notify($1, 'look')").bind(CHANNEL).execute(&pool).await;
        if let Err(error) = sent {
            tracing::debug!(%error, "other processes were not told of a change; they look by themselves");
        }
        tokio::time::sleep(TELL_EVERY).await;
    }
}

async fn listen(pool: PgPool, sender: broadcast::Sender<()>) {
    loop {
        if let Err(error) = listen_until_broken(&pool, &sender).await {
            tracing::debug!(%error, "no wake-ups from other processes for the moment");
        }
        if pool.is_closed() {
            return;
        }
        tokio::time::sleep(RELISTEN_AFTER).await;
    }
}

async fn listen_until_broken(
    pool: &PgPool,
    sender: &broadcast::Sender<()>,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // `None`: the connection was lost and made anew; what was said in between is unknown.
        let _ = listener.try_recv().await?;
        let _ = sender.send(());
    }
}
