//! The product's calls, one function each: what to ask, and the records in the answer.
//!
//! Source of paths, fields and scopes: the partner OpenAPI file of 2025, the vendor's v2.7.7 as transcribed
//! by others, and traffic recorded from real tenants; where they disagree, both are understood.

mod automation;
mod companies;
mod devices;
mod remembered;
mod states;
mod tickets;

use countersign::ports::CallError;
use serde_json::Value;

use crate::client::{Ask, Client, Lane, Reply, unreadable};

pub(crate) use devices::{ListForm, Listed};
pub(crate) use remembered::Remembered;
pub(crate) use states::UsageOf;
pub(crate) use tickets::Lookup;

/// Companies that one v2 call may name. Source: seen on a live tenant; more is refused.
pub(crate) const COMPANIES_PER_CALL: usize = 4;

/// The JSON in an answer. Half an answer to a read is as good as none.
pub(crate) fn json(reply: &Reply, ask: &Ask) -> Result<Value, CallError> {
    serde_json::from_slice(&reply.body)
        .map_err(|error| unreadable(ask, &format!("not readable as JSON ({error})")))
}

impl Client {
    /// All items of a list call, over all its pages; `names` are those of the envelope.
    pub(crate) async fn list(
        &self,
        ask: Ask,
        lane: Lane,
        names: &[&str],
    ) -> Result<Vec<Value>, CallError> {
        let mut items = Vec::new();
        for page in self.whole_pages(&ask, lane).await? {
            items.extend(page_items(&page, &ask, names)?);
        }
        Ok(items)
    }

    /// The pages; once more from the start when one came back broken.
    async fn whole_pages(&self, ask: &Ask, lane: Lane) -> Result<Vec<Reply>, CallError> {
        let pages = self.pages(ask, lane).await?;
        if pages.iter().all(|page| json(page, ask).is_ok()) {
            return Ok(pages);
        }
        self.pages(ask, lane).await
    }

    /// The one object a read call gives; asked for once more when the answer came back broken.
    pub(crate) async fn object(&self, ask: Ask, lane: Lane) -> Result<Value, CallError> {
        let reply = self.send(&ask, lane).await?.ok(&ask)?;
        match json(&reply, &ask) {
            Ok(value) => Ok(value),
            Err(_) => json(&self.send(&ask, lane).await?.ok(&ask)?, &ask),
        }
    }
}

pub(crate) fn page_items(page: &Reply, ask: &Ask, names: &[&str]) -> Result<Vec<Value>, CallError> {
    crate::wire::list(json(page, ask)?, names).ok_or_else(|| unreadable(ask, "no list in it"))
}
