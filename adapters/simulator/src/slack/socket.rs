//! Socket Mode: hello, envelopes, acknowledgements, goodbyes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use super::APP;
use super::deliver::{Delivered, Kind};
use super::server::{FakeSlack, PATIENCE, Shared};

pub(super) struct Sockets {
    address: SocketAddr,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lines: Vec<Line>,
    waiting: HashMap<String, oneshot::Sender<Value>>,
    next: u64,
    turn: usize,
    opened: usize,
    /// Acknowledgements in the order they came.
    acked: Vec<String>,
}

struct Line {
    id: u64,
    say: mpsc::UnboundedSender<Say>,
    leaving: bool,
}

enum Say {
    Frame(Value),
    /// As if the network had gone: no goodbye, nothing more.
    HangUp,
}

impl Sockets {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, state: Mutex::default() }
    }

    pub(super) fn url(&self, ticket: &str) -> String {
        format!("ws://{}/link/?ticket={ticket}&app_id={APP}", self.address)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn accept(listener: TcpListener, shared: Weak<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, shared.clone()));
    }
}

async fn serve(stream: TcpStream, shared: Weak<Shared>) {
    let mut ticket = String::new();
    #[expect(clippy::result_large_err, reason = "the type of the crate")]
    let read_ticket = |request: &Request, response: Response| {
        let query = request.uri().query().unwrap_or_default();
        let found = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "ticket");
        ticket = found.map(|(_, value)| value.into_owned()).unwrap_or_default();
        Ok(response)
    };
    let Ok(mut socket) = accept_hdr_async(stream, read_ticket).await else { return };
    let (say, mut said) = mpsc::unbounded_channel();
    let Some(id) = shared.upgrade().and_then(|it| it.admit(&ticket, say)) else { return };
    loop {
        tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Frame::Text(text))) => {
                    let Some(shared) = shared.upgrade() else { break };
                    shared.acked(&text);
                }
                Some(Ok(Frame::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
            say = said.recv() => match say {
                Some(Say::Frame(json)) => {
                    if socket.send(Frame::text(json.to_string())).await.is_err() {
                        break;
                    }
                }
                Some(Say::HangUp) | None => break,
            },
        }
    }
    if let Some(shared) = shared.upgrade() {
        shared.sockets.lock().lines.retain(|it| it.id != id);
    }
}

impl Shared {
    fn admit(&self, ticket: &str, say: mpsc::UnboundedSender<Say>) -> Option<u64> {
        let mut memory = self.lock();
        let at = memory.tickets.iter().position(|it| it == ticket)?;
        memory.tickets.remove(at);
        drop(memory);
        let mut state = self.sockets.lock();
        state.next += 1;
        state.opened += 1;
        let id = state.next;
        let hello = json!({
            "type": "hello", "num_connections": state.lines.len() + 1,
            "connection_info": { "app_id": APP },
            "debug_info": { "host": "applink-1", "approximate_connection_time": 3600 },
        });
        // The line is ours and open.
        let _ = say.send(Say::Frame(hello));
        state.lines.push(Line { id, say, leaving: false });
        Some(id)
    }

    fn acked(&self, text: &str) {
        let Ok(ack) = serde_json::from_str::<Value>(text) else { return };
        let Some(id) = ack["envelope_id"].as_str() else { return };
        let mut state = self.sockets.lock();
        state.acked.push(id.to_owned());
        if let Some(waiting) = state.waiting.remove(id) {
            // An error says that nobody waits any more.
            let _ = waiting.send(ack["payload"].clone());
        }
    }
}

impl FakeSlack {
    pub fn open_sockets(&self) -> usize {
        self.0.sockets.lock().lines.iter().filter(|it| !it.leaving).count()
    }

    /// Sockets that were ever opened.
    pub fn sockets_opened(&self) -> usize {
        self.0.sockets.lock().opened
    }

    /// Says goodbye on every line; the lines stay open for `grace`.
    pub fn say_goodbye(&self, reason: &str, grace: Duration) {
        let mut state = self.0.sockets.lock();
        let mut ids = Vec::new();
        for line in &mut state.lines {
            line.leaving = true;
            ids.push(line.id);
            let _ = line.say.send(Say::Frame(json!({ "type": "disconnect", "reason": reason })));
        }
        drop(state);
        let shared = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            let Some(shared) = shared.upgrade() else { return };
            for line in shared.sockets.lock().lines.iter().filter(|it| ids.contains(&it.id)) {
                let _ = line.say.send(Say::HangUp);
            }
        });
    }

    /// All lines break.
    pub fn cut_sockets(&self) {
        for line in &self.0.sockets.lock().lines {
            let _ = line.say.send(Say::HangUp);
        }
    }

    pub(super) async fn through_socket(
        &self,
        kind: Kind,
        payload: &Value,
        attempt: u32,
        patience: Duration,
    ) -> Delivered {
        let began = Instant::now();
        let nothing = |took| Delivered { acked: false, status: None, answer: Value::Null, took };
        let (done, waits) = oneshot::channel();
        let mut done = Some(done);
        loop {
            if self.send_envelope(kind, payload, attempt, &mut done) {
                break;
            }
            if began.elapsed() > PATIENCE {
                return nothing(began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let sent = Instant::now();
        match tokio::time::timeout(patience, waits).await {
            Ok(Ok(answer)) => Delivered { acked: true, status: None, answer, took: sent.elapsed() },
            _ => nothing(sent.elapsed()),
        }
    }

    /// To one of the lines, each in its turn; `false`: there is none.
    fn send_envelope(
        &self,
        kind: Kind,
        payload: &Value,
        attempt: u32,
        done: &mut Option<oneshot::Sender<Value>>,
    ) -> bool {
        let mut state = self.0.sockets.lock();
        let open: Vec<usize> =
            (0..state.lines.len()).filter(|at| !state.lines[*at].leaving).collect();
        if open.is_empty() {
            return false;
        }
        state.turn += 1;
        state.next += 1;
        let id = format!("envelope-{}", state.next);
        let mut envelope = json!({
            "envelope_id": id, "payload": payload,
            "type": match kind {
                Kind::Event => "events_api",
                Kind::Interaction => "interactive",
                Kind::Command => "slash_commands",
            },
            "accepts_response_payload": kind != Kind::Event,
        });
        if kind == Kind::Event {
            envelope["retry_attempt"] = json!(attempt);
            envelope["retry_reason"] = json!(if attempt > 0 { "timeout" } else { "" });
        }
        let at = open[state.turn % open.len()];
        if state.lines[at].say.send(Say::Frame(envelope)).is_err() {
            return false;
        }
        if let Some(done) = done.take() {
            state.waiting.insert(id, done);
        }
        true
    }
}
