//! Socket Mode: several WebSockets to Slack, each watched, each replaced before it ends.
//!
//! Own loop instead of the crate's, which has no time limits, no back-off and acknowledges late.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};
use tracing::{error, info, warn};

use super::backoff::{Backoff, GOOD_AFTER};
use super::{Ack, Kind};
use crate::inner::Inner;
use crate::workspaces::Workspaces;

/// Opening a connection and its handshake.
const OPEN_MAX: Duration = Duration::from_secs(10);

const PING_EVERY: Duration = Duration::from_secs(10);

/// Nothing heard for this long, not even the echo of three pings: the line is dead.
const SILENCE_MAX: Duration = Duration::from_secs(35);

/// Slack says goodbye about ten seconds before it hangs up; until then both lines are open.
const GOODBYE_MAX: Duration = Duration::from_secs(15);

/// How long closing may take; Slack does not always answer it.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// After a refusal that only an operator can mend.
const MEND_EVERY: Duration = Duration::from_secs(300);

/// Payloads in work at once, of all connections; beyond, Slack waits.
const IN_WORK_MAX: usize = 64;

const PAYLOAD_BYTES_MAX: usize = 4 << 20;

/// Later connections start later, so that not all are renewed at the same moment.
const APART: Duration = Duration::from_secs(2);

/// Slack drops longer answers to forms and commands without a word.
const ACK_BYTES_MAX: usize = 20_000;

/// Codes that no second try can change.
const FATAL: [&str; 6] = [
    "not_authed",
    "invalid_auth",
    "account_inactive",
    "user_removed_from_team",
    "team_disabled",
    "not_allowed_token_type",
];

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Lost(String),
    /// As announced; the next one is open already.
    Left,
    Fatal(String),
    Stopped,
}

/// Keeps the connections open until `stop`.
pub(crate) async fn listen(workspaces: Arc<Workspaces>, stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(IN_WORK_MAX));
    let mut slots = JoinSet::new();
    for slot in 0..u32::from(workspaces.home.config.connections) {
        let keeper = Keeper {
            workspaces: Arc::clone(&workspaces),
            stop: stop.clone(),
            room: Arc::clone(&room),
        };
        slots.spawn(keeper.keep(slot));
    }
    while slots.join_next().await.is_some() {}
}

#[derive(Clone)]
struct Keeper {
    workspaces: Arc<Workspaces>,
    stop: watch::Receiver<bool>,
    room: Arc<Semaphore>,
}

impl Keeper {
    /// One connection after the other, the next before the last one ends where Slack announces it.
    async fn keep(mut self, slot: u32) {
        let process = u64::from(std::process::id());
        let mut backoff = Backoff::new(process << 8 | u64::from(slot));
        let mut leaving: JoinSet<()> = JoinSet::new();
        if self.paused(APART * slot).await {
            return;
        }
        loop {
            let (announce, announced) = oneshot::channel();
            let began = Instant::now();
            let mut link: JoinHandle<End> = tokio::spawn(self.clone().link(announce));
            let end = tokio::select! {
                end = &mut link => end.unwrap_or_else(|panic| End::Lost(panic.to_string())),
                Ok(()) = announced => {
                    leaving.spawn(async move { let _ = link.await; });
                    while leaving.try_join_next().is_some() {}
                    // Announcements that come in quick succession are no reason to hurry.
                    if began.elapsed() < GOOD_AFTER && self.paused(backoff.wait()).await {
                        break;
                    }
                    continue;
                }
            };
            if began.elapsed() >= GOOD_AFTER {
                backoff.reset();
            }
            let wait = match end {
                End::Stopped => break,
                End::Left => continue,
                End::Lost(why) => {
                    let wait = backoff.wait();
                    warn!(slot, why, "a connection to Slack was lost; the next try is in {wait:?}");
                    wait
                }
                End::Fatal(why) => {
                    error!(
                        slot,
                        why, "Slack does not let the bot in; `countersign check` says what to mend"
                    );
                    self.workspaces.home.health.trouble(why);
                    MEND_EVERY
                }
            };
            if self.paused(wait).await {
                break;
            }
        }
        while leaving.join_next().await.is_some() {}
    }

