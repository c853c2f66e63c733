//! What a button of ours means. It travels through Slack and back, so it carries no authority.

use countersign::ids::ApprovalId;
use countersign::reply::Action;
use serde::{Deserialize, Serialize};

use crate::draw::kit::VALUE_MAX;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Value {
    /// Answered here, without the engine.
    Open(Open),
    /// The engine's business.
    Act(Action),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "open")]
pub(crate) enum Open {
    /// A form with the arguments of one step.
    Edit { approval: ApprovalId, step: u32 },
    /// Everything there is to know, for the one who clicks.
    Details { approval: ApprovalId },
}

impl Value {
    /// `None`: too long for a button.
    pub(crate) fn encode(&self) -> Option<String> {
        serde_json::to_string(self).ok().filter(|text| text.chars().count() <= VALUE_MAX)
    }

    pub(crate) fn decode(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_sent() {
        let approval = ApprovalId::new("a1");
        let values = [
            Value::Open(Open::Details { approval: approval.clone() }),
            Value::Open(Open::Edit { approval: approval.clone(), step: 1 }),
            Value::Act(Action::Deny { approval, reason: None }),
            Value::Act(Action::Pick { question: 3, option: 2 }),
            Value::Act(Action::Say { text: "help".into() }),
        ];
        for value in values {
            assert_eq!(Value::decode(&value.encode().unwrap()), Some(value));
        }
        assert_eq!(Value::Act(Action::Say { text: "x".repeat(2_000) }).encode(), None);
        assert_eq!(Value::decode("{\"do\":\"launch\"}"), None);
    }
}
