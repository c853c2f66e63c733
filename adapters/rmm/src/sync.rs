//! The directory, piece by piece: companies, sites, the devices of four companies at a time, scripts.
//!
//! A position is a stage and how many companies are done, so a restart goes on behind the last saved piece.
//! The list of companies is read anew with each piece of devices: one request, and no state that a restart
//! would lose.

use std::collections::HashMap;

use countersign::directory::{Client, Device, LogOn, Pathway, Site};
use countersign::ports::{CallError, Position, SyncBatch};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::debug;

use crate::Rmm;
use crate::api::COMPANIES_PER_CALL;
use crate::client::Lane;
use crate::ids;
use crate::script::scripts;
use crate::wire::{Beat, Company, Endpoint, State};

/// Single reads under way at once, where a tenant has no lists with names.
const SIDE_BY_SIDE: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Sites,
    /// The id of the last company whose devices are saved; companies come in the order of their ids.
    Devices {
        behind: Option<String>,
    },
    Scripts,
}

/// See [`countersign::ports::Provider::sync`].
pub(crate) async fn next(rmm: &Rmm, position: Option<&Position>) -> Result<SyncBatch, CallError> {
    // A position of another version starts anew.
    let stage = position.and_then(|position| serde_json::from_str::<Stage>(&position.0).ok());
    match stage {
        None => companies(rmm).await,
        Some(Stage::Sites) => sites(rmm).await,
        Some(Stage::Devices { behind }) => devices(rmm, behind).await,
        Some(Stage::Scripts) => last(rmm).await,
    }
}

fn at(stage: &Stage) -> Option<Position> {
    serde_json::to_string(stage).ok().map(Position)
}

/// Companies that are customers now, in the order of their ids.
async fn current(rmm: &Rmm) -> Result<Vec<Company>, CallError> {
    let now = rmm.api.client.now();
    let mut companies = rmm.api.companies(Lane::Background).await?.said;
    companies.retain(|it| it.is_current(now));
    companies.sort_by(|one, other| one.id.cmp(&other.id));
    companies.dedup_by(|one, other| one.id == other.id);
    Ok(companies)
}

async fn companies(rmm: &Rmm) -> Result<SyncBatch, CallError> {
    let companies = current(rmm).await?;
    let client = |it: &Company| Client {
        id: ids::client(&it.id),
        name: it.name.clone(),
        rmm: Some(it.id.clone()),
        automate: None,
    };
    Ok(SyncBatch {
        clients: companies.iter().map(client).collect(),
        next: at(&Stage::Sites),
        label: "companies".into(),
        done: 0,
        total: steps(&companies),
        ..SyncBatch::default()
    })
}

/// Companies, and the scripts at the end.
fn steps(companies: &[Company]) -> u64 {
    u64::try_from(companies.len()).unwrap_or(u64::MAX).saturating_add(1)
}

