//! Somebody who is away lets somebody else decide for them.

use jiff::Timestamp;

use crate::ids::PersonId;

/// Until when, and who decides instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    pub person: PersonId,
    pub delegate: PersonId,
    pub until: Timestamp,
}