    /// `true`: it is time to stop.
    async fn paused(&mut self, wait: Duration) -> bool {
        tokio::select! {
            () = sleep(wait) => false,
            () = stopped(&mut self.stop) => true,
        }
    }

    async fn link(mut self, announce: oneshot::Sender<()>) -> End {
        let url = match self.workspaces.home.api.open_socket().await {
            Ok(url) => url,
            Err(error) => {
                let fatal = error.code().is_some_and(|code| FATAL.contains(&code));
                let why = error.to_string();
                return if fatal { End::Fatal(why) } else { End::Lost(why) };
            }
        };
        match timeout(OPEN_MAX, connect(&self.workspaces.home, &url)).await {
            Ok(Ok(socket)) => {
                Link::new(self.workspaces.clone(), self.room.clone(), socket)
                    .run(announce, &mut self.stop)
                    .await
            }
            Ok(Err(why)) => End::Lost(why),
            Err(_) => End::Lost("the handshake took too long".into()),
        }
    }
}

/// The address holds a ticket, so it is never shown.
pub(crate) async fn connect(inner: &Inner, url: &str) -> Result<Socket, String> {
    let is_loopback = url.starts_with("ws://127.0.0.1:") || url.starts_with("ws://[::1]:");
    if !url.starts_with("wss://") && !is_loopback {
        return Err("Slack named an address that is not encrypted".into());
    }
    let limits = WebSocketConfig::default()
        .max_message_size(Some(PAYLOAD_BYTES_MAX))
        .max_frame_size(Some(PAYLOAD_BYTES_MAX));
    let tls = Connector::Rustls(Arc::new(inner.api.raw.tls()));
    let connected = connect_async_tls_with_config(url, Some(limits), true, Some(tls)).await;
    connected.map(|(socket, _)| socket).map_err(|error| error.to_string())
}

/// One open connection.
struct Link {
    workspaces: Arc<Workspaces>,
    room: Arc<Semaphore>,
    socket: Socket,
    acks: mpsc::UnboundedSender<Value>,
    to_send: mpsc::UnboundedReceiver<Value>,
    greeted: bool,
}

/// What a frame means for the connection.
enum Next {
    On,
    Goodbye,
    End(End),
}

impl Link {
    fn new(workspaces: Arc<Workspaces>, room: Arc<Semaphore>, socket: Socket) -> Self {
        let (acks, to_send) = mpsc::unbounded_channel();
        Self { workspaces, room, socket, acks, to_send, greeted: false }
    }

    async fn run(mut self, announce: oneshot::Sender<()>, stop: &mut watch::Receiver<bool>) -> End {
        let end = self.listen(announce, stop).await;
        if self.greeted {
            self.workspaces.home.health.closed();
        }
        let _ = timeout(CLOSE_MAX, self.socket.close(None)).await;
        end
    }

    async fn listen(
        &mut self,
        announce: oneshot::Sender<()>,
        stop: &mut watch::Receiver<bool>,
    ) -> End {
        let mut announce = Some(announce);
        let mut beat = interval(PING_EVERY);
        let mut heard = Instant::now();
        let mut leave_at: Option<Instant> = None;
        loop {
            let goodbye =
                leave_at.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
            tokio::select! {
                _ = beat.tick() => {
                    if heard.elapsed() > SILENCE_MAX {
                        return End::Lost("nothing was heard any more".into());
                    }
                    if let Err(error) = self.socket.send(Message::Ping(Default::default())).await {
                        return gone(&leave_at, error.to_string());
                    }
                }
                Some(ack) = self.to_send.recv() => {
                    if let Err(error) = self.socket.send(Message::text(ack.to_string())).await {
                        return gone(&leave_at, error.to_string());
                    }
                }
                frame = self.socket.next() => {
                    heard = Instant::now();
                    let frame = match frame {
                        Some(Ok(frame)) => frame,
                        Some(Err(error)) => return gone(&leave_at, error.to_string()),
                        None => return gone(&leave_at, "Slack hung up".into()),
                    };
                    match self.frame(frame).await {
                        Next::On => {}
                        Next::Goodbye => {
                            leave_at = Some(Instant::now() + GOODBYE_MAX);
                            if let Some(announce) = announce.take() {
                                // An error says that nobody waits for it any more.
                                let _ = announce.send(());
                            }
                        }
                        Next::End(End::Lost(why)) => return gone(&leave_at, why),
                        Next::End(end) => return end,
                    }
                }
                () = sleep(goodbye), if leave_at.is_some() => return End::Left,
                () = stopped(stop) => return self.finish().await,
            }
        }
    }

