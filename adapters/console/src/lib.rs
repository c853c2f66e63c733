//! The web console: chat, approvals, audit, tools and devices.
//!
//! Pages are drawn on the server and work as plain forms; one small script adds live updates. A page
//! reads the store and the engine and decides nothing: a click becomes an
//! [`Inbound`](countersign::conversation::Inbound) like a click in any other chat, and every right is
//! checked again by the core.
//!
//! Left out on purpose: no build step, no fonts or scripts from elsewhere, no state that another replica
//! would need.

mod app;
mod chat;
mod draw;
mod event;
mod guard;
mod live;
mod pages;
mod random;
mod show;
mod sign_in;
mod trouble;
mod who;

use std::sync::Arc;

use axum::Router;
use countersign::conversation::Engine;
use tokio::sync::{broadcast, watch};

pub use chat::ConsoleChat;
pub use sign_in::{LINK_VALID, SESSION_VALID, sign_in_link};

/// What the console is made of.
pub struct Console {
    pub engine: Arc<Engine>,
    pub mode: Mode,
    /// Says "look again" after something was committed in this process. Changes of other processes are
    /// found by looking every 2 s.
    pub changes: broadcast::Sender<()>,
    /// Where people reach the console from outside. Its host is allowed beside the loopback names; with
    /// `https` the session cookie is `Secure`.
    pub public_url: Option<String>,
    /// `true` ends the live streams, which a graceful stop would otherwise wait for.
    pub stop: watch::Receiver<bool>,
}

/// Who the visitor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Anyone who reaches the port, as whichever person they pick. For the simulator on loopback only.
    Demo,
    /// Whoever holds a session, begun with a one-time link.
    SignIn,
}

/// All routes of the console, `/healthz`, `/readyz` and `/metrics` included.
///
/// It brings the fallback (a 404 page), so routers merged with it must not have one; its checks of host,
/// origin and sign-in do not reach routes that are merged in.
pub fn router(console: Console) -> Router {
    pages::router(Arc::new(app::App::new(console)))
}
