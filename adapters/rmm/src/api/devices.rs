//! Device lists and details, on v1 and v2.
//!
//! Lists on v1 have no host names; lists on v2 have them, for at most four companies a call. Which verb v2
//! wants differs by region (documented: POST; seen in Australia: GET with a body), so the first one that
//! works is kept.

use std::sync::atomic::{AtomicU8, Ordering};

use countersign::ports::CallError;
use reqwest::Method;
use serde_json::{Value, json};

use super::COMPANIES_PER_CALL;
use super::companies::segment;
use crate::client::{Ask, Client, Family, Lane, PRODUCT, Scope, Version};
use crate::wire::{Endpoint, Json};

/// An endpoint with the record it was read from.
pub(crate) type Listed = (Endpoint, Value);

/// Endpoints of one page of the v2 list; the most that was seen to work.
const PAGE: &str = "500";

/// What the v2 list is asked for. The type is asked for too where the product lets us.
const FIELDS_WIDE: &str = "system,os,endpointType";
const FIELDS: &str = "system,os";

const DETAIL_FIELDS: &str = "deviceName,friendlyName,resourceType,endpointType,ipAddress,macAddress,os,system,baseboard,bios,antiViruses";

/// How the v2 list is asked for, in the order of trying. The index plus one is kept once it works.
const FORMS: [(Method, &str); 4] = [
    (Method::POST, FIELDS_WIDE),
    (Method::GET, FIELDS_WIDE),
    (Method::POST, FIELDS),
    (Method::GET, FIELDS),
];

/// This tenant has no v2 list.
const ABSENT: u8 = 5;

/// What was found out about the v2 list on this connection. 0: nothing yet.
#[derive(Debug, Default)]
pub(crate) struct ListForm(AtomicU8);

impl ListForm {
    fn known(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    fn keep(&self, form: u8) {
        self.0.store(form, Ordering::Relaxed);
    }
}

impl Client {
    /// Endpoints as v1 lists them, without names: all, of a company, or of one of its sites.
    pub(crate) async fn endpoints_v1(
        &self,
        company: Option<&str>,
        site: Option<&str>,
        lane: Lane,
    ) -> Result<Vec<Listed>, CallError> {
        let path = match (company, site) {
            (Some(company), Some(site)) => {
                format!("/clients/{}/sites/{}/endpoints", segment(company)?, segment(site)?)
            }
            (Some(company), None) => format!("/clients/{}/endpoints", segment(company)?),
            (None, _) => "/endpoints".to_owned(),
        };
        let ask = Ask::get(format!("/api/platform/v1/device{path}"), Scope::Assets, "the devices");
        let items = self.list(ask, lane, &["endpoints"]).await?;
        let read = |value: Value| Some((Endpoint::read(&value, None)?, value));
        Ok(items.into_iter().filter_map(read).collect())
    }

    /// Endpoints as v2 lists them, with names.
    ///
    /// - Takes `company`, `site` or `endpoint` and at most [`COMPANIES_PER_CALL`] ids.
    /// - Gives `None` when v2 is not offered, or, before it ever answered, when it may be and has nothing.
    /// - Costs a request per 500 endpoints; up to three more the first time.
    pub(crate) async fn endpoints_v2(
        &self,
        kind: &str,
        ids: &[String],
        lane: Lane,
    ) -> Result<Option<Vec<Listed>>, CallError> {
        debug_assert!(ids.len() <= COMPANIES_PER_CALL);
        let known = self.list_form.known();
        if known == ABSENT {
            return Ok(None);
        }
        let mut refusal = None;
        for (number, (method, fields)) in (1_u8..).zip(&FORMS) {
            if known != 0 && known != number {
                continue;
            }
            // Fewer fields help only against "bad request".
            if number > 2 && known == 0 && refusal.is_none() {
                break;
            }
            let mut ask = Ask::get(
                "/api/platform/v2/device/categories/platform/endpoints",
                Scope::Devices,
                "the devices",
            )
            .with("limit", PAGE)
            .with("cursor", "0")
            .with("field", *fields);
            ask.method = method.clone();
            ask.body = Some(json!({ "resourceType": kind, "resources": ids }));
            let reply = match self.send(&ask, lane).await {
                Err(CallError::MissingScope { .. }) => return Ok(None),
                other => other?,
            };
            match reply.status {
                403 => return Ok(None),
                404 if known != 0 => return Ok(Some(Vec::new())),
                400 => refusal = Some(reply.ok(&ask)),
                404 | 405 | 410 => {}
                _ => {
                    let pages = self.following(reply.ok(&ask)?, &ask, lane).await?;
                    let mut listed = Vec::new();
                    for page in &pages {
                        listed.extend(groups(super::json(page, &ask)?));
                    }
                    self.list_form.keep(number);
                    return Ok(Some(listed));
                }
            }
        }
        match refusal {
            Some(refusal) => refusal.map(|_| None),
            None => Ok(None),
        }
    }

