//! The kill switch: what is halted does not start, whatever was approved.

use jiff::Timestamp;

use crate::ids::{ClientId, PersonId};
use crate::policy::Case;
use crate::tool::ToolName;

/// What a halt is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything that changes something.
    Everything,
    /// Every change at a client.
    Client(ClientId),
    /// One tool, reads too.
    Tool(ToolName),
    /// Every change that a person asks for.
    Person(PersonId),
}

impl Scope {
    /// The word in the `kind` column.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Client(_) => "client",
            Self::Tool(_) => "tool",
            Self::Person(_) => "person",
        }
    }

    /// The id in the `key` column; empty for everything.
    pub fn key(&self) -> &str {
        match self {
            Self::Everything => "",
            Self::Client(id) => id.as_str(),
            Self::Tool(name) => name.as_str(),
            Self::Person(id) => id.as_str(),
        }
    }

    /// From the columns.
    pub fn of(kind: &str, key: &str) -> Option<Self> {
        match kind {
            "everything" => Some(Self::Everything),
            "client" => Some(Self::Client(ClientId::new(key))),
            "tool" => Some(Self::Tool(ToolName::new(key))),
            "person" => Some(Self::Person(PersonId::new(key))),
            _ => None,
        }
    }
}

/// Somebody pulled the switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    pub scope: Scope,
    /// "Bluegum Vet", "Disk Cleanup": as it was called then.
    pub name: String,
    pub by: PersonId,
    pub at: Timestamp,
    pub reason: Option<String>,
}

impl Halt {
    /// "everything is halted by ben (ransomware at a customer)".
    pub fn sentence(&self) -> String {
        let what = match &self.scope {
            Scope::Everything => "everything".to_owned(),
            Scope::Client(_) => format!("the client {}", self.name),
            Scope::Tool(_) => format!("the tool {}", self.name),
            Scope::Person(_) => format!("what {} asks for", self.name),
        };
        let reason = self.reason.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
        format!("{what} is halted by {}{reason}", self.by)
    }

    /// Whether it concerns the call of `case`.
    pub fn stops(&self, case: &Case<'_>) -> bool {
        let call = case.call;
        match &self.scope {
            Scope::Tool(tool) => tool == &call.tool,
            Scope::Everything => call.is_write(),
            Scope::Person(person) => call.is_write() && person == &case.person.id,
            Scope::Client(client) => {
                let named = call.client.iter().map(|it| &it.client);
                let mut all = named.chain(call.targets.iter().map(|it| &it.client));
                call.is_write() && all.any(|it| it == client)
            }
        }
    }
}
