//! Writes that wait for the disk together.
//!
//! SQLite has one writer, and a durable commit costs a wait for the disk whatever it holds. So writes queue
//! here, and those that queued during one commit share the next one. Each write stands alone all the same:
//! one that fails is undone by itself, and nobody is told of success before the disk has it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use futures::executor::block_on;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};

use crate::db::Tx;
use crate::direct::Direct;
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
    /// Nothing when it is closed.
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    /// Its other end is dropped when the thread has let go of the file.
    ended: watch::Receiver<()>,
}

impl Writer {
    /// Starts the thread that writes; it ends with the writer. The file was made already.
    pub(crate) fn start(path: PathBuf) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let (end, ended) = watch::channel(());
        std::thread::Builder::new().name("sqlite-writer".into()).spawn(move || {
            serve(&path, jobs);
            drop(end);
        })?;
        Ok(Self { queue: Mutex::new(Some(queue)), ended })
    }

    /// Does `work` and answers when it is durable, or undone.
    pub(crate) async fn write<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T> {
        let (caller, answer) = oneshot::channel();
        let job = Waiting { work: Some(work), result: None, caller };
        let stopped = || Fault::Impossible("the writer has stopped; restart Countersign".into());
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        queue.ok_or_else(stopped)?.send(Box::new(job)).await.map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// After the writes that wait; later ones are refused.
    pub(crate) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        // An error says that the thread has ended, which is what is waited for.
        let _ = self.ended.clone().changed().await;
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

fn serve(path: &Path, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    let mut kept = None;
    while let Some(job) = jobs.blocking_recv() {
        if !job.is_abandoned() {
            kept = group(path, kept, job, &mut jobs);
        }
    }
}

/// One transaction: `first` and what else waits. The connection, where nothing is wrong with it: closed, it
/// undoes what it had begun.
fn group(
    path: &Path,
    kept: Option<Tx>,
    mut first: Box<dyn Job>,
    jobs: &mut mpsc::Receiver<Box<dyn Job>>,
) -> Option<Tx> {
    let mut tx = match begin(path, kept) {
        Ok(tx) => tx,
        Err(fault) => {
            refuse(first, jobs, &fault);
            return None;
        }
    };
    if !block_on(first.run(&mut tx)) {
        // Alone in its transaction, it needs no savepoint. Its fault is the news; a rollback that fails
        // too is undone with its connection.
        let ended = does(&mut tx, "ROLLBACK");
        first.tell(Ok(()));
        return ended.is_ok().then_some(tx);
    }
    let mut done = vec![first];
    while done.len() < GROUP_MAX
        && let Ok(mut job) = jobs.try_recv()
    {
        if job.is_abandoned() {
            continue;
        }
        match apart(&mut tx, job.as_mut()) {
            Ok(true) => done.push(job),
            Ok(false) => job.tell(Ok(())),
            Err(fault) => {
                done.push(job);
                tell_all(done, &Err(fault));
                return None;
            }
        }
    }
    let ended = does(&mut tx, "COMMIT");
    tell_all(done, &ended);
    ended.is_ok().then_some(tx)
}

fn begin(path: &Path, kept: Option<Tx>) -> Result<Tx> {
    let mut tx = match kept {
        Some(tx) => tx,
        None => Tx::Writer(Direct::open(path)?),
    };
    does(&mut tx, "BEGIN IMMEDIATE")?;
    Ok(tx)
}

/// Runs `job` so that it alone can be undone. An error says that the whole transaction is lost.
fn apart(tx: &mut Tx, job: &mut dyn Job) -> Result<bool> {
    does(tx, "SAVEPOINT job")?;
    let kept = block_on(job.run(tx));
    if !kept {
        does(tx, "ROLLBACK TO job")?;
    }
    does(tx, "RELEASE job")?;
    Ok(kept)
}

fn does(tx: &mut Tx, sql: &'static str) -> Result<()> {
    block_on(tx.execute(sql, &[])).map(drop)
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
