//! States, usage, heartbeats and patches.

use countersign::ports::CallError;
use serde_json::Value;

use super::companies::segment;
use super::{COMPANIES_PER_CALL, json};
use crate::client::{Ask, Client, Family, Lane, Scope};
use crate::wire::{Beat, Json, State};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UsageOf {
    Cpu,
    Memory,
    Disk,
}

impl UsageOf {
    fn path(self) -> &'static str {
        match self {
            Self::Cpu => "cpu-usage",
            Self::Memory => "memory-usage",
            Self::Disk => "disk-usage",
        }
    }
}

impl Client {
    pub(crate) async fn state(&self, endpoint: &str, lane: Lane) -> Result<Value, CallError> {
        let id = segment(endpoint)?;
        let make = |version: crate::client::Version| {
            let path =
                format!("/api/platform/{}/device/endpoints/{id}/system-state-info", version.key());
            Ask::get(path, Scope::Devices, "the state of this device")
        };
        let (ask, reply) = self.versioned(Family::State, lane, make).await?;
        json(&reply.ok(&ask)?, &ask)
    }

    /// v2 only.
    pub(crate) async fn usage(&self, endpoint: &str, of: UsageOf) -> Result<Value, CallError> {
        let id = segment(endpoint)?;
        let path = format!("/api/platform/v2/device/endpoints/{id}/{}", of.path());
        self.object(Ask::get(path, Scope::Devices, of.path().replace('-', " ")), Lane::Person).await
    }

    /// Who of at most four companies' endpoints answers.
    pub(crate) async fn heartbeat(
        &self,
        companies: &[String],
        lane: Lane,
    ) -> Result<Vec<Beat>, CallError> {
        let records = self.bulk("heartbeat", companies, lane).await?;
        Ok(records.iter().filter_map(Beat::read).collect())
    }

    /// The states of at most four companies' endpoints.
    pub(crate) async fn states(
        &self,
        companies: &[String],
        lane: Lane,
    ) -> Result<Vec<State>, CallError> {
        let records = self.bulk("systemstate", companies, lane).await?;
        Ok(records.iter().map(State::read).collect())
    }

    async fn bulk(
        &self,
        what: &'static str,
        companies: &[String],
        lane: Lane,
    ) -> Result<Vec<Value>, CallError> {
        debug_assert!(companies.len() <= COMPANIES_PER_CALL);
        let path = format!("/api/platform/v2/device/endpoints/{what}");
        let ask = Ask::get(path, Scope::Devices, format!("the {what} of a company"))
            .with("resourceType", "companies")
            .with("resources", companies.join(","));
        let value = self.object(ask, lane).await?;
        let records = Json(&value).items("successfulRecords").collect::<Vec<_>>();
        Ok(records.iter().flat_map(|it| it.items("endpoints")).map(|it| it.0.clone()).collect())
    }

    /// 404: there is no patch data of this endpoint.
    pub(crate) async fn patches(&self, endpoint: &str) -> Result<Value, CallError> {
        let id = segment(endpoint)?;
        let make = |version: crate::client::Version| {
            let path = format!("/api/platform/{}/patching/{id}/patches", version.key());
            Ask::get(path, Scope::Patching, "the patches of this device")
        };
        let (ask, reply) = self.versioned(Family::Patches, Lane::Person, make).await?;
        match reply.ok(&ask) {
            // Here, documented, 401 is not about the token.
            Err(CallError::Credentials { detail, .. }) => Err(crate::client::refused(format!(
                "this tenant does not have patching ({detail})"
            ))),
            reply => json(&reply?, &ask),
        }
    }
}
