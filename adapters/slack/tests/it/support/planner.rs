//! Understands the few sentences of these tests, exactly.

use async_trait::async_trait;
use countersign::conversation::{AnswerOption, Awaits, Question};
use countersign::directory::Device;
use countersign::planner::{Ask, Canary, Draft, Mention, Planner, Proposal, Speech};
use countersign::tool::ToolName;
use serde_json::json;

pub struct Sentences;

#[async_trait]
impl Planner for Sentences {
    async fn propose(&self, ask: &Ask<'_>) -> Proposal {
        let text = ask.text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["hello"] => Proposal::Say(Speech::Hello),
            ["list", "devices"] => Proposal::Plan(vec![Draft::new(ToolName::new(
                "connectwise_rmm:cw-rmm-list-devices",
            ))]),
            ["clean", name, "later"] => match device(ask, name) {
                Some(found) => {
                    let when = Some(countersign::schedule::When::In { secs: 3_600 });
                    Proposal::Plan(vec![Draft { when, ..cleanup(found) }])
                }
                None => which(ask),
            },
            ["roll", name, other] => match (device(ask, name), device(ask, other)) {
                (Some(one), Some(other)) => {
                    let devices =
                        vec![Mention::Device(one.id.clone()), Mention::Device(other.id.clone())];
                    Proposal::Plan(vec![Draft {
                        devices,
                        canary: Some(Canary::Devices(1)),
                        ..cleanup(one)
                    }])
                }
                _ => which(ask),
            },
            ["clean", name, "and", other] => match (device(ask, name), device(ask, other)) {
                (Some(one), Some(other)) => Proposal::Plan(vec![cleanup(one), cleanup(other)]),
                _ => which(ask),
            },
            ["clean", name] | ["clean", name, ..] => match device(ask, name) {
                Some(found) => Proposal::Plan(vec![cleanup(found)]),
                None => which(ask),
            },
            _ => Proposal::Unsure { suggestions: vec!["clean fs01".into(), "list devices".into()] },
        }
    }
}

fn device<'a>(ask: &Ask<'a>, name: &str) -> Option<&'a Device> {
    ask.directory.devices().iter().find(|it| it.name.eq_ignore_ascii_case(name))
}

fn cleanup(device: &Device) -> Draft {
    let mut draft = Draft::new(ToolName::new("connectwise_rmm:cw-rmm-script-disk-cleanup"));
    draft.devices = vec![Mention::Device(device.id.clone())];
    draft.arguments.insert("days".into(), json!(7));
    draft
}

fn which(ask: &Ask<'_>) -> Proposal {
    let option = |device: &Device| AnswerOption {
        label: format!("{} ({})", device.name, ask.directory.client_name(&device.client)),
        detail: "online".into(),
        drafts: vec![cleanup(device)],
    };
    Proposal::Ask(Question {
        text: "Which one?".into(),
        options: ask.directory.devices().iter().map(option).collect(),
        awaits: Awaits::Option,
    })
}