async fn sites(rmm: &Rmm) -> Result<SyncBatch, CallError> {
    let companies = current(rmm).await?;
    // A key without this scope still has devices.
    let found = match rmm.api.sites(None, Lane::Background).await {
        Ok(read) => read.said,
        Err(error @ (CallError::MissingScope { .. } | CallError::NotFound { .. })) => {
            tracing::warn!(error = %error, "the sites cannot be read; devices are shown without");
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    let known: std::collections::HashSet<&str> =
        companies.iter().map(|it| it.id.as_str()).collect();
    let site = |it: crate::wire::Site| {
        let company = it.company.filter(|id| known.contains(id.as_str()))?;
        Some(Site {
            id: ids::site(&it.id),
            client: ids::client(&company),
            name: it.name,
            time_zone: it.time_zone,
        })
    };
    Ok(SyncBatch {
        sites: found.into_iter().filter_map(site).collect(),
        next: at(&Stage::Devices { behind: None }),
        label: "sites".into(),
        done: 0,
        total: steps(&companies),
        ..SyncBatch::default()
    })
}

async fn devices(rmm: &Rmm, behind: Option<String>) -> Result<SyncBatch, CallError> {
    let companies = current(rmm).await?;
    let from =
        companies.partition_point(|it| behind.as_ref().is_some_and(|behind| &it.id <= behind));
    let some: Vec<&Company> = companies[from..].iter().take(COMPANIES_PER_CALL).collect();
    let (Some(first), Some(last)) = (some.first(), some.last()) else {
        return last_stage(&companies);
    };
    let ids: Vec<String> = some.iter().map(|it| it.id.clone()).collect();
    let mut endpoints = rmm.api.endpoints(&ids, Lane::Background).await?;
    detail(rmm, &mut endpoints).await?;
    let (beats, states) = around(rmm, &ids, &endpoints).await?;
    let now = rmm.api.client.now();
    let found = endpoints.into_iter().filter_map(|it| device(it, &beats, &states, now));
    let done = u64::try_from(from + some.len()).unwrap_or(u64::MAX);
    let label = match some.len() {
        1 => format!("devices of {}", first.name),
        more => format!("devices of {} and {} more", first.name, more - 1),
    };
    Ok(SyncBatch {
        devices: found.collect(),
        next: at(&Stage::Devices { behind: Some(last.id.clone()) }),
        label,
        done,
        total: steps(&companies),
        ..SyncBatch::default()
    })
}

fn last_stage(companies: &[Company]) -> Result<SyncBatch, CallError> {
    let total = steps(companies);
    Ok(SyncBatch {
        next: at(&Stage::Scripts),
        label: "scripts".into(),
        done: total.saturating_sub(1),
        total,
        ..SyncBatch::default()
    })
}

async fn last(rmm: &Rmm) -> Result<SyncBatch, CallError> {
    // A key without this scope still reads devices; it has no script tools.
    let scripts = match rmm.api.shell_scripts(Lane::Background).await {
        Ok(read) => scripts(read.said),
        Err(error @ (CallError::MissingScope { .. } | CallError::NotFound { .. })) => {
            tracing::warn!(error = %error, "the scripts cannot be read, so there are no script tools");
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    Ok(SyncBatch {
        scripts,
        next: None,
        label: "done".into(),
        done: 1,
        total: 1,
        ..SyncBatch::default()
    })
}

/// v1 lists have neither names nor systems: such endpoints are read singly.
async fn detail(rmm: &Rmm, endpoints: &mut Vec<Endpoint>) -> Result<(), CallError> {
    let (mut known, lean): (Vec<Endpoint>, Vec<Endpoint>) =
        endpoints.drain(..).partition(|it| it.host.is_some());
    let mut lean = lean.into_iter();
    loop {
        let some: Vec<Endpoint> = lean.by_ref().take(SIDE_BY_SIDE).collect();
        if some.is_empty() {
            break;
        }
        let reads = some.into_iter().map(|lean| async move {
            match rmm.api.endpoint(&lean.id, Lane::Background).await {
                Ok(read) => Ok(Some(merged(read.said, lean))),
                // Gone between the list and the read.
                Err(CallError::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        });
        known.extend(try_join_all(reads).await?.into_iter().flatten());
    }
    *endpoints = known;
    Ok(())
}

fn merged(full: Endpoint, lean: Endpoint) -> Endpoint {
    Endpoint {
        company: full.company.or(lean.company),
        site: full.site.or(lean.site),
        kind: full.kind.or(lean.kind),
        os: full.os.or(lean.os),
        ..full
    }
}

/// Who is online and who was logged on; both are extras, so a tenant that does not serve the lists is read
/// without them.
async fn around(
    rmm: &Rmm,
    companies: &[String],
    endpoints: &[Endpoint],
) -> Result<(HashMap<String, Beat>, HashMap<String, State>), CallError> {
    if endpoints.is_empty() {
        return Ok(Default::default());
    }
    let beats = optional(rmm.api.heartbeat(companies, Lane::Background).await)?.unwrap_or_default();
    let beats = beats.into_iter().map(|it| (it.endpoint.to_ascii_lowercase(), it)).collect();
    let mut states: HashMap<String, State> = HashMap::new();
    match optional(rmm.api.states(companies, Lane::Background).await)? {
        Some(found) => {
            states.extend(
                found
                    .into_iter()
                    .filter_map(|it| Some((it.endpoint.clone()?.to_ascii_lowercase(), it))),
            );
        }
        None => {
            for some in endpoints.chunks(SIDE_BY_SIDE) {
                let reads = some.iter().map(|it| async move {
                    let state = optional(rmm.api.state(&it.id, Lane::Background).await)?;
                    Ok::<_, CallError>((it.id.to_ascii_lowercase(), state))
                });
                for (id, state) in try_join_all(reads).await? {
                    states.extend(state.map(|state| (id, state.said)));
                }
            }
        }
    }
    Ok((beats, states))
}

/// What this tenant does not serve, or this key may not read, is left out.
fn optional<T>(read: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(
            error @ (CallError::NotFound { .. }
            | CallError::MissingScope { .. }
            | CallError::Refused { .. }),
        ) => {
            debug!(error = %error, "left out of the sync");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn device(
    endpoint: Endpoint,
    beats: &HashMap<String, Beat>,
    states: &HashMap<String, State>,
    now: Timestamp,
) -> Option<Device> {
    let key = endpoint.id.to_ascii_lowercase();
    let beat = beats.get(&key);
    let log_ons: Vec<LogOn> = states.get(&key).map(State::log_ons).unwrap_or_default();
    Some(Device {
        id: ids::device(&endpoint.id),
        name: endpoint.host.clone().unwrap_or_else(|| endpoint.id.clone()),
        client: ids::client(endpoint.company.as_deref()?),
        site: endpoint.site.as_deref().map(ids::site),
        class: endpoint.class(),
        friendly_name: endpoint.friendly,
        os: endpoint.os,
        model: endpoint.model,
        serial: endpoint.serial,
        bios_uuid: None,
        rmm: Some(Pathway {
            id: endpoint.id,
            online: beat.and_then(|it| it.online),
            seen_at: beat.and_then(|it| it.seen_at),
        }),
        automate: None,
        control: None,
        log_ons,
        read_at: now,
    })
}
