//! People of the MSP: who may ask, who may approve, and which chat account is whose.

use serde::{Deserialize, Serialize};

use crate::ids::PersonId;
use crate::plan::Call;

/// Where people chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    Console,
    /// The terminal: `countersign chat` and `countersign ask`.
    Terminal,
    Slack,
    Teams,
    Discord,
}

impl Platform {
    pub const ALL: [Self; 5] =
        [Self::Console, Self::Terminal, Self::Slack, Self::Teams, Self::Discord];

    pub fn key(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Terminal => "terminal",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Discord => "discord",
        }
    }

    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.key() == key)
    }
}

/// A chat account, as the platform names it. Nothing here is taken from message text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    pub platform: Platform,
    /// Slack user id, Entra object id with tenant, Discord id; in the console the person's id.
    pub id: String,
}

/// What a person may do. Roles add up; none contains another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Asks for writes.
    Technician,
    /// Decides approvals.
    Approver,
    /// Second approvals and grants; decides approvals too.
    Manager,
    /// Settings and policies.
    Admin,
    /// Somebody of a client: decides where a rule names them, for that client only, and nothing else.
    Contact,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::Viewer, Self::Technician, Self::Approver, Self::Manager, Self::Admin, Self::Contact];

    pub fn key(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Technician => "technician",
            Self::Approver => "approver",
            Self::Manager => "manager",
            Self::Admin => "admin",
            Self::Contact => "contact",
        }
    }

    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    /// As people write it: "Ana".
    pub name: String,
    pub email: Option<String>,
    pub roles: Vec<Role>,
    /// Of a contact: the client's name, case aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    pub accounts: Vec<Account>,
}

impl Person {
    /// Nobody: what the bot does by itself, which is to read.
    pub fn itself(name: &str) -> Self {
        Self {
            id: PersonId::new(name),
            name: "Countersign".into(),
            email: None,
            roles: vec![Role::Viewer],
            client: None,
            accounts: Vec::new(),
        }
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// May ask for something that changes a device.
    pub fn may_ask(&self) -> bool {
        self.has(Role::Technician) || self.has(Role::Manager) || self.has(Role::Admin)
    }

    /// Holds a role that decides approvals.
    pub fn may_approve(&self) -> bool {
        self.has(Role::Approver) || self.has(Role::Manager)
    }

    /// Somebody of a client. Whatever else was given to them does not count.
    pub fn is_contact(&self) -> bool {
        self.has(Role::Contact)
    }

    /// Whether `calls` are about the client of this contact and nothing else.
    pub fn is_contact_for<'a>(&self, calls: impl IntoIterator<Item = &'a Call>) -> bool {
        let Some(own) = self.client.as_deref().filter(|_| self.is_contact()) else { return false };
        let mut any = false;
        for call in calls {
            let named = call.client.iter().map(|it| it.name.as_str());
            let of_targets = call.targets.iter().map(|it| it.client_name.as_str());
            let mut clients = named.chain(of_targets).peekable();
            // A call about no client is about the whole tenant.
            if clients.peek().is_none() || clients.any(|name| !name.eq_ignore_ascii_case(own)) {
                return false;
            }
            any = true;
        }
        any
    }
}

/// Everybody who is known. Small: the people of one MSP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    all: Vec<Person>,
    /// A person and their manager.
    managers: Vec<(PersonId, PersonId)>,
}

impl People {
    pub fn new(people: Vec<Person>) -> Self {
        Self { all: people, managers: Vec::new() }
    }

    /// With who reports to whom: a person and their manager.
    pub fn with_managers(self, managers: Vec<(PersonId, PersonId)>) -> Self {
        Self { managers, ..self }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.all.iter()
    }

    pub fn get(&self, id: &PersonId) -> Option<&Person> {
        self.all.iter().find(|person| &person.id == id)
    }

    pub fn manager_of(&self, id: &PersonId) -> Option<&Person> {
        let (_, manager) = self.managers.iter().find(|(person, _)| person == id)?;
        self.get(manager)
    }

    /// The person behind a chat account. A console or terminal account is the person's id.
    pub fn of(&self, account: &Account) -> Option<&Person> {
        match account.platform {
            Platform::Console | Platform::Terminal => {
                self.all.iter().find(|person| person.id.as_str().eq_ignore_ascii_case(&account.id))
            }
            Platform::Slack | Platform::Teams | Platform::Discord => {
                self.all.iter().find(|person| person.accounts.contains(account))
            }
        }
    }

    /// Who could decide something that `requester` asked for.
    pub fn approvers_for<'a>(
        &'a self,
        requester: &'a PersonId,
    ) -> impl Iterator<Item = &'a Person> {
        self.all.iter().filter(move |person| person.may_approve() && &person.id != requester)
    }
}
