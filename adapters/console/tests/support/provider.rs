//! A product that has tools and can do nothing.

use async_trait::async_trait;
use countersign::directory::{Product, Script};
use countersign::plan::Call;
use countersign::policy::Policy;
use countersign::ports::{
    Answer, CallError, Drift, Polled, Position, Provider, Started, SyncBatch,
};
use countersign::run::{Grant, Handle, LookUp, Marker, Reading};
use countersign::tool::{Aim, Effect, ScriptRef, Tool, ToolName};
use jiff::Timestamp;
use serde_json::json;

pub struct FakeProvider(pub Product);

impl FakeProvider {
    fn tool(&self, short: &str, title: &str, description: &str, effect: Effect) -> Tool {
        Tool {
            name: ToolName::new(format!("{}:{short}", self.0.provider())),
            product: self.0,
            title: title.into(),
            description: description.into(),
            schema: json!({"type": "object"}),
            effect,
            aim: Aim::Device,
            default_policy: match effect {
                Effect::Read => Policy::Auto,
                Effect::Write => Policy::ApprovalNeeded,
            },
            script: None,
        }
    }

    fn nothing(&self) -> CallError {
        CallError::Unreachable { product: self.0.label(), detail: "a fake".into() }
    }
}

#[async_trait]
impl Provider for FakeProvider {
    fn product(&self) -> Product {
        self.0
    }

    fn tools(&self) -> Vec<Tool> {
        let (read, write) = (Effect::Read, Effect::Write);
        match self.0 {
            Product::Rmm => vec![
                self.tool(
                    "cw-rmm-list-devices",
                    "List devices",
                    "Lists devices of all clients or of one.",
                    read,
                ),
                self.tool(
                    "cw-rmm-get-patch-status",
                    "Patch status",
                    "Pending and failed patches of one device.",
                    read,
                ),
                self.tool(
                    "cw-rmm-create-ticket",
                    "Create ticket",
                    "Opens a service ticket for a client.",
                    write,
                ),
            ],
            Product::Automate => vec![
                self.tool(
                    "cwa-list-computers",
                    "List computers",
                    "Lists computers with their last contact.",
                    read,
                ),
                self.tool(
                    "cwa-restart-computer",
                    "Restart computer",
                    "Restarts one computer.",
                    write,
                ),
            ],
            Product::Control => vec![self.tool(
                "cwc-send-command",
                "Send command",
                "Runs one command on a machine with consent.",
                write,
            )],
        }
    }

    fn script_tool(&self, script: &Script) -> Tool {
        Tool {
            schema: script.schema.clone().unwrap_or_else(|| json!({"type": "object"})),
            script: Some(ScriptRef {
                id: script.id.clone(),
                name: script.name.clone(),
                content: script.content.clone(),
                expected_secs: None,
            }),
            ..self.tool(
                &format!("cw-rmm-script-{}", script.slug),
                &script.name,
                &script.description,
                Effect::Write,
            )
        }
    }

    async fn read(&self, _call: &Call) -> Result<Answer, CallError> {
        Err(self.nothing())
    }

    async fn drift(&self, _call: &Call) -> Result<Option<Drift>, CallError> {
        Err(self.nothing())
    }

    async fn probe(&self, _call: &Call) -> Vec<Reading> {
        Vec::new()
    }

    async fn start(&self, _grant: Grant) -> Result<Started, CallError> {
        Err(self.nothing())
    }

    async fn poll(&self, _call: &Call, _handle: &Handle) -> Result<Polled, CallError> {
        Err(self.nothing())
    }

    async fn look_up(&self, _call: &Call, _marker: &Marker, _since: Timestamp) -> LookUp {
        LookUp::NoAnswer
    }

    async fn sync(&self, _position: Option<&Position>) -> Result<SyncBatch, CallError> {
        Err(self.nothing())
    }
}
