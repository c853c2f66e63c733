//! The calls of the product, one function each, with their paths and oddities.
//!
//! Source: partner OpenAPI file of 2025 (v1) and what is known of v2; see the names of the scopes. Nothing
//! here decides anything: records in, records out.

use std::sync::atomic::{AtomicU8, Ordering};

use countersign::ports::CallError;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{
    Ask, Client, Family, Lane, Repeat, Reply, Scope, Version, refused, unreadable,
};
use crate::ids::is_segment;
use crate::wire::{
    Beat, Company, Composite, Endpoint, EndpointRow, Instance, Json, Named, Patches, ShellScript,
    Site, State, TaskLine, Ticket, Usage, list,
};

/// Ids that one v2 call may name; more were refused by a live tenant.
pub(crate) const COMPANIES_PER_CALL: usize = 4;

const ROOT: &str = "/api/platform";

/// How the v2 device list wants to be asked; found out once.
#[derive(Debug, Default)]
pub(crate) struct ListMode(AtomicU8);

const UNKNOWN: u8 = 0;
const POST: u8 = 1;
const GET_WITH_BODY: u8 = 2;
const V1_ONLY: u8 = 3;

pub(crate) struct Api {
    pub(crate) client: Client,
    list_mode: ListMode,
}

/// A raw answer and what it says.
pub(crate) struct Read<T> {
    pub(crate) raw: Value,
    pub(crate) said: T,
}

