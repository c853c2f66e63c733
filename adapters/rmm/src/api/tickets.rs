//! Tickets, and the words they are made of.

use countersign::ports::CallError;
use serde_json::Value;

use super::companies::segment;
use super::{json, page_items};
use crate::client::{Ask, Client, Family, Lane, Scope, unreadable};
use crate::wire::{Json, Named};

/// Tickets of one page.
const PAGE: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    Boards,
    Sources,
    Priorities,
    Statuses,
}

impl Lookup {
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Boards => 0,
            Self::Sources => 1,
            Self::Priorities => 2,
            Self::Statuses => 3,
        }
    }

    /// "service board".
    pub(crate) fn singular(self) -> &'static str {
        match self {
            Self::Boards => "service board",
            Self::Sources => "source",
            Self::Priorities => "priority",
            Self::Statuses => "status",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Boards => "service-boards",
            Self::Sources => "sources",
            Self::Priorities => "priorities",
            Self::Statuses => "statuses",
        }
    }
}

impl Client {
    /// Tickets that fit `filters`, newest first, at most `most`, and how many there are in all.
    ///
    /// - Costs a request per 100 tickets.
    pub(crate) async fn tickets(
        &self,
        filters: &[(&'static str, String)],
        most: usize,
        lane: Lane,
    ) -> Result<(Vec<Value>, u64), CallError> {
        let mut tickets = Vec::new();
        let mut total = 0;
        for number in 1.. {
            let size = most.min(PAGE);
            let make = |version: crate::client::Version| {
                let path = format!("/api/platform/{}/service/ticketing/tickets", version.key());
                let mut ask = Ask::get(path, Scope::TicketsRead, "the tickets")
                    .with("pageSize", size.to_string())
                    .with("pageNum", number.to_string())
                    .with("sortBy", "createdAt")
                    .with("sortDir", "desc");
                ask.query.extend(filters.iter().cloned());
                ask
            };
            let (ask, reply) = self.versioned(Family::Tickets, lane, make).await?;
            if reply.status == 404 {
                // "Nothing there", or behind the last page.
                break;
            }
            let reply = reply.ok(&ask)?;
            let value = json(&reply, &ask)?;
            let page = page_items(&reply, &ask, &["tickets"])?;
            let here = Json(&value).int_of(&["totalCount"]).and_then(|it| u64::try_from(it).ok());
            total = here.unwrap_or(0).max(total).max((tickets.len() + page.len()) as u64);
            let was_full = page.len() >= size;
            tickets.extend(page);
            if !was_full || tickets.len() >= most || tickets.len() as u64 >= total {
                break;
            }
        }
        tickets.truncate(most);
        Ok((tickets, total))
    }

    pub(crate) async fn ticket(&self, id: &str) -> Result<Value, CallError> {
        let id = segment(id)?;
        let make = |version: crate::client::Version| {
            let path = format!("/api/platform/{}/service/ticketing/tickets/{id}", version.key());
            Ask::get(path, Scope::TicketsRead, "this ticket")
        };
        let (ask, reply) = self.versioned(Family::Tickets, Lane::Person, make).await?;
        json(&reply.ok(&ask)?, &ask)
    }

    /// Makes a ticket. Sent once.
    pub(crate) async fn create_ticket(&self, body: &Value) -> Result<Value, CallError> {
        let make = |version: crate::client::Version| {
            let path = format!("/api/platform/{}/service/ticketing/tickets", version.key());
            Ask::post(path, Scope::TicketsCreate, body.clone(), "creating the ticket")
        };
        let (ask, reply) = self.versioned(Family::Tickets, Lane::Person, make).await?;
        let value = json(&reply.ok(&ask)?, &ask)?;
        match Json(&value).id(&["id"]) {
            Some(_) => Ok(value),
            None => Err(unreadable(&ask, "it names no ticket")),
        }
    }

    /// Boards, sources, priorities or statuses that are in use.
    pub(crate) async fn lookup(&self, which: Lookup) -> Result<Vec<Named>, CallError> {
        let path = format!("/api/platform/v1/service/ticketing/{}", which.path());
        let ask = Ask::get(path, Scope::TicketsRead, format!("the {}", which.path()));
        let items = self.list(ask, Lane::Person, &[which.path(), "data"]).await?;
        Ok(items.iter().filter_map(Named::read).collect())
    }
}
