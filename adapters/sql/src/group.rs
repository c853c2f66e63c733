//! Writes that wait for the disk together.
//!
//! SQLite has one writer, and a durable commit costs a wait for the disk whatever it holds. So writes queue
//! here, and those that queued during one commit share the next one. Each write stands alone all the same:
//! one that fails is undone by itself, and nobody is told of success before the disk has it.

use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use crate::db::Tx;
use crate::fault::{Fault, Result};

/// More writers than this wait at the door.
const QUEUE: usize = 1024;

/// So that the first of a group is not kept waiting by an endless stream of others.
const GROUP_MAX: usize = 128;

/// What a write does to its transaction.
pub(crate) trait Work<T>:
    for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static
{
}

impl<T, W> Work<T> for W where
    W: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static
{
}

pub(crate) struct Writer {
    pool: SqlitePool,
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// `pool` has one connection. The thread ends with the last writer.
    pub(crate) fn start(pool: SqlitePool) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        // A thread of its own: a transaction is some dozen ways to the thread of SQLite and back, and each
        // would wait for a turn among all other tasks while everybody waits for the transaction.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let work = serve(pool.clone(), jobs);
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || runtime.block_on(work))?;
        Ok(Self { pool, queue })
    }

    /// Does `work` and answers when it is durable, or undone.
    pub(crate) async fn write<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T> {
        let (caller, answer) = oneshot::channel();
        let job = Waiting { work: Some(work), result: None, caller };
        let stopped = || Fault::Impossible("the writer has stopped; restart Countersign".into());
        self.queue.send(Box::new(job)).await.map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// After the group that is under way; later writes are refused.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// A write in the queue, whatever it answers.
trait Job: Send {
    /// Nobody waits for it any more.
    fn is_abandoned(&self) -> bool;

    /// `false`: it failed, and what it did is to be undone.
    fn run<'j>(&'j mut self, tx: &'j mut Tx) -> BoxFuture<'j, bool>;

    /// Answers the caller: its own result, if the transaction it was part of ended well.
    fn tell(self: Box<Self>, ended: Result<()>);
}

struct Waiting<T, W> {
    work: Option<W>,
    result: Option<Result<T>>,
    caller: oneshot::Sender<Result<T>>,
}

impl<T: Send, W: Work<T>> Job for Waiting<T, W> {
    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn run<'j>(&'j mut self, tx: &'j mut Tx) -> BoxFuture<'j, bool> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return false };
            let result = work(tx).await;
            let kept = result.is_ok();
            self.result = Some(result);
            kept
        })
    }

    fn tell(self: Box<Self>, ended: Result<()>) {
        let Some(result) = self.result.or_else(|| ended.clone().err().map(Err)) else { return };
        // An error says that the caller is gone.
        let _ = self.caller.send(ended.and(result));
    }
}

async fn serve(pool: SqlitePool, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    // Kept, because the pool looks whether a connection still lives each time it gets it back.
    let mut kept = None;
    loop {
        let job = tokio::select! {
            job = jobs.recv() => job,
            () = pool.close_event() => None,
        };
        match job {
            None => return,
            Some(job) if job.is_abandoned() => {}
            Some(job) => kept = group(&pool, kept, job, &mut jobs).await,
        }
    }
}

/// One transaction: `first` and what else waits. The connection, where nothing is wrong with it.
async fn group(
    pool: &SqlitePool,
    kept: Option<PoolConnection<Sqlite>>,
    mut first: Box<dyn Job>,
    jobs: &mut mpsc::Receiver<Box<dyn Job>>,
) -> Option<PoolConnection<Sqlite>> {
    let mut tx = match begin(pool, kept).await {
        Ok(tx) => tx,
        Err(fault) => {
            refuse(first, jobs, &fault);
            return None;
        }
    };
    if !first.run(&mut tx).await {
        // Alone in its transaction, it needs no savepoint. Its fault is the news; a rollback that fails
        // too is undone with its connection.
        let kept = tx.end("ROLLBACK").await;
        first.tell(Ok(()));
        return kept.ok();
    }
    let mut done = vec![first];
    let mut is_saved = false;
    while done.len() < GROUP_MAX
        && let Ok(mut job) = jobs.try_recv()
    {
        if job.is_abandoned() {
            continue;
        }
        match apart(&mut tx, job.as_mut(), is_saved).await {
            Ok(true) => done.push(job),
            Ok(false) => job.tell(Ok(())),
            Err(fault) => {
                let _ = tx.end("ROLLBACK").await;
                done.push(job);
                tell_all(done, &Err(fault));
                return None;
            }
        }
        is_saved = true;
    }
    let kept = tx.end("COMMIT").await;
    tell_all(done, &kept.as_ref().map(|_| ()).map_err(Fault::clone));
    kept.ok()
}

async fn begin(pool: &SqlitePool, kept: Option<PoolConnection<Sqlite>>) -> Result<Tx> {
    let mut connection = match kept {
        Some(connection) => connection,
        None => pool.acquire().await?,
    };
    // Let go only when something is wrong with it: closed, it undoes what it had begun.
    connection.close_on_drop();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    Ok(Tx::Writer(connection))
}

/// Runs `job` so that it alone can be undone. An error says that the whole transaction is lost.
async fn apart(tx: &mut Tx, job: &mut dyn Job, is_saved: bool) -> Result<bool> {
    let save = match is_saved {
        // One way to SQLite's thread for both; the commit gives the last one up.
        true => "RELEASE job; SAVEPOINT job",
        false => "SAVEPOINT job",
    };
    tx.execute(save, &[]).await?;
    let kept = job.run(tx).await;
    if !kept {
        tx.execute("ROLLBACK TO job", &[]).await?;
    }
    Ok(kept)
}

/// A database that cannot be written now would keep each one waiting in turn.
fn refuse(first: Box<dyn Job>, jobs: &mut mpsc::Receiver<Box<dyn Job>>, fault: &Fault) {
    first.tell(Err(fault.clone()));
    for _ in 0..QUEUE {
        let Ok(job) = jobs.try_recv() else { break };
        job.tell(Err(fault.clone()));
    }
}

fn tell_all(jobs: Vec<Box<dyn Job>>, ended: &Result<()>) {
    for job in jobs {
        job.tell(ended.clone());
    }
}
