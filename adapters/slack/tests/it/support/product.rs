//! A product with one script and one list, that remembers what it ran.

use std::sync::Mutex;

use async_trait::async_trait;
use countersign::directory::{Product as Name, Script};
use countersign::plan::Call;
use countersign::policy::Policy;
use countersign::ports::{
    Answer, CallError, Drift, Polled, Position, Provider, Started, SyncBatch,
};
use countersign::reply::Block;
use countersign::run::{
    Ending, Grant, Handle, LookUp, Marker, Reading, TargetResult, TargetStatus, Trace,
};
use countersign::tool::{Aim, Effect, ScriptRef, Tool, ToolName};
use jiff::Timestamp;
use serde_json::json;

#[derive(Default)]
pub struct Product {
    /// "disk-cleanup {"days":7} FS01", in the order they ran.
    pub ran: Mutex<Vec<String>>,
    /// What differs from what was approved, if something does.
    pub drift: Mutex<Option<String>>,
    /// What the script says.
    pub output: Mutex<String>,
}

#[async_trait]
impl Provider for Product {
    fn product(&self) -> Name {
        Name::Rmm
    }

    fn tools(&self) -> Vec<Tool> {
        vec![Tool {
            name: ToolName::new("connectwise_rmm:cw-rmm-list-devices"),
            product: Name::Rmm,
            title: "List devices".into(),
            description: "Lists devices.".into(),
            schema: json!({ "type": "object" }),
            effect: Effect::Read,
            aim: Aim::Tenant,
            default_policy: Policy::Auto,
            script: None,
        }]
    }

    fn script_tool(&self, script: &Script) -> Tool {
        Tool {
            name: ToolName::new(format!("connectwise_rmm:cw-rmm-script-{}", script.slug)),
            product: Name::Rmm,
            title: script.name.clone(),
            description: script.description.clone(),
            schema: script.schema.clone().unwrap_or_else(|| json!({ "type": "object" })),
            effect: Effect::Write,
            aim: Aim::Devices,
            default_policy: Policy::ApprovalNeeded,
            script: Some(ScriptRef {
                id: script.id.clone(),
                name: script.name.clone(),
                content: script.content.clone(),
                expected_secs: None,
            }),
        }
    }

    async fn read(&self, _call: &Call) -> Result<Answer, CallError> {
        let row =
            |name: &str, client: &str| vec![name.to_owned(), client.to_owned(), "online".into()];
        Ok(Answer {
            summary: "2 devices".into(),
            blocks: vec![Block::Table {
                columns: ["Name", "Client", "State"].map(str::to_owned).to_vec(),
                rows: vec![row("FS01", "Acme Logistics"), row("<!channel>", "Bluegum & Sons")],
                more: 0,
            }],
            data: json!(null),
            listed: Vec::new(),
        })
    }

    async fn drift(&self, _call: &Call) -> Result<Option<Drift>, CallError> {
        Ok(self.drift.lock().unwrap().clone().map(Drift))
    }

    async fn probe(&self, _call: &Call) -> Vec<Reading> {
        Vec::new()
    }

    async fn start(&self, grant: Grant) -> Result<Started, CallError> {
        let call = grant.call();
        let devices: Vec<&str> = call.targets.iter().map(|it| it.name.as_str()).collect();
        let arguments = serde_json::to_string(&call.arguments).unwrap_or_default();
        self.ran.lock().unwrap().push(format!("{} {arguments} {}", call.title, devices.join(" ")));
        let result = |target: &countersign::plan::Target| TargetResult {
            device: target.label(),
            status: TargetStatus::Succeeded,
            raw_status: "Success".into(),
            output: self.output.lock().unwrap().clone(),
            errors: String::new(),
        };
        let trace =
            Trace { targets: call.targets.iter().map(result).collect(), ..Trace::default() };
        Ok(Started::Finished { ending: Ending::Succeeded, trace })
    }

    async fn poll(&self, _call: &Call, _handle: &Handle) -> Result<Polled, CallError> {
        Err(CallError::Failed { product: "RMM", detail: "nothing to poll".into() })
    }

    async fn look_up(&self, _call: &Call, _marker: &Marker, _since: Timestamp) -> LookUp {
        LookUp::NoAnswer
    }

    async fn sync(&self, _position: Option<&Position>) -> Result<SyncBatch, CallError> {
        Ok(SyncBatch::default())
    }
}
