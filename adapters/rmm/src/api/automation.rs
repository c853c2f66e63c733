//! Scripts, tasks and their results.

use countersign::ports::CallError;
use jiff::Timestamp;
use serde_json::Value;

use super::companies::segment;
use super::json;
use crate::client::{Ask, Client, Family, Lane, Scope};
use crate::wire::Json;

impl Client {
    /// Composite scripts.
    pub(crate) async fn composites(&self) -> Result<Vec<Value>, CallError> {
        let ask =
            Ask::get("/api/platform/v1/automation/scripts", Scope::AutomationRead, "the scripts");
        self.list(ask, Lane::Person, &["scripts"]).await
    }

    pub(crate) async fn shell_scripts(&self, lane: Lane) -> Result<Vec<Value>, CallError> {
        let path = "/api/platform/v1/automation/shellScripts";
        let ask = Ask::get(path, Scope::AutomationRead, "the shell scripts");
        self.list(ask, lane, &["Templates", "shellScripts"]).await
    }

    /// Task definitions.
    pub(crate) async fn tasks(&self) -> Result<Vec<Value>, CallError> {
        let ask = Ask::get("/api/platform/v1/automation/tasks", Scope::AutomationRead, "the tasks");
        self.list(ask, Lane::Person, &["tasks"]).await
    }

    /// What was run in the tenant from `from` on; the product decides how far back without it.
    pub(crate) async fn tasks_summary(
        &self,
        from: Option<Timestamp>,
    ) -> Result<Vec<Value>, CallError> {
        let path = "/api/platform/v1/automation/tasks/summary";
        let mut ask = Ask::get(path, Scope::AutomationRead, "the task summary");
        if let Some(from) = from {
            ask = ask.with("From", format!("{from:.0}"));
        }
        self.list(ask, Lane::Person, &["tasks", "results"]).await
    }

    pub(crate) async fn endpoint_tasks(
        &self,
        endpoint: &str,
        lane: Lane,
    ) -> Result<Vec<Value>, CallError> {
        let path =
            format!("/api/platform/v1/automation/endpoints/{}/tasks/summary", segment(endpoint)?);
        let ask = Ask::get(path, Scope::AutomationRead, "the tasks of this device");
        self.list(ask, lane, &["tasks", "results"]).await
    }

    /// The executions of a task. Read on v1 also for tasks scheduled on v2, which has no paths for it.
    pub(crate) async fn instances(&self, task: &str) -> Result<Vec<Value>, CallError> {
        let path =
            format!("/api/platform/v1/automation/tasks/{}/instances/summary", segment(task)?);
        let value = self.object(Ask::get(path, Scope::AutomationRead, "this task"), Lane::Person);
        let value = value.await?;
        match value {
            Value::Array(items) => Ok(items),
            value => Ok(Json(&value).items("Results").map(|it| it.0.clone()).collect()),
        }
    }

    /// One row per endpoint that is done.
    pub(crate) async fn results(
        &self,
        task: &str,
        instance: &str,
    ) -> Result<Vec<Value>, CallError> {
        let path = format!(
            "/api/platform/v1/automation/tasks/{}/instances/{}/results",
            segment(task)?,
            segment(instance)?
        );
        let ask = Ask::get(path, Scope::AutomationRead, "this task instance");
        let value = self.object(ask, Lane::Person).await?;
        match value {
            Value::Array(items) => Ok(items),
            value => {
                let json = Json(&value);
                let key = if json.get("Result").is_some() { "Result" } else { "Results" };
                Ok(json.items(key).map(|it| it.0.clone()).collect())
            }
        }
    }

    /// Has a script run. Sent once; gives the task's id.
    ///
    /// - Fails with `Failed` when the product took it and its answer names no task: it is to be looked up.
    pub(crate) async fn schedule(&self, body: &Value) -> Result<String, CallError> {
        let make = |version: crate::client::Version| {
            let path =
                format!("/api/platform/{}/automation/endpoints/schedule-tasks", version.key());
            Ask::post(path, Scope::AutomationCreate, body.clone(), "scheduling the script")
        };
        let (ask, reply) = self.versioned(Family::Schedule, Lane::Person, make).await?;
        let value = json(&reply.ok(&ask)?, &ask)?;
        Json(&value)
            .id(&["taskID", "taskId"])
            .ok_or_else(|| crate::client::unreadable(&ask, "it names no task"))
    }
}
