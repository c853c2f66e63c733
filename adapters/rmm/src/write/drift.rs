//! Is everything still as it was when the plan was made? Asked right before a write goes out.

use std::collections::HashMap;

use countersign::plan::{Call, Target};
use countersign::ports::{CallError, Drift};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::api::COMPANIES_PER_CALL;
use crate::client::Lane;
use crate::names::Names;
use crate::rmm::Rmm;
use crate::show::utc;
use crate::wire::Endpoint;

/// Devices that are read one by one; more are read through the lists of their companies.
const ONE_BY_ONE_MAX: usize = 10;

/// Calls under way at once.
const AT_ONCE: usize = 4;

impl Rmm {
    /// What differs, in words, the first difference only; `None`: nothing.
    ///
    /// - Compares existence, host name and company of each device, and everything published of the script.
    /// - Costs a request per device up to ten, one per four companies beyond; one for the script.
    pub(crate) async fn find_drift(&self, call: &Call) -> Result<Option<Drift>, CallError> {
        if let Some(difference) = self.script_drift(call).await? {
            return Ok(Some(Drift(difference)));
        }
        let names = self.names().await;
        let now = self.endpoints_now(call, &names).await?;
        let difference = call.targets.iter().find_map(|target| {
            let id = target.rmm.as_deref()?;
            device_drift(target, now.get(id), &names)
        });
        Ok(difference.map(Drift))
    }

    async fn script_drift(&self, call: &Call) -> Result<Option<String>, CallError> {
        let Some(script) = &call.script else { return Ok(None) };
        let scripts = self.fresh_shell_scripts().await?;
        let Some(now) = scripts.iter().find(|it| it.id == script.id) else {
            return Ok(Some(format!("the script {} is gone from ConnectWise RMM", script.name)));
        };
        if !now.is_active() {
            return Ok(Some(format!("the script {} is not active any more", script.name)));
        }
        if now.content != script.content {
            return Ok(Some(match now.updated_at {
                Some(at) => format!("the script {} was edited, last on {}", script.name, utc(at)),
                None => format!("the script {} was edited", script.name),
            }));
        }
        Ok(None)
    }

    async fn endpoints_now(
        &self,
        call: &Call,
        names: &Names,
    ) -> Result<HashMap<String, Endpoint>, CallError> {
        let ids: Vec<String> = call.targets.iter().filter_map(|it| it.rmm.clone()).collect();
        if ids.len() > ONE_BY_ONE_MAX
            && let Some(listed) = self.listed_now(call, names).await?
        {
            return Ok(listed);
        }
        stream::iter(ids)
            .map(|id| async move {
                match self.client.endpoint(&id, Lane::Person).await {
                    Ok((endpoint, _)) => Ok(Some((id, endpoint))),
                    Err(CallError::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_filter_map(|it| async move { Ok(it) })
            .try_collect()
            .await
    }

    /// The endpoints of the companies of the call; `None` when those are unknown or lists have no names.
    async fn listed_now(
        &self,
        call: &Call,
        names: &Names,
    ) -> Result<Option<HashMap<String, Endpoint>>, CallError> {
        let mut companies = Vec::new();
        for target in &call.targets {
            match names.company_behind(&target.client) {
                Some(id) if !companies.contains(&id) => companies.push(id),
                Some(_) => {}
                None => return Ok(None),
            }
        }
        let mut endpoints = HashMap::new();
        for four in companies.chunks(COMPANIES_PER_CALL) {
            let Some(listed) = self.client.endpoints_v2("company", four, Lane::Person).await?
            else {
                return Ok(None);
            };
            endpoints.extend(listed.into_iter().map(|(it, _)| (it.id.clone(), it)));
        }
        Ok(Some(endpoints))
    }
}

fn device_drift(target: &Target, now: Option<&Endpoint>, names: &Names) -> Option<String> {
    let label = target.label();
    let Some(now) = now else {
        return Some(format!(
            "{label} is not in ConnectWise RMM any more, or its agent was installed anew"
        ));
    };
    if !now.is_named(&target.name)
        && let Some(host) = &now.host
    {
        return Some(format!("{label} is called {host} now"));
    }
    let company = names.company_behind(&target.client)?;
    let company_now = now.company.as_ref().filter(|it| **it != company)?;
    let name = names.company(company_now).unwrap_or("another company");
    Some(format!("{label} belongs to {name} now"))
}
