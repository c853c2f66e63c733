//! The rules that admins keep in the console, beside those of the configuration file.

use jiff::Timestamp;

use crate::digest::Digest;
use crate::ids::PersonId;
use crate::policy::{Policy, Rule};
use crate::words;

/// Longest text of them; a hundred rules fit.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// One version of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleBook {
    /// From 1 on; each save is the next.
    pub version: i64,
    /// `[[rules]]` as the configuration file has them.
    pub text: String,
    pub by: PersonId,
    pub at: Timestamp,
}

impl RuleBook {
    pub fn digest(&self) -> Digest {
        Digest::of_bytes(self.text.as_bytes())
    }
}

/// Something that is wrong with a text of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFault {
    pub line: Option<usize>,
    /// `rules[2].quorum`.
    pub key: String,
    pub text: String,
}

impl std::fmt::Display for RuleFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        write!(f, "{}: {}", self.key, self.text)
    }
}

/// Rules that cannot be read protect nobody, so everything is refused until somebody corrects them.
pub fn unreadable(faults: &[RuleFault]) -> Rule {
    let first = faults.first().map(ToString::to_string).unwrap_or_default();
    Rule {
        name: Some(words::cut(&format!("the rules of the console cannot be read: {first}"), 300)),
        tool: "*".to_owned(),
        policy: Some(Policy::Never),
        stored: true,
        ..Rule::default()
    }
}
