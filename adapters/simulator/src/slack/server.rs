//! The running fake.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, post};
use futures::stream;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::calls::Call;
use super::deliver::Post;
use super::faults::{Fault, FaultKind};
use super::memory::{Ephemeral, Memory, Message, Modal, User};
use super::methods::{self, Outcome};
use super::socket::Sockets;
use super::{BOT_USER, TEAM};

/// How the pretend workspace is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the bot token may do. Default: all that the manifest asks for, and `assistant:write` not.
    pub scopes: Vec<String>,
    /// Whether more than a few messages a second per channel get a 429. Default `false`.
    pub paced: bool,
    /// How far Slack's clock is from ours. Default 0.
    pub skew: SignedDuration,
}

impl Default for Options {
    fn default() -> Self {
        let scopes = [
            "app_mentions:read",
            "channels:history",
            "channels:read",
            "chat:write",
            "commands",
            "files:write",
            "groups:history",
            "im:history",
            "im:write",
            "reactions:write",
            "usergroups:read",
            "users:read",
        ];
        Self {
            scopes: scopes.map(str::to_owned).to_vec(),
            paced: false,
            skew: SignedDuration::ZERO,
        }
    }
}

/// A running pretend Slack. Clones are the same one; the last one dropped ends it.
#[derive(Clone)]
pub struct FakeSlack(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) address: SocketAddr,
    pub(super) memory: Mutex<Memory>,
    pub(super) options: Options,
    pub(super) sockets: Sockets,
    pub(super) post: Post,
    servers: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        let servers = self.servers.get_mut().unwrap_or_else(PoisonError::into_inner);
        servers.iter().for_each(JoinHandle::abort);
    }
}