    /// What is in work is acknowledged before the line is closed.
    async fn finish(&mut self) -> End {
        let in_work = u32::try_from(IN_WORK_MAX).unwrap_or(u32::MAX);
        let _ = timeout(Duration::from_secs(3), self.room.acquire_many(in_work))
            .await
            .map(|it| it.map(drop));
        while let Ok(ack) = self.to_send.try_recv() {
            if self.socket.send(Message::text(ack.to_string())).await.is_err() {
                break;
            }
        }
        End::Stopped
    }

    async fn frame(&mut self, frame: Message) -> Next {
        let text = match frame {
            Message::Text(text) => text,
            Message::Close(_) => return Next::End(End::Lost("Slack closed the connection".into())),
            Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {
                return Next::On;
            }
        };
        let Ok(mut envelope) = serde_json::from_str::<Value>(&text) else {
            warn!("a frame of Slack is no JSON and was left alone");
            return Next::On;
        };
        match envelope["type"].as_str() {
            Some("hello") => {
                if !self.greeted {
                    self.greeted = true;
                    self.workspaces.home.health.opened();
                    info!("a connection to Slack is open");
                }
                Next::On
            }
            Some("disconnect") => match envelope["reason"].as_str() {
                Some("link_disabled") => {
                    Next::End(End::Fatal("Socket Mode is switched off for the app".into()))
                }
                _ => Next::Goodbye,
            },
            Some(kind) => {
                if let Some(kind) = kind_of(kind) {
                    let payload = envelope["payload"].take();
                    self.work(kind, payload, envelope).await;
                } else {
                    // Not ours to answer; unacknowledged, it would come again.
                    self.ack(&envelope, None);
                }
                Next::On
            }
            None => Next::On,
        }
    }

    /// In a task of its own, so that a slow one holds up no other.
    async fn work(&self, kind: Kind, payload: Value, envelope: Value) {
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return };
        let (workspaces, acks) = (Arc::clone(&self.workspaces), self.acks.clone());
        tokio::spawn(async move {
            let ack = match workspaces.take(kind, &payload).await {
                Ack::Withheld => return,
                Ack::Empty => answer(&envelope, None),
                Ack::Json(json) => answer(&envelope, Some(json)),
            };
            // An error says that the line is gone: Slack sends it again, and it is known then.
            let _ = acks.send(ack);
            drop(room);
        });
    }

    fn ack(&self, envelope: &Value, payload: Option<Value>) {
        let _ = self.acks.send(answer(envelope, payload));
    }
}

/// A sender that is gone is a stop as well.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await.map(drop);
}

/// After its goodbye a connection may go any time.
fn gone(leave_at: &Option<Instant>, why: String) -> End {
    if leave_at.is_some() { End::Left } else { End::Lost(why) }
}

fn answer(envelope: &Value, payload: Option<Value>) -> Value {
    let mut answer = json!({ "envelope_id": envelope["envelope_id"] });
    // Only asked for with forms, commands and menus.
    let wanted = envelope["accepts_response_payload"].as_bool() != Some(false);
    if let Some(payload) = payload.filter(|it| wanted && it.to_string().len() < ACK_BYTES_MAX) {
        answer["payload"] = payload;
    }
    answer
}

fn kind_of(name: &str) -> Option<Kind> {
    match name {
        "events_api" => Some(Kind::Event),
        "interactive" => Some(Kind::Interaction),
        "slash_commands" => Some(Kind::Command),
        _ => None,
    }
}
