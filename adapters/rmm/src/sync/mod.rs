//! The directory, piece by piece: companies, sites, devices with who is online and who was logged on, and
//! scripts.
//!
//! Everything a piece needs is in its position, so a sync goes on after a restart where it stopped. Devices
//! come four companies at a time: one list with names, one heartbeat, one bulk of states. 3,500 devices of
//! 100 companies cost about 80 requests. Where the product lacks one of these calls ([`devices`]), devices
//! come 50 at a time with a request each.

mod devices;
mod scripts;

use std::sync::atomic::Ordering;

use countersign::directory::{Client, Site};
use countersign::ports::{CallError, Position, SyncBatch};
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::client::Lane;
use crate::rmm::Rmm;
use crate::wire;

/// Where a sync stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case", deny_unknown_fields)]
enum Stage {
    #[default]
    Companies,
    Sites,
    /// Devices of the companies whose id sorts behind `after`. With `endpoint`: of the first of them only,
    /// those behind this endpoint.
    Devices {
        after: Option<String>,
        endpoint: Option<String>,
    },
    Scripts,
}

impl Stage {
    /// An unknown position starts anew.
    fn read(position: Option<&Position>) -> Self {
        position.and_then(|it| serde_json::from_str(&it.0).ok()).unwrap_or_default()
    }

    fn position(&self) -> Option<Position> {
        serde_json::to_string(self).ok().map(Position)
    }
}

/// Pieces that are not companies: the list of companies, the sites, the scripts.
const OTHER_PIECES: u64 = 3;

impl Rmm {
    /// The next piece. Waits for the background's share of the budget, minutes if need be.
    pub(crate) async fn sync_next(
        &self,
        position: Option<&Position>,
    ) -> Result<SyncBatch, CallError> {
        match Stage::read(position) {
            Stage::Companies => self.sync_companies().await,
            Stage::Sites => self.sync_sites().await,
            Stage::Devices { after, endpoint } => self.sync_devices(after, endpoint).await,
            Stage::Scripts => self.sync_scripts().await,
        }
    }

    /// Ids of companies that are still customers, sorted: the order in which devices are read.
    async fn company_order(&self) -> Result<Vec<wire::Company>, CallError> {
        let now = self.now();
        let values = self.client.companies(Lane::Background).await?;
        let mut companies: Vec<wire::Company> =
            values.iter().filter_map(wire::Company::read).filter(|it| it.is_current(now)).collect();
        companies.sort_by(|one, other| one.id.cmp(&other.id));
        companies.dedup_by(|one, other| one.id == other.id);
        Ok(companies)
    }

    async fn sync_companies(&self) -> Result<SyncBatch, CallError> {
        self.sync_slowly.store(false, Ordering::Relaxed);
        let companies = self.company_order().await?;
        let clients = companies.iter().map(|it| Client {
            id: crate::ids::client(&it.id),
            name: it.name.clone(),
            rmm: Some(it.id.clone()),
            automate: None,
        });
        let batch = SyncBatch {
            clients: clients.collect(),
            next: Stage::Sites.position(),
            label: "clients".to_owned(),
            done: 1,
            total: companies.len() as u64 + OTHER_PIECES,
            ..SyncBatch::default()
        };
        self.sync_order.put(self.now(), companies).await;
        Ok(batch)
    }

    async fn sync_sites(&self) -> Result<SyncBatch, CallError> {
        let sites = match self.client.sites(None, Lane::Background).await {
            Ok(values) => values.iter().filter_map(wire::Site::read).filter_map(site).collect(),
            // Sites are a help, not a condition.
            Err(error @ (CallError::MissingScope { .. } | CallError::Refused { .. })) => {
                warn!(error = %error, "the sync goes on without sites");
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let companies = self.sync_order.get(self.now(), self.company_order()).await?;
        Ok(SyncBatch {
            sites,
            next: Stage::Devices { after: None, endpoint: None }.position(),
            label: "sites".to_owned(),
            done: 2,
            total: companies.len() as u64 + OTHER_PIECES,
            ..SyncBatch::default()
        })
    }
}

fn site(site: wire::Site) -> Option<Site> {
    Some(Site {
        id: crate::ids::site(&site.id),
        client: crate::ids::client(&site.company?),
        name: site.name,
        time_zone: site.time_zone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_that_makes_no_sense_starts_anew() {
        for text in ["", "7", "{\"stage\":\"devices\",\"was\":1}", "{\"stage\":\"gone\"}"] {
            assert_eq!(Stage::read(Some(&Position(text.into()))), Stage::Companies, "{text}");
        }
        let stage = Stage::Devices { after: Some("c1".into()), endpoint: None };
        assert_eq!(Stage::read(stage.position().as_ref()), stage);
    }
}
