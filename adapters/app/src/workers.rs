//! The loops that move things: conversations, runs, the outbox, the clock.
//!
//! Any number of processes may run them on one store: everything is claimed with a lease.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use countersign::conversation::Engine;
use countersign::directory::Platform;
use countersign::ids::WorkerId;
use countersign::ports::{Chat, ChatError, Claimed, Held, Outgoing, StoreError};
use countersign::run::Run;
use futures::FutureExt as _;
use futures::future::join_all;
use jiff::SignedDuration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Notify, Semaphore, broadcast, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tracing::{error, warn};

use crate::config::Runs;

/// How long a conversation or run is kept from others after its worker died. The worker prolongs it while
/// it lives, so that the work itself may take longer.
const LEASE: Duration = Duration::from_secs(20);

/// How often a lease is prolonged; three misses fit into one.
const RENEW_EVERY: Duration = Duration::from_secs(5);

const OUTBOX_LEASE: Duration = Duration::from_secs(60);

/// Messages of one platform that are on their way at once, of as many threads.
const MESSAGES_AT_ONCE: usize = 256;

/// Tries of one message before it is given up; with growing waits that is about an hour.
const OUTBOX_ATTEMPTS_MAX: u32 = 12;

/// Conversations handled side by side in one process. They mostly wait: for the disk, which those that are
/// under way at once wait for together, and for products.
const CONVERSATIONS_AT_ONCE: usize = 256;

/// A change that no signal told of (another process, a due time) is seen after this long.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Bound on one [`Workers::drain`], so that a bug cannot spin for ever.
const DRAIN_STEPS_MAX: usize = 10_000;

pub struct Workers {
    pub engine: Arc<Engine>,
    pub chats: Vec<Arc<dyn Chat>>,
    pub id: WorkerId,
    pub runs: Runs,
}

impl Workers {
    /// Handles one waiting conversation; `false`: none waits.
    pub async fn turn(&self) -> Result<bool, StoreError> {
        let store = self.engine.store();
        let Some(claimed) = store.claim_conversation(&self.id, self.engine.now(), LEASE).await?
        else {
            return Ok(false);
        };
        self.converse(claimed).await?;
        Ok(true)
    }

    async fn converse(&self, claimed: Claimed) -> Result<(), StoreError> {
        let store = self.engine.store();
        let id = claimed.id.clone();
        let engine = Arc::clone(&self.engine);
        let again = claimed.clone();
        // A task of its own, so that a panic ends here.
        let work = tokio::spawn(async move { engine.handle(again).await });
        let handled = self.holding(Held::Conversation(&id), work).await;
        match handled {
            // Its last commit gave it back.
            Ok(Ok(())) => return Ok(()),
            Ok(Err(StoreError::Lost { .. })) => {}
            Ok(Err(error @ StoreError::Broken { .. })) => {
                store.release_conversation(&id, &self.id).await?;
                return Err(error);
            }
            Ok(Err(error @ StoreError::Unreadable { .. })) => {
                self.give_up(&claimed, &error.to_string()).await?
            }
            Err(panic) => self.give_up(&claimed, &panic.to_string()).await?,
        }
        store.release_conversation(&id, &self.id).await
    }

