//! Whom a rule names: a person, a role, a chat group, or the manager of whoever asks.

use std::fmt;

use crate::directory::{Person, Platform, Role};

/// How a rule writes the manager of whoever asks.
pub const MANAGER: &str = "requester:manager";

/// One name in `approvers`, `second` or `asked_by`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// `role:manager`.
    Role(Role),
    /// `group:slack:S0123`: a group of a chat platform, by its id there.
    Group(GroupRef),
    /// `requester:manager`: the `manager` of the person who asks.
    Manager,
    /// Anything else: a person's name.
    Person(String),
}

/// A group of a chat platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupRef {
    pub platform: Platform,
    pub id: String,
}

impl fmt::Display for GroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group:{}:{}", self.platform.key(), self.id)
    }
}

impl Who {
    /// What `text` names, or what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.eq_ignore_ascii_case(MANAGER) {
            return Ok(Self::Manager);
        }
        if let Some(role) = text.strip_prefix("role:") {
            return Role::parse(role).map(Self::Role).ok_or_else(|| {
                let known: Vec<&str> = Role::ALL.iter().map(|role| role.key()).collect();
                format!("“{role}” is no role; use {}", known.join(", "))
            });
        }
        if let Some(group) = text.strip_prefix("group:") {
            return match group.split_once(':') {
                Some((platform, id)) if !id.trim().is_empty() => match Platform::parse(platform) {
                    Some(platform) => {
                        Ok(Self::Group(GroupRef { platform, id: id.trim().to_owned() }))
                    }
                    None => {
                        Err(format!("“{platform}” is no platform; use slack, teams or discord"))
                    }
                },
                _ => Err(format!("“{text}” names no group; write group:slack:S0123456789")),
            };
        }
        if text.is_empty() {
            return Err("is empty".to_owned());
        }
        Ok(Self::Person(text.to_owned()))
    }

    /// Whether `person` is meant by name or role; `manager` is the manager of whoever asked. Groups are
    /// asked elsewhere: see [`crate::ports::Groups`].
    pub fn is(&self, person: &Person, manager: Option<&Person>) -> bool {
        match self {
            Self::Role(role) => person.has(*role),
            Self::Group(_) => false,
            Self::Manager => manager.is_some_and(|manager| manager.id == person.id),
            Self::Person(name) => {
                person.id.as_str().eq_ignore_ascii_case(name)
                    || person.name.eq_ignore_ascii_case(name)
            }
        }
    }
}

/// "Ben or the role manager", for people.
pub fn describe(names: &[String]) -> String {
    let word = |name: &String| match Who::parse(name) {
        Ok(Who::Role(Role::Contact)) => "the client's contact".to_owned(),
        Ok(Who::Role(role)) => format!("the role {}", role.key()),
        Ok(Who::Group(group)) => format!("the {} group {}", group.platform.key(), group.id),
        Ok(Who::Manager) => "the requester's manager".to_owned(),
        Ok(Who::Person(name)) => name,
        Err(_) => format!("“{name}” (nobody)"),
    };
    match names {
        [] => "anyone with the role approver or manager".to_owned(),
        names => names.iter().map(word).collect::<Vec<_>>().join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_by_how_they_begin() {
        assert_eq!(Who::parse("role:manager"), Ok(Who::Role(Role::Manager)));
        assert_eq!(Who::parse(" Ben "), Ok(Who::Person("Ben".into())));
        assert_eq!(Who::parse("requester:manager"), Ok(Who::Manager));
        let group = GroupRef { platform: Platform::Slack, id: "S01".into() };
        assert_eq!(Who::parse("group:slack:S01"), Ok(Who::Group(group)));
        for wrong in ["role:boss", "group:S01", "group:irc:x", "group:slack:", ""] {
            assert!(Who::parse(wrong).is_err(), "{wrong}");
        }
    }
}
