//! The methods that are used, one function each.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign::ports::CallError;
use futures::future::try_join_all;
use serde_json::{Value, json};
use tracing::{debug, warn};

use crate::client::{Ask, Client, unreadable};
use crate::filter;
use crate::wire::{Details, Session};

/// Looks before an empty answer is believed: a busy server was seen to answer so about sessions that exist.
const EMPTY_LOOKS: u32 = 3;

/// Wait between them.
const EMPTY_WAIT: Duration = Duration::from_millis(400);

/// Digits that a list is cut into slices by, at most: 4,096 slices.
const DIGITS_MAX: usize = 3;

const LIST: &str = "the list of sessions";

pub(crate) struct Api {
    pub(crate) client: Client,
    pub(crate) list_cap: usize,
}

impl Api {
    /// Whether the extension answers: a question that costs the server nothing.
    pub(crate) async fn greet(&self) -> Result<(), CallError> {
        self.list("Name = '__probe__'").await.map(|_| ())
    }

    /// Every Access session that has not ended, by id.
    ///
    /// - A list is cut without a word, so one that may be is read again in slices by the first digits of the
    ///   session's id. Fails when the slices have not even what the whole list had: a session that is missed
    ///   would be taken for gone.
    /// - An empty list is asked for three times.
    pub(crate) async fn access_sessions(&self) -> Result<Vec<Session>, CallError> {
        let first = self.patiently(filter::ALL).await?;
        let all = if first.len() < self.list_cap {
            first
        } else {
            debug!(rows = first.len(), "the list may be cut; reading it in slices");
            let sliced = self.slices().await?;
            if let Some(missed) = first.keys().find(|id| !sliced.contains_key(*id)) {
                warn!(session = missed, "not in any slice of the list");
                return Err(unreadable(
                    LIST,
                    "it is cut, and slices by SessionID do not make it whole",
                ));
            }
            sliced
        };
        Ok(all.into_values().filter(|it| it.is_access && !it.is_ended).collect())
    }

    async fn slices(&self) -> Result<BTreeMap<String, Session>, CallError> {
        let mut all = BTreeMap::new();
        let mut open: Vec<String> = vec![String::new()];
        for depth in 1..=DIGITS_MAX {
            let longer = |begin: &String| -> Vec<String> {
                "0123456789abcdef".chars().map(|it| format!("{begin}{it}")).collect()
            };
            let begins: Vec<String> = open.iter().flat_map(longer).collect();
            let read =
                begins.iter().map(|it| async move { self.list(&filter::beginning(it)).await });
            let found = try_join_all(read).await?;
            open.clear();
            for (begin, slice) in begins.into_iter().zip(found) {
                if slice.len() < self.list_cap {
                    all.extend(slice);
                } else if depth == DIGITS_MAX {
                    return Err(unreadable(LIST, "too many sessions begin alike"));
                } else {
                    open.push(begin);
                }
            }
            if open.is_empty() {
                break;
            }
        }
        Ok(all)
    }

    async fn patiently(&self, filter: &str) -> Result<BTreeMap<String, Session>, CallError> {
        for _ in 1..EMPTY_LOOKS {
            let found = self.list(filter).await?;
            if !found.is_empty() {
                return Ok(found);
            }
            tokio::time::sleep(EMPTY_WAIT).await;
        }
        self.list(filter).await
    }

    async fn list(&self, filter: &str) -> Result<BTreeMap<String, Session>, CallError> {
        let found =
            self.client.call(&Ask::read("GetSessionsByFilter", json!([filter]), LIST)).await?;
        let rows = match found {
            Value::Array(rows) => rows,
            Value::Null => Vec::new(),
            _ => return Err(unreadable(LIST, "it is no list")),
        };
        let sessions = rows.iter().filter_map(Session::of);
        Ok(sessions.map(|it| (it.id.clone(), it)).collect())
    }

    /// One session; `None` when it is gone.
    pub(crate) async fn session(&self, id: &str) -> Result<Option<Session>, CallError> {
        let ask = Ask::read("GetSessionBySessionID", json!([id]), "the session");
        for look in 1..=EMPTY_LOOKS {
            let found = self.client.call(&ask).await?;
            let session = match &found {
                Value::Array(rows) => rows.iter().find_map(Session::of),
                other => Session::of(other),
            };
            match session {
                // Whatever was asked for, it must be what came.
                Some(session) if session.id.eq_ignore_ascii_case(id) => return Ok(Some(session)),
                Some(_) => return Err(unreadable("the session", "it is about another one")),
                None if look < EMPTY_LOOKS => tokio::time::sleep(EMPTY_WAIT).await,
                None => {}
            }
        }
        Ok(None)
    }

    /// A session with its events; `None` when it is gone.
    pub(crate) async fn details(&self, id: &str) -> Result<Option<Details>, CallError> {
        let ask = Ask::read("GetSessionDetailsBySessionID", json!([id]), "the session's events");
        for look in 1..=EMPTY_LOOKS {
            let details = Details::of(&self.client.call(&ask).await?);
            match details.filter(|it| it.session.is_some() || !it.events.is_empty()) {
                Some(details) => return Ok(Some(details)),
                None if look < EMPTY_LOOKS => tokio::time::sleep(EMPTY_WAIT).await,
                None => {}
            }
        }
        Ok(None)
    }

    /// Queues a command, once. The server tells nothing back: what came of it is in the events.
    pub(crate) async fn send_command(&self, id: &str, text: &str) -> Result<(), CallError> {
        let ask = Ask::write("SendCommandToSession", json!([id, text]), "the command");
        self.client.call(&ask).await.map(|_| ())
    }

    /// Shows a text to whoever sits at the machine.
    pub(crate) async fn send_message(&self, id: &str, text: &str) -> Result<(), CallError> {
        let ask = Ask::write("SendMessageToSession", json!([id, text]), "the message");
        self.client.call(&ask).await.map(|_| ())
    }
}