    /// Waits for `work` and prolongs its lease until it ends.
    async fn holding<T>(&self, held: Held<'_>, mut work: JoinHandle<T>) -> Result<T, JoinError> {
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = tokio::time::sleep(RENEW_EVERY) => {
                    match self.engine.store().renew(held, &self.id, self.engine.now(), LEASE).await {
                        Ok(true) => {}
                        Ok(false) => warn!(?held, "a lease was lost while its work went on; its commits will be refused"),
                        Err(error) => warn!(?held, error = %error, "a lease could not be prolonged"),
                    }
                }
            }
        }
    }

    async fn give_up(&self, claimed: &Claimed, cause: &str) -> Result<(), StoreError> {
        error!(conversation.id = %claimed.id, cause, "an event could not be handled");
        match self.engine.give_up(claimed).await {
            Ok(()) | Err(StoreError::Lost { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Takes one due run a step further; `false`: none is due.
    pub async fn run(&self) -> Result<bool, StoreError> {
        let store = self.engine.store();
        let Some(run) =
            store.claim_run(&self.id, self.engine.now(), LEASE, self.runs.places).await?
        else {
            return Ok(false);
        };
        self.carry_on(run).await?;
        Ok(true)
    }

    async fn carry_on(&self, run: Run) -> Result<(), StoreError> {
        let store = self.engine.store();
        let id = run.id.clone();
        let engine = Arc::clone(&self.engine);
        let work = tokio::spawn(async move { engine.advance(run).await });
        let advanced = self.holding(Held::Run(&id), work).await;
        match advanced {
            Ok(Ok(())) | Ok(Err(StoreError::Lost { .. })) => {}
            // The lease is kept: whoever takes the run next finds it in doubt, not sooner than the lease ends.
            Ok(Err(error)) => return Err(error),
            Err(panic) => {
                error!(run.id = %id, cause = %panic, "a run broke its worker; it is looked up when the lease ends");
                return Ok(());
            }
        }
        store.release_run(&id, &self.id).await
    }

    /// Sends what waits for one platform; `false`: nothing waits.
    pub async fn outbox(&self, chat: &dyn Chat) -> Result<bool, StoreError> {
        let store = self.engine.store();
        let now = self.engine.now();
        let most = u32::try_from(MESSAGES_AT_ONCE).unwrap_or(u32::MAX);
        let batch = store.claim_outbox(chat.platform(), now, OUTBOX_LEASE, most).await?;
        // They are of different threads, so none waits for another.
        let sending = batch.iter().map(|outgoing| self.send(chat, outgoing));
        join_all(sending).await.into_iter().collect::<Result<(), _>>()?;
        Ok(!batch.is_empty())
    }

    async fn send(&self, chat: &dyn Chat, outgoing: &Outgoing) -> Result<(), StoreError> {
        let store = self.engine.store();
        let post = async {
            match &outgoing.posted {
                None => chat.post(outgoing).await,
                Some(posted) => chat.edit(outgoing, posted).await.map(|()| posted.clone()),
            }
        };
        // A message that breaks its adapter must not end the loop for all others.
        let sent = AssertUnwindSafe(post).catch_unwind().await.unwrap_or_else(|_| {
            let detail = "the adapter broke on it; the log says where".to_owned();
            Err(ChatError::Refused { platform: chat.platform().key(), detail })
        });
        match sent {
            Ok(external) => store.sent(outgoing, &external, self.engine.now()).await,
            Err(ChatError::Later { wait, detail, .. })
                if outgoing.attempts < OUTBOX_ATTEMPTS_MAX =>
            {
                warn!(conversation.id = %outgoing.conversation, detail, "a message waits");
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_mins(1));
                store.not_sent(outgoing, Some(self.engine.now() + wait), &detail).await
            }
            Err(error) => {
                error!(conversation.id = %outgoing.conversation, error = %error, "a message is given up");
                store.not_sent(outgoing, None, &error.to_string()).await
            }
        }
    }

    /// Works until nothing is left that is due now.
    pub async fn drain(&self) -> Result<(), StoreError> {
        for _ in 0..DRAIN_STEPS_MAX {
            let mut any = self.turn().await?;
            any |= self.run().await?;
            any |= self.engine.approvals_due().await? > 0;
            any |= self.engine.look_at_trials().await? > 0;
            for chat in &self.chats {
                any |= self.outbox(chat.as_ref()).await?;
            }
            if !any {
                return Ok(());
            }
        }
        error!("work did not come to an end after {DRAIN_STEPS_MAX} steps");
        Ok(())
    }

    /// Runs all loops until `stop`. What is under way then is finished first.
    pub async fn serve(
        self: Arc<Self>,
        changes: broadcast::Receiver<()>,
        stop: watch::Receiver<bool>,
    ) {
        let mut loops = JoinSet::new();
        let room = Room::new(CONVERSATIONS_AT_ONCE);
        let (this, waits) = (Arc::clone(&self), Wait::new(&changes, &stop).or(&room));
        loops.spawn(async move {
            waits.each(|| this.converse_with_all(&room)).await;
            room.empty().await;
        });
        let room = Room::new(self.runs.at_once);
        let (this, waits) = (Arc::clone(&self), Wait::new(&changes, &stop).or(&room));
        loops.spawn(async move {
            waits.each(|| this.carry_on_all(&room)).await;
            room.empty().await;
        });
        let mut platforms: HashSet<Platform> = HashSet::new();
        for chat in &self.chats {
            if !platforms.insert(chat.platform()) {
                continue;
            }
            let room = Room::new(MESSAGES_AT_ONCE);
            let (this, chat) = (Arc::clone(&self), Arc::clone(chat));
            let waits = Wait::new(&changes, &stop).or(&room);
            loops.spawn(async move {
                waits.each(|| this.send_all(&chat, &room)).await;
                room.empty().await;
            });
        }
        // Only time makes something expire.
        let (_still, nothing) = broadcast::channel(1);
        let (this, waits) = (Arc::clone(&self), Wait::new(&nothing, &stop));
        loops.spawn(waits.each(move || {
            let this = Arc::clone(&this);
            async move { this.engine.approvals_due().await.map(|ended| ended > 0) }
        }));
        let (this, waits) = (Arc::clone(&self), Wait::new(&nothing, &stop));
        loops.spawn(waits.each(move || {
            let this = Arc::clone(&this);
            async move { this.engine.look_at_trials().await.map(|looked| looked > 0) }
        }));
        while loops.join_next().await.is_some() {}
    }

    /// Takes as many waiting conversations as there is room for; `false`: none waits.
    async fn converse_with_all(self: &Arc<Self>, room: &Room) -> Result<bool, StoreError> {
        let free = room.free().await;
        let store = self.engine.store();
        let claims = store.claim_conversations(&self.id, self.engine.now(), LEASE, free).await?;
        let any = !claims.is_empty();
        for claimed in claims {
            let this = Arc::clone(self);
            room.spawn(async move { this.converse(claimed).await }).await;
        }
        Ok(any)
    }

    /// Takes as many messages of one platform as there is room for; `false`: none waits.
    async fn send_all(
        self: &Arc<Self>,
        chat: &Arc<dyn Chat>,
        room: &Room,
    ) -> Result<bool, StoreError> {
        let free = room.free().await;
        let (store, now) = (self.engine.store(), self.engine.now());
        let messages = store.claim_outbox(chat.platform(), now, OUTBOX_LEASE, free).await?;
        let any = !messages.is_empty();
        for outgoing in messages {
            let (this, chat) = (Arc::clone(self), Arc::clone(chat));
            room.spawn(async move { this.send(chat.as_ref(), &outgoing).await }).await;
        }
        Ok(any)
    }

    /// Takes one due run; `false`: none is due.
    async fn carry_on_all(self: &Arc<Self>, room: &Room) -> Result<bool, StoreError> {
        room.free().await;
        let store = self.engine.store();
        let Some(run) =
            store.claim_run(&self.id, self.engine.now(), LEASE, self.runs.places).await?
        else {
            return Ok(false);
        };
        let this = Arc::clone(self);
        room.spawn(async move { this.carry_on(run).await }).await;
        Ok(true)
    }
}

/// Work side by side, within bounds.
struct Room {
    size: usize,
    places: Arc<Semaphore>,
    /// A place is free again, and with it maybe more to do.
    left: Arc<Notify>,
}

impl Room {
    fn new(size: usize) -> Self {
        Self { size, places: Arc::new(Semaphore::new(size)), left: Arc::default() }
    }

    /// Waits until there is a free place and tells how many there are. Only one loop spawns into a room.
    async fn free(&self) -> u32 {
        let _one = self.places.acquire().await;
        u32::try_from(self.places.available_permits() + 1).unwrap_or(u32::MAX)
    }

    async fn spawn(&self, work: impl Future<Output = Result<(), StoreError>> + Send + 'static) {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let left = Arc::clone(&self.left);
        tokio::spawn(async move {
            if let Err(error) = work.await {
                unusable(&error).await;
            }
            drop(place);
            left.notify_one();
        });
    }

    /// Waits for what is under way.
    async fn empty(&self) {
        let all = u32::try_from(self.size).unwrap_or(u32::MAX);
        let _all = self.places.acquire_many(all).await;
    }
}

async fn unusable(error: &StoreError) {
    error!(error = %error, "the store cannot be used; nothing runs until it can");
    tokio::time::sleep(LOOK_EVERY * 4).await;
}

/// When a loop looks again.
struct Wait {
    changes: broadcast::Receiver<()>,
    stop: watch::Receiver<bool>,
    left: Arc<Notify>,
}

impl Wait {
    fn new(changes: &broadcast::Receiver<()>, stop: &watch::Receiver<bool>) -> Self {
        Self { changes: changes.resubscribe(), stop: stop.clone(), left: Arc::default() }
    }

    /// Also when a place in `room` is free again.
    fn or(mut self, room: &Room) -> Self {
        self.left = Arc::clone(&room.left);
        self
    }

    async fn each<F, T>(mut self, mut step: F)
    where
        F: FnMut() -> T,
        T: Future<Output = Result<bool, StoreError>>,
    {
        while !*self.stop.borrow() {
            match step().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => unusable(&error).await,
            }
            tokio::select! {
                Ok(()) | Err(RecvError::Lagged(_)) = self.changes.recv() => {}
                () = self.left.notified() => {}
                _ = tokio::time::sleep(LOOK_EVERY) => {}
                _ = self.stop.changed() => {}
            }
            // One look is enough for all that was told meanwhile.
            while let Ok(()) | Err(TryRecvError::Lagged(_)) = self.changes.try_recv() {}
        }
    }
}
