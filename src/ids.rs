//! Ids as types, so that swapped arguments do not compile.
//!
//! Ids that we make are UUID version 7: they sort by creation. Ids that a product makes stay opaque
//! text (`EndpointId`-like ids on migrated tenants are no valid RFC 4122 UUIDs).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

id! {
    /// A customer company of the MSP.
    ClientId,
    /// A place of a client.
    SiteId,
    /// One machine, whatever the number of agents on it.
    DeviceId,
    /// A human with roles; the `name` key of `[[people]]` in lower case.
    PersonId,
    /// One chat thread with Countersign: `platform/channel/thread`.
    ConversationId,
    /// One message of a person that asks for something.
    RequestId,
    /// The durable question put to approvers.
    ApprovalId,
    /// A yes given ahead.
    StandingId,
    /// A plan that was only said.
    TrialId,
    /// One execution of one call.
    RunId,
    /// Who holds a lease: one per process start.
    WorkerId,
    /// Names the one message of a thread that later edits replace.
    CardKey,
}

/// What ids of clients that ConnectWise Control reported begin with.
const CONTROL: &str = "control:";

impl ClientId {
    /// The id of a client of ConnectWise Control, which has nothing but a name there.
    pub fn of_control(name: &str) -> Self {
        Self::new(format!("{CONTROL}{}", name.trim().to_lowercase()))
    }

    pub fn is_of_control(&self) -> bool {
        self.0.starts_with(CONTROL)
    }
}

macro_rules! made_here {
    ($($name:ident),*) => {$(
        impl $name {
            /// A new id; ids made later sort later.
            pub fn fresh() -> Self {
                Self::new(uuid::Uuid::now_v7().simple().to_string())
            }
        }
    )*};
}

made_here!(RequestId, ApprovalId, StandingId, TrialId, RunId, WorkerId);

impl ClientId {
    pub(crate) fn text_mut(&mut self) -> &mut Arc<str> {
        &mut self.0
    }
}

impl SiteId {
    pub(crate) fn text_mut(&mut self) -> &mut Arc<str> {
        &mut self.0
    }
}

impl DeviceId {
    /// The id of a device first seen through `pathway` (a product's agent id). The same agent always
    /// gives the same id, so a lost database grows the same ids again.
    pub fn first_seen(product: &str, pathway: &str) -> Self {
        Self::new(format!("dev-{}", short_hash(&[product, pathway])))
    }
}

fn short_hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hex(&hasher.finalize()[..8])
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The bytes behind hexadecimal digits of either case.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}