    /// v1 lists endpoints where v2 listed none: v2 is not asked again.
    pub(crate) fn v2_list_is_absent(&self) {
        if self.list_form.known() == 0 {
            self.list_form.keep(ABSENT);
        }
    }

    /// Endpoints of at most four companies, with names where v2 is there. `true`: names are in it.
    pub(crate) async fn endpoints_of(
        &self,
        companies: &[String],
        lane: Lane,
    ) -> Result<(Vec<Listed>, bool), CallError> {
        if let Some(listed) = self.endpoints_v2("company", companies, lane).await? {
            return Ok((listed, true));
        }
        let mut listed = Vec::new();
        for company in companies {
            listed.extend(self.endpoints_v1(Some(company), None, lane).await?);
        }
        if !listed.is_empty() {
            self.v2_list_is_absent();
        }
        // Without endpoints there are no names to miss.
        Ok((listed, false))
    }

    /// One endpoint in full.
    ///
    /// - Fails with `NotFound` when neither version knows it.
    /// - Costs one request on v1; two on v2, which wants company and site in the path.
    pub(crate) async fn endpoint(&self, id: &str, lane: Lane) -> Result<Listed, CallError> {
        let id = segment(id)?;
        let known = self.versions.known(Family::Device);
        let mut first = None;
        if known != Some(Version::V2) {
            let path = format!("/api/platform/v1/device/endpoints/{id}");
            match self.object(Ask::get(path, Scope::Assets, "this device"), lane).await {
                Ok(value) => {
                    self.versions.settle(Family::Device, Version::V1);
                    return Endpoint::read(&value, None).map(|it| (it, value)).ok_or_else(nobody);
                }
                Err(error @ (CallError::NotFound { .. } | CallError::MissingScope { .. }))
                    if known.is_none() =>
                {
                    first = Some(error)
                }
                Err(error) => return Err(error),
            }
        }
        match self.endpoint_v2(id, lane).await? {
            Some(listed) => {
                self.versions.settle(Family::Device, Version::V2);
                Ok(listed)
            }
            None => Err(first.unwrap_or_else(nobody)),
        }
    }

    async fn endpoint_v2(&self, id: &str, lane: Lane) -> Result<Option<Listed>, CallError> {
        let listed = self.endpoints_v2("endpoint", &[id.to_owned()], lane).await?;
        let Some(listed) = listed.and_then(|it| it.into_iter().find(|it| it.0.id == id)) else {
            return Ok(None);
        };
        let (Some(company), Some(site)) = (&listed.0.company, &listed.0.site) else {
            return Ok(Some(listed));
        };
        let path = format!(
            "/api/platform/v2/device/companies/{}/sites/{}/endpoints/{id}",
            segment(company)?,
            segment(site)?
        );
        let ask = Ask::get(path, Scope::Devices, "this device").with("field", DETAIL_FIELDS);
        match self.object(ask, lane).await {
            Ok(value) => {
                let inner = ["platform", "network", "cloud"];
                let inner = Json(&value).any(&inner).map(|it| it.0.clone());
                let group = json!({ "companyID": company, "siteID": site });
                let value = inner.filter(Value::is_object).unwrap_or(value);
                let endpoint = Endpoint::read(&value, Some(Json(&group)));
                Ok(Some(endpoint.map_or(listed, |it| (it, value))))
            }
            // The list knows enough.
            Err(_) => Ok(Some(listed)),
        }
    }
}

fn nobody() -> CallError {
    CallError::NotFound { product: PRODUCT, what: "this device".to_owned() }
}

/// The endpoints in the groups of a v2 page: `{"platform":[{"companyID":…,"siteID":…,"endpoints":[…]}]}`.
fn groups(page: Value) -> Vec<Listed> {
    let mut listed = Vec::new();
    let Value::Object(categories) = page else { return listed };
    for group in categories.values().filter_map(Value::as_array).flatten() {
        let group = Json(group);
        for endpoint in group.items("endpoints") {
            if let Some(read) = Endpoint::read(endpoint.0, Some(group)) {
                listed.push((read, endpoint.0.clone()));
            }
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_endpoints_get_the_company_of_their_group() {
        let page = json!({"platform": [{"companyID": "c1", "siteID": "s1", "endpoints": [{"endpointID": "e1", "deviceName": "A"}, {"deviceName": "no id"}]}], "network": null});
        let listed = groups(page);
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].0.company.as_deref(), Some("c1"));
    }
}
