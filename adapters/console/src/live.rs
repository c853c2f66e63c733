//! Live pages: a stream that sends the page's fragment again whenever it differs from the last one sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use countersign::conversation::Thread;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};

use crate::app::App;
use crate::draw::Fragment;
use crate::pages;
use crate::trouble::Trouble;
use crate::who::{self, Viewer};

/// Drawn again at most this often, however much changes: a run of many devices reports in bursts.
const REDRAW_EVERY: Duration = Duration::from_millis(150);

/// Changes by other processes are seen after this at the latest.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A session that ended stops its streams after this at the latest.
const SESSION_CHECK_EVERY: Duration = Duration::from_secs(30);

/// Proxies cut connections that are silent for longer, often after 30 s.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);

/// What a stream shows.
pub(crate) enum Shows {
    Thread(Thread),
    Approvals,
}

/// Starts a stream. `seen`: the hash of the fragment the page has already.
pub(crate) fn stream(
    app: Arc<App>,
    viewer: Viewer,
    headers: &HeaderMap,
    seen: Option<String>,
    shows: Shows,
) -> Result<Response, Trouble> {
    let permit =
        Arc::clone(&app.streams).try_acquire_owned().map_err(|_| Trouble::TooManyStreams)?;
    // After a reconnect the browser knows better than the address it was given first.
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let watching = Watching {
        changes: app.console.changes.subscribe(),
        stop: app.console.stop.clone(),
        seen: last.map(str::to_owned).or(seen),
        waiting: None,
        is_first: true,
        is_over: false,
        is_troubled: false,
        session_checked: Instant::now(),
        queue: VecDeque::new(),
        app,
        viewer,
        shows,
        _permit: permit,
    };
    let events = futures::stream::unfold(watching, |mut watching| async move {
        let event = watching.next().await?;
        Some((Ok::<_, Infallible>(event), watching))
    });
    let sse = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_EVERY));
    // Tells nginx not to hold the events back.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], sse).into_response())
}

struct Watching {
    app: Arc<App>,
    viewer: Viewer,
    shows: Shows,
    changes: broadcast::Receiver<()>,
    stop: watch::Receiver<bool>,
    /// Hash of what the page shows.
    seen: Option<String>,
    /// The count in the page's badge.
    waiting: Option<usize>,
    is_first: bool,
    is_over: bool,
    /// The page says that the store cannot be read.
    is_troubled: bool,
    session_checked: Instant,
    queue: VecDeque<Event>,
    /// Gives the place back when the stream ends.
    _permit: OwnedSemaphorePermit,
}

impl Watching {
    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.is_over || *self.stop.borrow() {
                return None;
            }
            if self.is_first {
                self.is_first = false;
                self.queue
                    .push_back(Event::default().retry(Duration::from_secs(1)).comment("hello"));
            } else {
                self.change().await;
                if *self.stop.borrow() {
                    return None;
                }
            }
            let looked = self.look().await;
            if looked.is_err() != self.is_troubled {
                self.is_troubled = looked.is_err();
                let word = if self.is_troubled { "trouble" } else { "fine" };
                self.queue.push_back(Event::default().event(word).data("-"));
            }
            if let Err(trouble) = looked {
                tracing::warn!(error = %trouble, "a live page cannot be drawn: {trouble}");
            }
        }
    }

    /// Waits until something may have changed, or the stop.
    async fn change(&mut self) {
        tokio::select! {
            // A dropped sender means the process is going down, too.
            _ = self.stop.wait_for(|stop| *stop) => { self.is_over = true; return }
            () = tokio::time::sleep(LOOK_EVERY) => return,
            () = heard(&mut self.changes) => {}
        }
        tokio::select! {
            _ = self.stop.wait_for(|stop| *stop) => self.is_over = true,
            () = tokio::time::sleep(REDRAW_EVERY) => {}
        }
        // What came in meanwhile is part of what is drawn next.
        self.changes = self.changes.resubscribe();
    }

    async fn look(&mut self) -> Result<(), Trouble> {
        if self.session_checked.elapsed() >= SESSION_CHECK_EVERY {
            self.session_checked = Instant::now();
            if !who::is_still_good(&self.app, &self.viewer).await? {
                self.queue.push_back(Event::default().event("signed-out").data("-"));
                self.is_over = true;
                return Ok(());
            }
        }
        let waiting = self.app.waiting().await?;
        if self.waiting != Some(waiting) {
            self.waiting = Some(waiting);
            self.queue.push_back(Event::default().event("waiting").data(waiting.to_string()));
        }
        let Fragment { html, hash } = match &self.shows {
            Shows::Thread(thread) => {
                pages::thread::fragment(&self.app, &self.viewer, thread).await?
            }
            Shows::Approvals => pages::approvals::fragment(&self.app, &self.viewer).await?,
        };
        if self.seen.as_ref() != Some(&hash) {
            // As JSON, because the text of an event can hold no carriage return.
            let data = serde_json::Value::from(html.into_string()).to_string();
            self.queue.push_back(Event::default().event("fragment").id(&hash).data(data));
            self.seen = Some(hash);
        }
        Ok(())
    }
}

/// Something was committed. A closed channel stays silent, so that the regular look goes on.
async fn heard(changes: &mut broadcast::Receiver<()>) {
    match changes.recv().await {
        Ok(()) | Err(RecvError::Lagged(_)) => {}
        Err(RecvError::Closed) => std::future::pending().await,
    }
}
