//! Signs a head of the audit log every few minutes, and posts one a day where somebody keeps it.
//!
//! Any number of processes may do it on one store: a head over the same entries is kept once, and the post of
//! a day is made once.

use std::sync::Arc;
use std::time::Duration;

use countersign::audit::{NewEntry, Notary, ProofError, SignedHead, Signer};
use countersign::conversation::{BOT, Engine, Thread};
use countersign::ports::{Change, Store, StoreError, Vault, Write};
use countersign::reply::{Block, Message};
use countersign::words;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::sync::watch;
use tracing::{error, info};

/// What happened since the last head is not vouched for yet, so this is short.
const SIGN_EVERY: Duration = Duration::from_secs(5 * 60);

/// Where the vault has the key.
const KEY: &str = "audit/signing-key";

/// The notary of this installation; its key is made when there is none.
pub async fn notary(
    store: &Arc<dyn Store>,
    vault: &dyn Vault,
    now: Timestamp,
) -> anyhow::Result<Notary> {
    let kept = match vault.open(KEY).await? {
        Some(kept) => kept,
        None => {
            let made = Signer::new_key()?;
            let kept = vault.keep_first(KEY, &made).await?;
            // Not made by another process at the same moment.
            if kept.expose_secret() == made.expose_secret() {
                let key = Signer::open(&kept)?.public();
                let entry = NewEntry {
                    at: now,
                    actor: BOT.into(),
                    kind: "signing_key",
                    subject: json!({ "key": key }),
                    text: format!("heads of this log are signed with the key {key}"),
                    client: None,
                };
                store.commit(Change { writes: Vec::new(), audit: vec![entry] }).await?;
            }
            kept
        }
    };
    Ok(Notary::new(Arc::clone(store), Signer::open(&kept)?))
}

pub struct Heads {
    engine: Arc<Engine>,
    notary: Notary,
    /// `[audit] post_heads_to`.
    post_to: Option<Thread>,
}

impl Heads {
    pub fn new(engine: Arc<Engine>, notary: Notary, post_to: Option<Thread>) -> Self {
        Self { engine, notary, post_to }
    }

    /// Signs what came since the last head, and posts the first head of a day.
    pub async fn step(&self) -> Result<SignedHead, ProofError> {
        let now = self.engine.now();
        let head = self.notary.head(now).await?;
        let Some(thread) = &self.post_to else { return Ok(head) };
        let day = now.strftime("%Y-%m-%d").to_string();
        let change = Change {
            writes: vec![
                Write::Once { name: format!("audit head of {day}"), at: now },
                Write::Open { thread: thread.clone(), at: now },
                Write::Post {
                    conversation: thread.conversation(),
                    message: message(&head, &day)?,
                    at: now,
                },
            ],
            audit: Vec::new(),
        };
        match self.engine.store().commit(change).await {
            Ok(_) | Err(StoreError::Lost { .. }) => Ok(head),
            Err(error) => Err(error.into()),
        }
    }
}

fn message(head: &SignedHead, day: &str) -> Result<Message, StoreError> {
    let text = serde_json::to_string(head).map_err(|error| StoreError::Unreadable {
        what: "signed head",
        detail: error.to_string(),
    })?;
    let size = words::count(usize::try_from(head.size).unwrap_or(0), "entry");
    let title = format!("Head of the audit log, {day}: {size}");
    let how = "Keep it: with these lines in a file, “countersign audit verify --head FILE” finds out later whether \
               anything of before was changed or cut off.";
    let blocks = vec![
        Block::Title { text: title.clone(), tone: countersign::reply::Tone::Ended },
        Block::Code { text, cut: 0 },
        Block::Note(how.to_owned()),
    ];
    Ok(Message::of(title, blocks))
}

/// Until `stop`. A log that is not whole is told of in the log of the process again and again, and gets no
/// new signature.
pub async fn keep(
    engine: Arc<Engine>,
    vault: Arc<dyn Vault>,
    post_to: Option<Thread>,
    mut stop: watch::Receiver<bool>,
) {
    let mut heads = None;
    while !*stop.borrow() {
        if heads.is_none() {
            match notary(engine.store(), vault.as_ref(), engine.now()).await {
                Ok(notary) => {
                    info!(key = %notary.key(), "heads of the audit log are signed");
                    heads = Some(Heads::new(Arc::clone(&engine), notary, post_to.clone()));
                }
                Err(error) => {
                    error!(error = format!("{error:#}"), "heads of the audit log cannot be signed");
                }
            }
        }
        if let Some(heads) = &heads
            && let Err(error) = heads.step().await
        {
            error!(error = %error, "no head of the audit log was signed");
        }
        tokio::select! {
            _ = tokio::time::sleep(SIGN_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}
