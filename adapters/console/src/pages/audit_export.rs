//! `/audit.jsonl`: every entry, oldest first, one JSON object per line.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use countersign::audit::Entry;
use countersign::ports::StoreError;

use crate::app::{App, Shared};
use crate::trouble::Trouble;

/// Entries read at once; the log is never in memory as a whole.
const CHUNK: u32 = 500;

pub(crate) async fn download(State(app): Shared) -> Result<Response, Trouble> {
    // Up to where the log is now, so that a busy log ends; asked first, so that a store in trouble is a page.
    let (head, _) = app.store().audit_head().await?;
    let reading = Reading { app, head, after: 0, lines: VecDeque::new() };
    let lines = futures::stream::try_unfold(reading, |mut reading| async move {
        let line = reading.next().await?;
        Ok::<_, StoreError>(line.map(|line| (line, reading)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"countersign-audit.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

struct Reading {
    app: Arc<App>,
    head: i64,
    after: i64,
    lines: VecDeque<Entry>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<String>, StoreError> {
        if self.lines.is_empty() && self.after < self.head {
            self.lines.extend(self.app.store().audit(self.after, CHUNK).await?);
        }
        let Some(entry) = self.lines.pop_front() else { return Ok(None) };
        self.after = entry.seq;
        if entry.seq > self.head {
            return Ok(None);
        }
        let mut line = serde_json::to_string(&entry).map_err(|error| StoreError::Unreadable {
            what: "audit entry",
            detail: error.to_string(),
        })?;
        line.push('\n');
        Ok(Some(line))
    }
}
