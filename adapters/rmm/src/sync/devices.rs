//! Devices of the next companies, complete: name, site, class, who is online, who was logged on.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use countersign::directory::{Device, DeviceClass, LogOn, Pathway};
use countersign::ports::{CallError, SyncBatch};
use futures::stream::{self, StreamExt, TryStreamExt};
use tracing::{debug, warn};

use super::{OTHER_PIECES, Stage};
use crate::api::{COMPANIES_PER_CALL, Listed};
use crate::client::Lane;
use crate::rmm::Rmm;
use crate::wire::{Beat, Company, Endpoint, State};

/// Devices of one piece where each costs a request or two.
const SLOW_PIECE: usize = 50;

/// Calls under way at once in a slow piece.
const AT_ONCE: usize = 4;

impl Rmm {
    pub(super) async fn sync_devices(
        &self,
        after: Option<String>,
        endpoint: Option<String>,
    ) -> Result<SyncBatch, CallError> {
        let companies = self.sync_order.get(self.now(), self.company_order()).await?;
        let total = companies.len() as u64 + OTHER_PIECES;
        let start = companies.partition_point(|it| after.as_ref().is_some_and(|id| it.id <= *id));
        let left = &companies[start..];
        let Some(first) = left.first() else {
            return Ok(SyncBatch {
                next: Stage::Scripts.position(),
                label: "devices".to_owned(),
                done: total - 1,
                total,
                ..SyncBatch::default()
            });
        };
        let four = &left[..left.len().min(COMPANIES_PER_CALL)];
        let (devices, next, did) = match endpoint {
            None if self.sync_slowly.load(Ordering::Relaxed) => {
                self.slow_piece(first, after, None).await?
            }
            None => match self.quick_piece(four).await? {
                Some(devices) => {
                    let after = four.last().map(|it| it.id.clone());
                    (devices, Stage::Devices { after, endpoint: None }, four.len())
                }
                None => self.slow_piece(first, after, None).await?,
            },
            Some(from) => self.slow_piece(first, after, Some(from)).await?,
        };
        let label = match &four[..did.max(1)] {
            [one] => format!("devices of {}", one.name),
            [one, others @ ..] => {
                let others = countersign::words::count(others.len(), "other client");
                format!("devices of {} and {others}", one.name)
            }
            [] => "devices".to_owned(),
        };
        Ok(SyncBatch {
            devices,
            next: next.position(),
            label,
            done: 2 + (start + did) as u64,
            total,
            ..SyncBatch::default()
        })
    }