impl Api {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, list_mode: ListMode::default() }
    }

    async fn get(&self, ask: &Ask, lane: Lane) -> Result<Value, CallError> {
        let reply = self.client.send(ask, lane).await?.ok(ask)?;
        parse(ask, &reply)
    }

    /// All items of a list call, over its pages.
    async fn items(&self, ask: &Ask, names: &[&str], lane: Lane) -> Result<Vec<Value>, CallError> {
        let mut items = Vec::new();
        for page in self.client.pages(ask, lane).await? {
            let value = parse(ask, &page)?;
            items.extend(list(value, names).ok_or_else(|| unreadable(ask, "it holds no list"))?);
        }
        Ok(items)
    }

    // --- companies

    pub(crate) async fn companies(&self, lane: Lane) -> Result<Read<Vec<Company>>, CallError> {
        let ask =
            Ask::get(format!("{ROOT}/v1/company/companies"), Scope::Companies, "the companies");
        let raw = self.items(&ask, &["companies"], lane).await?;
        Ok(Read { said: raw.iter().filter_map(Company::read).collect(), raw: Value::Array(raw) })
    }

    pub(crate) async fn company(&self, id: &str) -> Result<Read<Company>, CallError> {
        let path = format!("{ROOT}/v1/company/companies/{}", segment(id)?);
        let ask = Ask::get(path, Scope::Companies, "this company");
        let raw = self.get(&ask, Lane::Person).await?;
        let said = Company::read(&raw).ok_or_else(|| unreadable(&ask, "it is no company"))?;
        Ok(Read { raw, said })
    }

    /// Sites of one company, or of all.
    pub(crate) async fn sites(
        &self,
        company: Option<&str>,
        lane: Lane,
    ) -> Result<Read<Vec<Site>>, CallError> {
        let path = match company {
            None => format!("{ROOT}/v1/company/sites"),
            Some(id) => format!("{ROOT}/v1/company/companies/{}/sites", segment(id)?),
        };
        let ask = Ask::get(path, Scope::Sites, "the sites");
        let raw = self.items(&ask, &["sites"], lane).await?;
        Ok(Read { said: raw.iter().filter_map(Site::read).collect(), raw: Value::Array(raw) })
    }

    pub(crate) async fn groups(&self) -> Result<Vec<Value>, CallError> {
        let ask = Ask::get(format!("{ROOT}/v1/device-groups"), Scope::Groups, "the device groups");
        self.items(&ask, &["groups"], Lane::Person).await
    }

    // --- devices

    /// Endpoints of up to [`COMPANIES_PER_CALL`] companies, with names where v2 is served; v1 knows ids only.
    pub(crate) async fn endpoints(
        &self,
        companies: &[String],
        lane: Lane,
    ) -> Result<Vec<Endpoint>, CallError> {
        if self.list_mode.0.load(Ordering::Relaxed) != V1_ONLY {
            match self.endpoints_v2("company", companies, lane).await {
                Ok(endpoints) => return Ok(endpoints),
                Err(error) if !moved(&error) => return Err(error),
                Err(_) => self.list_mode.0.store(V1_ONLY, Ordering::Relaxed),
            }
        }
        let mut endpoints = Vec::new();
        for company in companies {
            let path = format!("{ROOT}/v1/device/clients/{}/endpoints", segment(company)?);
            let ask = Ask::get(path, Scope::Assets, "the devices");
            let items = self.items(&ask, &["endpoints"], lane).await?;
            endpoints.extend(items.iter().filter_map(|it| {
                let mut endpoint = Endpoint::read(it, None)?;
                endpoint.company.get_or_insert_with(|| company.clone());
                Some(endpoint)
            }));
        }
        Ok(endpoints)
    }

    /// POST as documented, or GET with a body as a live tenant wanted; whichever works first is kept.
    async fn endpoints_v2(
        &self,
        kind: &str,
        ids: &[String],
        lane: Lane,
    ) -> Result<Vec<Endpoint>, CallError> {
        let make = |method: Method| {
            let path = format!("{ROOT}/v2/device/categories/platform/endpoints");
            let mut ask = Ask::get(path, Scope::Devices, "the devices")
                .with("limit", "500")
                .with("cursor", "0")
                .with("field", "system,os");
            ask.method = method;
            ask.body = Some(json!({ "resourceType": kind, "resources": ids }));
            ask.repeat = Repeat::Safe;
            ask
        };
        let modes: &[(u8, Method)] = match self.list_mode.0.load(Ordering::Relaxed) {
            GET_WITH_BODY => &[(GET_WITH_BODY, Method::GET)],
            POST => &[(POST, Method::POST)],
            _ => &[(POST, Method::POST), (GET_WITH_BODY, Method::GET)],
        };
        let mut last = None;
        for (mode, method) in modes {
            let ask = make(method.clone());
            let reply = self.client.send(&ask, lane).await?;
            // A 404 with a body of the product is "no devices"; a 405 or 400 is the wrong verb.
            if matches!(reply.status, 400 | 405) && modes.len() > 1 {
                last = Some((ask, reply));
                continue;
            }
            if reply.status == 404 && is_said_by_the_product(&reply) {
                return Ok(Vec::new());
            }
            let pages = self.client.following(reply.ok(&ask)?, &ask, lane).await?;
            if self.list_mode.0.load(Ordering::Relaxed) == UNKNOWN {
                self.list_mode.0.store(*mode, Ordering::Relaxed);
            }
            let mut endpoints = Vec::new();
            for page in &pages {
                endpoints.extend(grouped(&parse(&ask, page)?));
            }
            return Ok(endpoints);
        }
        match last {
            Some((ask, reply)) => reply.ok(&ask).map(|_| Vec::new()),
            None => Ok(Vec::new()),
        }
    }

    /// One endpoint in detail. v1 by its id alone; where v1 is gone, its line of the v2 list.
    pub(crate) async fn endpoint(&self, id: &str, lane: Lane) -> Result<Read<Endpoint>, CallError> {
        let path = format!("{ROOT}/v1/device/endpoints/{}", segment(id)?);
        let ask = Ask::get(path, Scope::Assets, "this device");
        let first = if self.client.versions.known(Family::Device) == Some(Version::V2) {
            Err(CallError::NotFound { product: crate::client::PRODUCT, what: ask.what.clone() })
        } else {
            self.get(&ask, lane).await
        };
        match first {
            Ok(raw) => {
                self.client.versions.settle(Family::Device, Version::V1);
                let said = Endpoint::read(&raw, None)
                    .ok_or_else(|| unreadable(&ask, "it is no device"))?;
                Ok(Read { raw, said })
            }
            Err(error) if moved(&error) => {
                let found = self.endpoints_v2("endpoint", &[id.to_owned()], lane).await;
                let said = found
                    .ok()
                    .and_then(|all| all.into_iter().find(|it| it.id == id))
                    .ok_or(error)?;
                let raw = json!({ "endpointID": said.id, "deviceName": said.host });
                Ok(Read { raw, said })
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn state(&self, id: &str, lane: Lane) -> Result<Read<State>, CallError> {
        let id = segment(id)?;
        let (ask, reply) = self
            .client
            .versioned(Family::State, lane, |version| {
                let path =
                    format!("{ROOT}/{}/device/endpoints/{id}/system-state-info", version.key());
                Ask::get(path, Scope::Devices, "the state of this device")
            })
            .await?;
        let raw = parse(&ask, &reply.ok(&ask)?)?;
        Ok(Read { said: State::read(&raw), raw })
    }

    /// `part`: `cpu-usage`, `memory-usage` or `disk-usage`.
    pub(crate) async fn usage(&self, id: &str, part: &str) -> Result<Read<Usage>, CallError> {
        let path = format!("{ROOT}/v2/device/endpoints/{}/{part}", segment(id)?);
        let ask = Ask::get(
            path,
            Scope::Devices,
            format!("the {} of this device", part.replace('-', " ")),
        );
        let raw = self.get(&ask, Lane::Person).await?;
        Ok(Read { said: Usage::read(&raw), raw })
    }

    pub(crate) async fn heartbeat(
        &self,
        companies: &[String],
        lane: Lane,
    ) -> Result<Vec<Beat>, CallError> {
        let records = self.by_company("heartbeat", companies, lane).await?;
        Ok(records.iter().filter_map(Beat::read).collect())
    }

    pub(crate) async fn states(
        &self,
        companies: &[String],
        lane: Lane,
    ) -> Result<Vec<State>, CallError> {
        let records = self.by_company("systemstate", companies, lane).await?;
        Ok(records.iter().map(State::read).collect())
    }

    async fn by_company(
        &self,
        part: &str,
        companies: &[String],
        lane: Lane,
    ) -> Result<Vec<Value>, CallError> {
        let ask = Ask::get(
            format!("{ROOT}/v2/device/endpoints/{part}"),
            Scope::Devices,
            "the devices' states",
        )
        .with("resourceType", "companies")
        .with("resources", companies.join(","));
        let mut found = Vec::new();
        for page in self.client.pages(&ask, lane).await? {
            let value = parse(&ask, &page)?;
            for record in Json(&value).items("successfulRecords") {
                found.extend(record.items("endpoints").map(|it| it.0.clone()));
            }
        }
        Ok(found)
    }

    pub(crate) async fn patches(&self, id: &str) -> Result<Read<Patches>, CallError> {
        let id = segment(id)?;
        let (ask, reply) = self
            .client
            .versioned(Family::Patches, Lane::Person, |version| {
                let path = format!("{ROOT}/{}/patching/{id}/patches", version.key());
                Ask::get(path, Scope::Patching, "patch data of this device")
            })
            .await?;
        let raw = parse(&ask, &reply.ok(&ask)?)?;
        Ok(Read { said: Patches::read(&raw), raw })
    }

    // --- automation

    pub(crate) async fn composites(&self) -> Result<Read<Vec<Composite>>, CallError> {
        let ask =
            Ask::get(format!("{ROOT}/v1/automation/scripts"), Scope::AutomationRead, "the scripts");
        let raw = self.items(&ask, &["scripts"], Lane::Person).await?;
        Ok(Read { said: raw.iter().filter_map(Composite::read).collect(), raw: Value::Array(raw) })
    }

    pub(crate) async fn shell_scripts(
        &self,
        lane: Lane,
    ) -> Result<Read<Vec<ShellScript>>, CallError> {
        let path = format!("{ROOT}/v1/automation/shellScripts");
        let ask = Ask::get(path, Scope::AutomationRead, "the shell scripts");
        let raw = self.items(&ask, &["templates"], lane).await?;
        Ok(Read {
            said: raw.iter().filter_map(ShellScript::read).collect(),
            raw: Value::Array(raw),
        })
    }

    pub(crate) async fn tasks(&self) -> Result<Vec<Value>, CallError> {
        let ask =
            Ask::get(format!("{ROOT}/v1/automation/tasks"), Scope::AutomationRead, "the tasks");
        self.items(&ask, &["tasks"], Lane::Person).await
    }

    /// Task summaries of the tenant or of one endpoint, newest first.
    pub(crate) async fn summaries(
        &self,
        endpoint: Option<&str>,
        since: Option<Timestamp>,
    ) -> Result<Read<Vec<TaskLine>>, CallError> {
        let path = match endpoint {
            None => format!("{ROOT}/v1/automation/tasks/summary"),
            Some(id) => format!("{ROOT}/v1/automation/endpoints/{}/tasks/summary", segment(id)?),
        };
        let mut ask = Ask::get(path, Scope::AutomationRead, "the task summary");
        if let Some(since) = since {
            let until = self.client.now() + jiff::SignedDuration::from_mins(5);
            ask = ask.with("From", seconds(since)).with("To", seconds(until));
        }
        let raw = self.items(&ask, &["tasks", "summary", "results"], Lane::Person).await?;
        let mut said: Vec<TaskLine> = raw.iter().filter_map(TaskLine::read).collect();
        said.sort_by_key(|it| std::cmp::Reverse(it.created_at));
        Ok(Read { raw: Value::Array(raw), said })
    }

    /// Executions of a task, newest first; none for a moment after it was scheduled.
    pub(crate) async fn instances(&self, task: &str) -> Result<Vec<Instance>, CallError> {
        let path = format!("{ROOT}/v1/automation/tasks/{}/instances/summary", segment(task)?);
        let ask = Ask::get(path, Scope::AutomationRead, "this task");
        let raw = self.items(&ask, &["results"], Lane::Person).await?;
        let mut instances: Vec<Instance> = raw.iter().filter_map(Instance::read).collect();
        instances.sort_by_key(|it| std::cmp::Reverse(it.created_at));
        Ok(instances)
    }

    pub(crate) async fn results(
        &self,
        task: &str,
        instance: &str,
    ) -> Result<Read<Vec<EndpointRow>>, CallError> {
        let (task, instance) = (segment(task)?, segment(instance)?);
        let path = format!("{ROOT}/v1/automation/tasks/{task}/instances/{instance}/results");
        let ask = Ask::get(path, Scope::AutomationRead, "the results of this task");
        let raw = self.items(&ask, &["result", "results"], Lane::Person).await?;
        Ok(Read {
            said: raw.iter().filter_map(EndpointRow::read).collect(),
            raw: Value::Array(raw),
        })
    }

    /// Schedules; the answer as it came. Sent once.
    pub(crate) async fn schedule(&self, body: &Value) -> Result<(Ask, Reply), CallError> {
        self.client
            .versioned(Family::Schedule, Lane::Person, |version| {
                let path = format!("{ROOT}/{}/automation/endpoints/schedule-tasks", version.key());
                Ask::post(path, Scope::AutomationCreate, body.clone(), "this task")
            })
            .await
    }

    // --- tickets

    /// Tickets that fit `filters`, at most `limit`, newest first, and how many there are in all.
    pub(crate) async fn tickets(
        &self,
        filters: &[(&'static str, String)],
        limit: usize,
    ) -> Result<(Read<Vec<Ticket>>, i64), CallError> {
        let (ask, reply) = self
            .client
            .versioned(Family::Tickets, Lane::Person, |version| {
                let path = format!("{ROOT}/{}/service/ticketing/tickets", version.key());
                let mut ask = Ask::get(path, Scope::TicketsRead, "the tickets")
                    .with("pageSize", limit.to_string())
                    .with("pageNum", "1");
                ask.query.extend(filters.iter().cloned());
                ask
            })
            .await?;
        // "None" is 404 on some tenants.
        if reply.status == 404 && is_said_by_the_product(&reply) {
            return Ok((
                Read { raw: json!({"tickets": [], "totalCount": 0}), said: Vec::new() },
                0,
            ));
        }
        let raw = parse(&ask, &reply.ok(&ask)?)?;
        let said: Vec<Ticket> =
            Json(&raw).items("tickets").filter_map(|it| Ticket::read(it.0)).collect();
        let total =
            Json(&raw).int_of(&["totalCount"]).unwrap_or(i64::try_from(said.len()).unwrap_or(0));
        Ok((Read { raw, said }, total))
    }

    pub(crate) async fn ticket(&self, id: &str) -> Result<Read<Ticket>, CallError> {
        let id = segment(id)?;
        let (ask, reply) = self
            .client
            .versioned(Family::Tickets, Lane::Person, |version| {
                let path = format!("{ROOT}/{}/service/ticketing/tickets/{id}", version.key());
                Ask::get(path, Scope::TicketsRead, "this ticket")
            })
            .await?;
        let raw = parse(&ask, &reply.ok(&ask)?)?;
        let said = Ticket::read(&raw).ok_or_else(|| unreadable(&ask, "it is no ticket"))?;
        Ok(Read { raw, said })
    }

    /// Creates; the answer as it came. Sent once.
    pub(crate) async fn create_ticket(&self, body: &Value) -> Result<Ticket, CallError> {
        let (ask, reply) = self
            .client
            .versioned(Family::Tickets, Lane::Person, |version| {
                let path = format!("{ROOT}/{}/service/ticketing/tickets", version.key());
                Ask::post(path, Scope::TicketsCreate, body.clone(), "this ticket")
            })
            .await?;
        let raw = parse(&ask, &reply.ok(&ask)?)?;
        Ticket::read(&raw).ok_or_else(|| unreadable(&ask, "it is no ticket"))
    }

    /// Words that tickets are made of: `service-boards`, `sources`, `priorities`, `statuses`.
    pub(crate) async fn words(&self, kind: &str) -> Result<Vec<Named>, CallError> {
        let path = format!("{ROOT}/v1/service/ticketing/{kind}");
        let ask = Ask::get(
            path,
            Scope::TicketsRead,
            format!("the {} of tickets", kind.replace('-', " ")),
        );
        let raw = self.items(&ask, &[kind], Lane::Person).await?;
        Ok(raw.iter().filter_map(Named::read).collect())
    }
}

/// The path may live elsewhere, or this key may not use it here.
fn moved(error: &CallError) -> bool {
    match error {
        CallError::NotFound { .. } | CallError::MissingScope { .. } | CallError::Refused { .. } => {
            true
        }
        CallError::Throttled { .. }
        | CallError::Credentials { .. }
        | CallError::Locked { .. }
        | CallError::Unreachable { .. }
        | CallError::Unanswered { .. }
        | CallError::Failed { .. } => false,
    }
}

/// A 404 of the product has a body that says what was not found; one of the gateway says "no such route".
fn is_said_by_the_product(reply: &Reply) -> bool {
    let text = String::from_utf8_lossy(&reply.body).to_ascii_lowercase();
    !text.contains("route") && !text.contains("path") && text.trim_start().starts_with(['{', '['])
}

/// The endpoints of a v2 list: one array of groups per category.
fn grouped(value: &Value) -> Vec<Endpoint> {
    let Some(categories) = value.as_object() else { return Vec::new() };
    let groups = categories.values().filter_map(Value::as_array).flatten();
    let of_group = |group: &Value| {
        let group = Json(group);
        group
            .items("endpoints")
            .filter_map(|it| Endpoint::read(it.0, Some(group)))
            .collect::<Vec<_>>()
    };
    groups.flat_map(of_group).collect()
}

fn parse(ask: &Ask, reply: &Reply) -> Result<Value, CallError> {
    serde_json::from_slice(&reply.body).map_err(|_| unreadable(ask, "is cut off or no JSON"))
}

/// An id that may stand in a path.
fn segment(id: &str) -> Result<&str, CallError> {
    if is_segment(id) {
        Ok(id)
    } else {
        Err(refused(format!("“{}” is no id", countersign::words::cut(id, 60))))
    }
}

fn seconds(time: Timestamp) -> String {
    format!("{time:.0}")
}
