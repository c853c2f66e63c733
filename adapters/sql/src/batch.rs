//! What waits for the database together.
//!
//! A statement costs a way to the database and back whatever it holds, so what queued while the last batch
//! was under way goes as one: the same statements for many rows. Nobody waits for a batch to fill. Each item
//! stands alone all the same: when a batch fails, nothing of it happened and its items go one by one, so that
//! only what is at fault fails. Nobody is told of success before the disk has it.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::db::Db;
use crate::fault::{Fault, Result};

/// More than this wait at the door.
const QUEUE: usize = 1024;

/// So that the first of a batch is not kept waiting by many others.
const ITEMS_MAX: usize = 128;

/// Something that is done for many at once as for one.
pub(crate) trait Together: Send + Sync + 'static {
    type Item: Send + Sync + 'static;
    type Answer: Send + 'static;

    /// Does all of `items` and answers each, in order; or does nothing at all.
    fn all(
        &self,
        db: &Db,
        items: Vec<Arc<Self::Item>>,
    ) -> impl Future<Output = Result<Vec<Self::Answer>>> + Send;
}

pub(crate) struct Batch<T: Together> {
    queue: mpsc::Sender<Waiting<T>>,
}

struct Waiting<T: Together> {
    item: Arc<T::Item>,
    caller: oneshot::Sender<Result<T::Answer>>,
}

impl<T: Together> Batch<T> {
    /// The task ends with the batch.
    pub(crate) fn start(db: &Arc<Db>, what: T) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(serve(what, Arc::clone(db), waiting));
        Self { queue }
    }

    pub(crate) async fn put(&self, item: Arc<T::Item>) -> Result<T::Answer> {
        let (caller, answer) = oneshot::channel();
        let stopped = || Fault::Impossible("the store has stopped; restart Countersign".into());
        self.queue.send(Waiting { item, caller }).await.map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

async fn serve<T: Together>(what: T, db: Arc<Db>, mut queue: mpsc::Receiver<Waiting<T>>) {
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, ITEMS_MAX).await > 0 {
        // Who went away before it began wants nothing done.
        batch.retain(|it| !it.caller.is_closed());
        if !batch.is_empty() {
            do_all(&what, &db, std::mem::take(&mut batch)).await;
        }
    }
}

async fn do_all<T: Together>(what: &T, db: &Db, batch: Vec<Waiting<T>>) {
    let items = batch.iter().map(|it| Arc::clone(&it.item)).collect();
    match what.all(db, items).await {
        Ok(answers) => {
            for (waiting, answer) in batch.into_iter().zip(answers) {
                // An error says that the caller is gone.
                let _ = waiting.caller.send(Ok(answer));
            }
        }
        Err(fault) if batch.len() == 1 || fault.is_of_the_database() => refuse(batch, &fault),
        Err(_) => one_by_one(what, db, batch).await,
    }
}

async fn one_by_one<T: Together>(what: &T, db: &Db, batch: Vec<Waiting<T>>) {
    let mut rest = batch.into_iter();
    while let Some(Waiting { item, caller }) = rest.next() {
        let answer = what.all(db, vec![item]).await;
        let broken = answer.as_ref().err().filter(|it| it.is_of_the_database()).cloned();
        let answer = answer.and_then(|answers| {
            let none = || Fault::Impossible("an item of a batch was not answered".into());
            answers.into_iter().next().ok_or_else(none)
        });
        let _ = caller.send(answer);
        // Each would wait in turn for what does not work now.
        if let Some(fault) = broken {
            return refuse(rest, &fault);
        }
    }
}

fn refuse<T: Together>(batch: impl IntoIterator<Item = Waiting<T>>, fault: &Fault) {
    for waiting in batch {
        let _ = waiting.caller.send(Err(fault.clone()));
    }
}
