//! Companies, sites and device groups: v1 everywhere.

use countersign::ports::CallError;
use serde_json::Value;

use crate::client::{Ask, Client, Lane, Scope, refused};
use crate::ids::is_segment;

impl Client {
    pub(crate) async fn companies(&self, lane: Lane) -> Result<Vec<Value>, CallError> {
        let ask = Ask::get("/api/platform/v1/company/companies", Scope::Companies, "the companies");
        self.list(ask, lane, &["companies"]).await
    }

    pub(crate) async fn company(&self, id: &str) -> Result<Value, CallError> {
        let path = format!("/api/platform/v1/company/companies/{}", segment(id)?);
        self.object(Ask::get(path, Scope::Companies, "this company"), Lane::Person).await
    }

    /// Sites of all companies, or of one.
    pub(crate) async fn sites(
        &self,
        company: Option<&str>,
        lane: Lane,
    ) -> Result<Vec<Value>, CallError> {
        let path = match company {
            None => "/api/platform/v1/company/sites".to_owned(),
            Some(id) => format!("/api/platform/v1/company/companies/{}/sites", segment(id)?),
        };
        self.list(Ask::get(path, Scope::Sites, "the sites"), lane, &["sites"]).await
    }

    pub(crate) async fn groups(&self) -> Result<Vec<Value>, CallError> {
        let ask = Ask::get("/api/platform/v1/device-groups", Scope::Groups, "the device groups");
        self.list(ask, Lane::Person, &["deviceGroups", "groups"]).await
    }
}

/// An id that may stand in a path.
pub(super) fn segment(id: &str) -> Result<&str, CallError> {
    if is_segment(id) { Ok(id) } else { Err(refused(format!("“{id}” is no id"))) }
}
