//! The kill switch, from wherever it is pulled: chat, console, command line.

use serde_json::json;

use crate::audit::NewEntry;
use crate::conversation::Engine;
use crate::directory::clients::{ClientResolution, resolve_client};
use crate::directory::{Person, Role};
use crate::ids::ClientId;
use crate::mask::mask;
use crate::policy::{Halt, Scope};
use crate::ports::{Change, StoreError, Write};
use crate::words;

/// Longest reason that is kept.
const REASON_MAX: usize = 200;

/// What a person named, before anybody looked it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Everything,
    Client(String),
    Tool(String),
    Person(String),
}

impl Named {
    /// From the word in front and the name behind it; `None` for another word.
    pub fn of(kind: &str, name: &str) -> Option<Self> {
        let name = name.trim().to_owned();
        match kind {
            "everything" if name.is_empty() => Some(Self::Everything),
            "client" if !name.is_empty() => Some(Self::Client(name)),
            "tool" if !name.is_empty() => Some(Self::Tool(name)),
            "person" if !name.is_empty() => Some(Self::Person(name)),
            _ => None,
        }
    }
}

/// Pull it or let it go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    Halt,
    Resume,
}

#[derive(Debug, thiserror::Error)]
pub enum HaltError {
    #[error("only somebody who may ask or approve can halt things")]
    MayNotHalt,
    #[error("only a manager or an admin can let things run again")]
    MayNotResume,
    #[error("{0}")]
    Unknown(String),
    #[error("{0} is not halted")]
    NotHalted(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Pulls or releases the switch of what was named. Effective at once, also for what is queued: every
    /// run asks right before it is sent. Gives the sentence to tell.
    pub async fn switch(
        &self,
        by: &Person,
        switch: Switch,
        named: &Named,
        reason: Option<&str>,
    ) -> Result<String, HaltError> {
        let (change, sentence) = self.switching(by, switch, named, reason).await?;
        self.store().commit(change).await?;
        Ok(sentence)
    }

    /// The change behind [`Engine::switch`], for a turn that commits more than that.
    pub(crate) async fn switching(
        &self,
        by: &Person,
        switch: Switch,
        named: &Named,
        reason: Option<&str>,
    ) -> Result<(Change, String), HaltError> {
        match switch {
            Switch::Halt if !by.may_ask() && !by.may_approve() => {
                return Err(HaltError::MayNotHalt);
            }
            Switch::Resume if !by.has(Role::Manager) && !by.has(Role::Admin) => {
                return Err(HaltError::MayNotResume);
            }
            Switch::Halt | Switch::Resume => {}
        }
        let halts = self.store().policies().await?.halts;
        let all = self.all_of(named);
        let (mut change, mut told) = (Change::default(), Vec::new());
        for one in &all {
            match self.switching_one(by, switch, one, reason, &halts).await {
                Ok((one, text)) => {
                    change.writes.extend(one.writes);
                    change.audit.extend(one.audit);
                    told.push(text);
                }
                Err(HaltError::NotHalted(_)) if all.len() > 1 => {}
                Err(error) => return Err(error),
            }
        }
        match (told.is_empty(), named) {
            (true, Named::Client(name)) => Err(HaltError::NotHalted(name.clone())),
            _ => Ok((change, told.join("\n"))),
        }
    }

    /// A client that two products have under one name, with and without “Pty Ltd”, is halted in both: nobody
    /// should have to link them first.
    fn all_of(&self, named: &Named) -> Vec<Named> {
        let directory = self.directory();
        match named {
            Named::Client(name) => match resolve_client(name, &directory) {
                ClientResolution::Several(all)
                    if all.iter().any(|it| it.name.eq_ignore_ascii_case(name)) =>
                {
                    all.iter().map(|it| Named::Client(it.id.to_string())).collect()
                }
                _ => vec![named.clone()],
            },
            Named::Everything | Named::Tool(_) | Named::Person(_) => vec![named.clone()],
        }
    }

    async fn switching_one(
        &self,
        by: &Person,
        switch: Switch,
        named: &Named,
        reason: Option<&str>,
        halts: &[Halt],
    ) -> Result<(Change, String), HaltError> {
        let (scope, name) = self.scope(named, halts)?;
        let now = self.now();
        let reason = reason
            .map(|it| mask(&words::cut(it.trim(), REASON_MAX)))
            .filter(|reason| !reason.is_empty());
        let halt = Halt { scope: scope.clone(), name, by: by.id.clone(), at: now, reason };
        let known = halts.iter().find(|it| it.scope == scope);
        let (kind, set, text) = match switch {
            Switch::Halt => {
                let text = format!(
                    "{} Nothing of it starts, also nothing that was approved; what runs already goes on.",
                    words::sentence(&halt.sentence())
                );
                ("halted", Some(halt.clone()), text)
            }
            Switch::Resume => {
                let what = match &scope {
                    Scope::Everything => "everything".to_owned(),
                    Scope::Client(_) | Scope::Tool(_) | Scope::Person(_) => halt.name.clone(),
                };
                let Some(known) = known else { return Err(HaltError::NotHalted(what)) };
                let pulled = words::ago(known.at, now);
                let text = format!(
                    "{what} may run again; {} had halted it {pulled}. What was not sent meanwhile has to be asked for anew.",
                    known.by
                );
                ("resumed", None, text)
            }
        };
        let client = match &scope {
            Scope::Client(client) => Some(client.to_string()),
            Scope::Everything | Scope::Tool(_) | Scope::Person(_) => None,
        };
        let entry = NewEntry {
            at: now,
            actor: by.id.to_string(),
            kind,
            subject: json!({ "kind": scope.kind(), "key": scope.key() }),
            text: text.clone(),
            client,
        };
        let mut change =
            Change { writes: vec![Write::Halt { scope, set: set.clone() }], audit: vec![entry] };
        if let Some(halt) = set {
            let ended = self.standing_halted(&halt, by, now).await?;
            change.writes.extend(ended.writes);
            change.audit.extend(ended.audit);
        }
        Ok((change, text))
    }

    /// Exactly one thing, or what to say. What is halted is found even when the directory lost it.
    pub(super) fn scope(
        &self,
        named: &Named,
        halts: &[Halt],
    ) -> Result<(Scope, String), HaltError> {
        let pulled = |kind: &str, name: &str| {
            let is_it = |halt: &&Halt| {
                halt.scope.kind() == kind
                    && (halt.name.eq_ignore_ascii_case(name) || halt.scope.key() == name)
            };
            halts.iter().find(is_it).map(|halt| (halt.scope.clone(), halt.name.clone()))
        };
        match named {
            Named::Everything => Ok((Scope::Everything, "everything".into())),
            Named::Client(name) => {
                if let Some(found) = pulled("client", name) {
                    return Ok(found);
                }
                let directory = self.directory();
                if let Some(client) = directory.client(&ClientId::new(name.as_str())) {
                    return Ok((Scope::Client(client.id.clone()), client.name.clone()));
                }
                match resolve_client(name, &directory) {
                    ClientResolution::One(client) => {
                        Ok((Scope::Client(client.id.clone()), client.name.clone()))
                    }
                    ClientResolution::Several(all) | ClientResolution::Unknown { closest: all } => {
                        let names: Vec<String> = all.iter().map(|it| it.name.clone()).collect();
                        let hint = match names.is_empty() {
                            true => String::new(),
                            false => format!("; there is {}", words::list(&names)),
                        };
                        Err(HaltError::Unknown(format!("“{name}” is not one client{hint}")))
                    }
                }
            }
            Named::Tool(name) => {
                if let Some(found) = pulled("tool", name) {
                    return Ok(found);
                }
                let catalogue = self.catalogue();
                let is_named = |it: &&crate::tool::Tool| {
                    it.name.as_str() == name
                        || it.name.short() == name
                        || it.title.eq_ignore_ascii_case(name)
                };
                let found: Vec<_> = catalogue.iter().filter(is_named).collect();
                match found.as_slice() {
                    [one] => Ok((Scope::Tool(one.name.clone()), one.title.clone())),
                    [] => Err(HaltError::Unknown(format!(
                        "“{name}” is no tool; write its name as on the Tools page"
                    ))),
                    several => {
                        let names: Vec<_> = several.iter().map(|it| it.name.to_string()).collect();
                        Err(HaltError::Unknown(format!(
                            "“{name}” is several tools; write {}",
                            names.join(" or ")
                        )))
                    }
                }
            }
            Named::Person(name) => {
                let is_named = |it: &&Person| {
                    it.name.eq_ignore_ascii_case(name) || it.id.as_str().eq_ignore_ascii_case(name)
                };
                let found = self.people().iter().find(is_named);
                found
                    .map(|it| (Scope::Person(it.id.clone()), it.name.clone()))
                    .or_else(|| pulled("person", name))
                    .ok_or_else(|| HaltError::Unknown(format!("nobody here is called “{name}”")))
            }
        }
    }
}