    /// Four companies in three requests; `None` where a list has no names or states come one by one only.
    async fn quick_piece(&self, companies: &[Company]) -> Result<Option<Vec<Device>>, CallError> {
        let ids: Vec<String> = companies.iter().map(|it| it.id.clone()).collect();
        let (listed, named) = match self.client.endpoints_of(&ids, Lane::Background).await {
            Err(CallError::Refused { message, .. }) if ids.len() > 1 => {
                // One odd id spoils the whole call.
                warn!(message, "devices are read company by company");
                return Ok(None);
            }
            Err(CallError::Refused { message, .. }) => {
                warn!(message, company = companies[0].name, "devices of a company are left out");
                return Ok(Some(Vec::new()));
            }
            other => other?,
        };
        if !named && !listed.is_empty() {
            self.sync_slowly.store(true, Ordering::Relaxed);
            return Ok(None);
        }
        if listed.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let (beats, states) =
            futures::join!(self.beats(&ids), self.client.states(&ids, Lane::Background));
        let states = match states {
            Ok(states) => states,
            Err(error) if is_absent(&error) => {
                debug!(error = %error, "no bulk of states; they are read one by one");
                self.sync_slowly.store(true, Ordering::Relaxed);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let states = states.into_iter().filter_map(|it| Some((it.endpoint.clone()?, it))).collect();
        Ok(Some(self.devices(listed, &beats, &states)))
    }

    /// Up to 50 devices of one company: a request each for the name where lists have none, and one for the
    /// state.
    async fn slow_piece(
        &self,
        company: &Company,
        after: Option<String>,
        from: Option<String>,
    ) -> Result<(Vec<Device>, Stage, usize), CallError> {
        let ids = [company.id.clone()];
        let done = Stage::Devices { after: Some(company.id.clone()), endpoint: None };
        let (mut listed, named) = match self.client.endpoints_of(&ids, Lane::Background).await {
            Err(CallError::Refused { message, .. }) => {
                warn!(message, company = company.name, "devices of a company are left out");
                return Ok((Vec::new(), done, 1));
            }
            other => other?,
        };
        listed.sort_by(|one, other| one.0.id.cmp(&other.0.id));
        listed.retain(|(it, _)| from.as_ref().is_none_or(|from| it.id > *from));
        let rest = listed.len().saturating_sub(SLOW_PIECE);
        listed.truncate(SLOW_PIECE);
        let last = listed.last().map(|(it, _)| it.id.clone());
        if listed.is_empty() {
            return Ok((Vec::new(), done, 1));
        }
        let beats = self.beats(&ids).await;
        let read = stream::iter(listed)
            .map(|listed| self.in_full(listed, named))
            .buffered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        let mut states = HashMap::new();
        let mut listed = Vec::new();
        for (endpoint, state) in read.into_iter().flatten() {
            states.extend(state.map(|state| (endpoint.0.id.clone(), state)));
            listed.push(endpoint);
        }
        let devices = self.devices(listed, &beats, &states);
        Ok(match (rest, last) {
            (1.., Some(last)) => (devices, Stage::Devices { after, endpoint: Some(last) }, 0),
            _ => (devices, done, 1),
        })
    }

    /// One device with its state; `None` when it went away meanwhile.
    async fn in_full(
        &self,
        listed: Listed,
        named: bool,
    ) -> Result<Option<(Listed, Option<State>)>, CallError> {
        let listed = if named {
            listed
        } else {
            match self.client.endpoint(&listed.0.id, Lane::Background).await {
                Ok(full) => full,
                Err(CallError::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error),
            }
        };
        let state = match self.client.state(&listed.0.id, Lane::Background).await {
            Ok(value) => Some(State::read(&value)),
            Err(error) if is_absent(&error) => None,
            Err(error) => return Err(error),
        };
        Ok(Some((listed, state)))
    }

    /// Who is online; without it devices are still worth having.
    async fn beats(&self, companies: &[String]) -> HashMap<String, Beat> {
        match self.client.heartbeat(companies, Lane::Background).await {
            Ok(beats) => beats.into_iter().map(|it| (it.endpoint.clone(), it)).collect(),
            Err(error) => {
                warn!(error = %error, "who is online is not known this time");
                HashMap::new()
            }
        }
    }

    fn devices(
        &self,
        listed: Vec<Listed>,
        beats: &HashMap<String, Beat>,
        states: &HashMap<String, State>,
    ) -> Vec<Device> {
        let now = self.now();
        let device = |(it, _): Listed| {
            let beat = beats.get(&it.id);
            let log_ons: Vec<LogOn> = states.get(&it.id).map(State::log_ons).unwrap_or_default();
            let class: DeviceClass = it.class();
            let Endpoint { id, company, site, host, friendly, os, model, serial, .. } = it;
            Some(Device {
                id: crate::ids::device(&id),
                name: host.unwrap_or_else(|| id.clone()),
                friendly_name: friendly,
                client: crate::ids::client(&company?),
                site: site.map(|it| crate::ids::site(&it)),
                class,
                os: os.map(Into::into),
                model: model.map(Into::into),
                serial,
                bios_uuid: None,
                rmm: Some(Pathway {
                    name: None,
                    online: beat.and_then(|it| it.online),
                    seen_at: beat.and_then(|it| it.seen_at),
                    id,
                }),
                automate: None,
                control: None,
                log_ons,
                read_at: now,
            })
        };
        listed.into_iter().filter_map(device).collect()
    }
}

/// The product does not offer this, or not to this key: asking again will not help.
fn is_absent(error: &CallError) -> bool {
    matches!(
        error,
        CallError::NotFound { .. } | CallError::MissingScope { .. } | CallError::Refused { .. }
    )
}
