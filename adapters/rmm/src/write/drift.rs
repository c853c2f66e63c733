//! Right before a write: are devices and script still what they were when the plan was made?

use countersign::plan::{Call, Target};
use countersign::ports::{CallError, Drift};
use futures::future::try_join_all;

use crate::Rmm;
use crate::client::Lane;
use crate::ids;

/// Reads under way at once.
const SIDE_BY_SIDE: usize = 4;

/// Devices that are read one by one; a call on more is checked by company lists, which cost less.
const SINGLY_MAX: usize = 20;

pub(crate) async fn drift(rmm: &Rmm, call: &Call) -> Result<Option<Drift>, CallError> {
    if let Some(script) = &call.script {
        let scripts = rmm.api.shell_scripts(Lane::Person).await?.said;
        match scripts.into_iter().find(|it| it.id == script.id) {
            None => return Ok(Some(Drift(format!("the script “{}” is gone", script.name)))),
            Some(now) if !now.is_active() => {
                return Ok(Some(Drift(format!("the script “{}” was deactivated", script.name))));
            }
            Some(now) if now.content != script.content => {
                let when = now
                    .updated_at
                    .map(|at| format!(" (last change {})", countersign::words::at(at)));
                let text = format!(
                    "the script “{}” was edited since this was asked{}",
                    script.name,
                    when.unwrap_or_default()
                );
                return Ok(Some(Drift(text)));
            }
            Some(_) => {}
        }
    }
    if call.targets.len() <= SINGLY_MAX {
        for some in call.targets.chunks(SIDE_BY_SIDE) {
            let drifts = try_join_all(some.iter().map(|target| device(rmm, target))).await?;
            if let Some(drift) = drifts.into_iter().flatten().next() {
                return Ok(Some(drift));
            }
        }
        return Ok(None);
    }
    by_company(rmm, &call.targets).await
}

async fn device(rmm: &Rmm, target: &Target) -> Result<Option<Drift>, CallError> {
    let Some(endpoint) = target.rmm.as_deref() else {
        return Ok(Some(Drift(format!("{} has no agent any more", target.label()))));
    };
    match rmm.api.endpoint(endpoint, Lane::Person).await {
        Ok(read) => Ok(changed(target, &read.said)),
        Err(CallError::NotFound { .. }) => Ok(Some(Drift(format!(
            "{} is not known to the product any more; it may have been reinstalled",
            target.label()
        )))),
        Err(error) => Err(error),
    }
}

fn changed(target: &Target, now: &crate::wire::Endpoint) -> Option<Drift> {
    if now.host.is_some() && !now.is_named(&target.name) {
        let host = now.host.as_deref().unwrap_or_default();
        return Some(Drift(format!("{} is now called {host}", target.label())));
    }
    let company = now.company.as_deref().map(ids::client);
    if company.is_some_and(|company| company != target.client) {
        return Some(Drift(format!("{} now belongs to another client", target.label())));
    }
    None
}

async fn by_company(rmm: &Rmm, targets: &[Target]) -> Result<Option<Drift>, CallError> {
    let mut companies: Vec<String> = targets
        .iter()
        .filter_map(|target| ids::company_of(&target.client).map(str::to_owned))
        .collect();
    companies.sort();
    companies.dedup();
    let mut known = std::collections::HashMap::new();
    for some in companies.chunks(crate::api::COMPANIES_PER_CALL) {
        for endpoint in rmm.api.endpoints(some, Lane::Person).await? {
            known.insert(endpoint.id.clone(), endpoint);
        }
    }
    let one = |target: &Target| match target.rmm.as_ref().and_then(|id| known.get(id)) {
        None => Some(Drift(format!("{} is not known to the product any more", target.label()))),
        Some(now) => changed(target, now),
    };
    Ok(targets.iter().find_map(one))
}
