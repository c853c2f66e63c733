//! Rules of an operator: they narrow, never widen.

use serde::Deserialize;

use crate::plan::Call;
use crate::policy::Policy;
use crate::tool::ToolName;

/// One `[[rules]]` entry. Every condition that is there must hold; without any it holds for all calls of
/// the matching tools.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Tool names; `*` stands for any text: `connectwise_rmm:cw-rmm-script-*`.
    pub tool: String,
    /// A client's name, case aside.
    pub client: Option<String>,
    /// `server` or `workstation`: at least one device is one.
    pub class: Option<Class>,
    /// More devices than this.
    pub devices_over: Option<usize>,
    /// Raises the verdict; a rule cannot lower one.
    pub policy: Option<Policy>,
    /// Who may decide: people's names and `role:…`.
    #[serde(default)]
    pub approvers: Vec<String>,
    /// How many different approvers must say yes.
    pub quorum: Option<u8>,
    /// How long an approval waits, in minutes.
    pub expires_mins: Option<u32>,
    /// A ticket is the last step of the plan.
    #[serde(default)]
    pub ticket: bool,
    /// The requester may approve; off unless switched on, and the audit shows it.
    #[serde(default)]
    pub self_approval: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    Server,
    Workstation,
}

impl Rule {
    /// Whether the rule is about this tool at all, whatever its other conditions.
    pub fn concerns(&self, tool: &ToolName) -> bool {
        glob(&self.tool, tool.as_str())
    }

    pub fn matches(&self, call: &Call) -> bool {
        let client_fits = |wanted: &String| {
            let named = call.client.iter().map(|client| client.name.as_str());
            let mut all =
                named.chain(call.targets.iter().map(|target| target.client_name.as_str()));
            all.any(|name| name.eq_ignore_ascii_case(wanted))
        };
        let class_fits = |class: Class| {
            call.targets.iter().any(|target| target.server == (class == Class::Server))
        };
        self.concerns(&call.tool)
            && self.client.as_ref().is_none_or(client_fits)
            && self.class.is_none_or(class_fits)
            && self.devices_over.is_none_or(|limit| call.targets.len() > limit)
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any text, also none.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, fits) in [
            ("a:b", "a:b", true),
            ("a:b", "a:bc", false),
            ("a:*", "a:", true),
            ("a:*-script-*", "a:cw-script-x", true),
            ("a:*-script-*", "a:cw-task", false),
            ("*", "anything", true),
            ("*-x", "a-x-x", true),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} on {text}");
        }
    }
}