impl FakeSlack {
    /// Listens on loopback, ports of its own.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let lines = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let shared = Arc::new(Shared {
            address: listener.local_addr()?,
            memory: Mutex::new(Memory::new()),
            options,
            sockets: Sockets::new(lines.local_addr()?),
            post: Post::new(),
            servers: Mutex::default(),
        });
        let weak = Arc::downgrade(&shared);
        let router = Router::new()
            .route("/api/{method}", any(call))
            .route("/upload/{id}", post(upload))
            .layer(DefaultBodyLimit::max(8 << 20))
            .with_state(weak.clone());
        let api = tokio::spawn(async move {
            // An error ends the fake, and whoever talks to it notices.
            let _ = axum::serve(listener, router).await;
        });
        let line = tokio::spawn(super::socket::accept(lines, weak));
        shared.servers.lock().unwrap_or_else(PoisonError::into_inner).extend([api, line]);
        Ok(Self(shared))
    }

    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.0.address)
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock()
    }

    /// A full member, and in `C1` from the start.
    pub fn add_user(&self, id: &str, name: &str) {
        let user = User { id: id.into(), name: name.into(), team: TEAM.into(), ..User::default() };
        self.memory().users.insert(id.to_owned(), user);
        self.join(id, "C1");
    }

    pub fn change_user(&self, id: &str, change: impl FnOnce(&mut User)) {
        if let Some(user) = self.memory().users.get_mut(id) {
            change(user);
        }
    }

    /// Lets somebody into a channel, which is made with the bot in it if it is not there.
    pub fn join(&self, user: &str, channel: &str) {
        self.memory().channel_named(channel).members.insert(user.to_owned());
    }

    pub fn leave(&self, user: &str, channel: &str) {
        self.memory().channel_named(channel).members.remove(user);
    }

    pub fn set_group(&self, id: &str, users: &[&str]) {
        self.memory()
            .groups
            .insert(id.to_owned(), users.iter().map(|it| (*it).to_owned()).collect());
    }

    pub fn fault(&self, fault: Fault) {
        self.memory().faults.push(fault);
    }

    pub fn clear_faults(&self) {
        self.memory().faults.clear();
    }

    // --- looking

    /// Everything in a channel, oldest first.
    pub fn channel(&self, channel: &str) -> Vec<Message> {
        self.memory()
            .channels
            .get(channel)
            .map(|it| it.messages.values().cloned().collect())
            .unwrap_or_default()
    }

    /// What the bot wrote into a thread, oldest first.
    pub fn thread(&self, channel: &str, ts: &str) -> Vec<Message> {
        let mut all = self.channel(channel);
        all.retain(|it| it.thread.as_deref() == Some(ts) && it.user == BOT_USER);
        all
    }

    pub fn message(&self, channel: &str, ts: &str) -> Option<Message> {
        self.memory().channels.get(channel)?.messages.get(ts).cloned()
    }

    /// What only `user` saw, oldest first.
    pub fn ephemerals(&self, user: &str) -> Vec<Ephemeral> {
        self.memory().ephemerals.iter().filter(|it| it.user == user).cloned().collect()
    }

    /// The form that `user` has open, the last one.
    pub fn modal(&self, user: &str) -> Option<Modal> {
        self.memory().modals.iter().rev().find(|it| it.user == user).cloned()
    }

    pub fn home(&self, user: &str) -> Option<Value> {
        self.memory().homes.get(user).cloned()
    }

    /// Channel, thread and words of every assistant status.
    pub fn statuses(&self) -> Vec<(String, String, String)> {
        self.memory().statuses.clone()
    }

    pub fn prompts(&self) -> Vec<Value> {
        self.memory().prompts.clone()
    }

    /// How often a method was called.
    pub fn calls(&self, method: &str) -> usize {
        self.memory().calls.iter().filter(|it| *it == method).count()
    }

    /// What was refused and why, without the refusals that were ordered.
    pub fn refusals(&self) -> Vec<String> {
        self.memory().refusals.clone()
    }

    /// The id of the conversation that the bot has with `user`.
    pub fn dm_of(&self, user: &str) -> String {
        self.memory().dm(user)
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Weak = std::sync::Weak<Shared>;

async fn call(
    State(shared): State<Weak>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(shared) = shared.upgrade() else { return StatusCode::GONE.into_response() };
    let call = Call::read(&method, &headers, query.as_deref(), &body);
    let fault = shared.lock().faults.take(&method);
    if let Some(FaultKind::Slow(wait)) = &fault {
        tokio::time::sleep(*wait).await;
    }
    let outcome = match &fault {
        Some(FaultKind::RateLimited(secs)) => Outcome::Later(*secs),
        Some(FaultKind::Unavailable) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(FaultKind::Refused(code)) => Outcome::No(code, Vec::new()),
        Some(FaultKind::LostAnswer | FaultKind::OddAnswer | FaultKind::Slow(_)) | None => {
            let base = format!("http://{}", shared.address);
            methods::answer(&mut shared.lock(), &shared.options, &base, &call)
        }
    };
    match fault {
        Some(FaultKind::LostAnswer) => cut(),
        Some(FaultKind::OddAnswer) => axum::Json(json!({ "ok": true, "ts": 17 })).into_response(),
        _ => shared.respond(outcome, &method),
    }
}

/// The line goes dead behind the headers.
fn cut() -> Response {
    let broken =
        stream::once(async { Err::<Bytes, io::Error>(io::ErrorKind::ConnectionReset.into()) });
    Response::new(Body::from_stream(broken))
}

impl Shared {
    fn respond(&self, outcome: Outcome, method: &str) -> Response {
        let scopes = self.options.scopes.join(",");
        let (status, json, retry) = match outcome {
            Outcome::Ok(mut json) => {
                if method == "apps.connections.open" {
                    let ticket = json["url"].as_str().unwrap_or_default().to_owned();
                    json["url"] = json!(self.sockets.url(&ticket));
                }
                (StatusCode::OK, json, None)
            }
            Outcome::No(code, messages) => {
                let mut json = json!({ "ok": false, "error": code });
                if !messages.is_empty() {
                    json["response_metadata"] = json!({ "messages": messages });
                }
                (StatusCode::OK, json, None)
            }
            Outcome::MissingScope(needed) => {
                let json = json!({ "ok": false, "error": "missing_scope", "needed": needed, "provided": scopes });
                (StatusCode::OK, json, None)
            }
            Outcome::Later(secs) => (
                StatusCode::TOO_MANY_REQUESTS,
                json!({ "ok": false, "error": "ratelimited" }),
                Some(secs),
            ),
        };
        let mut response = (status, axum::Json(json)).into_response();
        let headers = response.headers_mut();
        if let Ok(scopes) = HeaderValue::from_str(&scopes) {
            headers.insert("x-oauth-scopes", scopes);
        }
        if let Some(secs) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if !self.options.skew.is_zero() {
            let date = (Timestamp::now() + self.options.skew)
                .strftime("%a, %d %b %Y %H:%M:%S GMT")
                .to_string();
            if let Ok(date) = HeaderValue::from_str(&date) {
                headers.insert(header::DATE, date);
            }
        }
        response
    }
}

async fn upload(State(shared): State<Weak>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    let Some(shared) = shared.upgrade() else { return StatusCode::GONE };
    match shared.lock().uploads.get_mut(&id) {
        Some(file) => {
            file.1 = body.to_vec();
            StatusCode::OK
        }
        None => StatusCode::NOT_FOUND,
    }
}

/// How long something that should come is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
