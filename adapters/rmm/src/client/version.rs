//! Which version of a path this tenant serves: decided by the first answer that works, then kept.

use std::sync::atomic::{AtomicU8, Ordering};

use countersign::ports::CallError;

use super::{Ask, Client, Lane, Repeat, Reply};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

impl Version {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::V1 => Self::V2,
            Self::V2 => Self::V1,
        }
    }
}

/// Calls that move between versions together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Device,
    State,
    Patches,
    Schedule,
    Tickets,
}

impl Family {
    /// Tickets moved to v2; everything else is documented on v1 and moves when v1 is gone.
    fn first(self) -> Version {
        match self {
            Self::Tickets => Version::V2,
            Self::Device | Self::State | Self::Patches | Self::Schedule => Version::V1,
        }
    }
}

/// What was found out about this connection. 0: nothing yet.
#[derive(Debug, Default)]
pub(crate) struct Versions([AtomicU8; 5]);

impl Versions {
    fn slot(&self, family: Family) -> &AtomicU8 {
        let index = match family {
            Family::Device => 0,
            Family::State => 1,
            Family::Patches => 2,
            Family::Schedule => 3,
            Family::Tickets => 4,
        };
        &self.0[index]
    }

    pub(crate) fn known(&self, family: Family) -> Option<Version> {
        match self.slot(family).load(Ordering::Relaxed) {
            1 => Some(Version::V1),
            2 => Some(Version::V2),
            _ => None,
        }
    }

    pub(crate) fn settle(&self, family: Family, version: Version) {
        let value = if version == Version::V1 { 1 } else { 2 };
        self.slot(family).store(value, Ordering::Relaxed);
    }
}

impl Client {
    /// Sends the call in the version this tenant serves; `make` words it for a version.
    ///
    /// - Gives the answer whatever its status. When neither version is there, that of the first one.
    /// - A write is tried in the other version only after 404, 405 or 410, which prove that nothing was
    ///   begun. A read also after 403 and after a scope that the key lacks: versions want different ones.
    pub(crate) async fn versioned(
        &self,
        family: Family,
        lane: Lane,
        make: impl Fn(Version) -> Ask,
    ) -> Result<(Ask, Reply), CallError> {
        if let Some(version) = self.versions.known(family) {
            let ask = make(version);
            let reply = self.send(&ask, lane).await?;
            return Ok((ask, reply));
        }
        let version = family.first();
        let ask = make(version);
        let first = self.send(&ask, lane).await;
        let moved = match &first {
            Ok(reply) => match ask.repeat {
                Repeat::Safe => matches!(reply.status, 403 | 404 | 405 | 410),
                Repeat::Never => matches!(reply.status, 404 | 405 | 410),
            },
            Err(CallError::MissingScope { .. }) => ask.repeat == Repeat::Safe,
            Err(_) => false,
        };
        if moved {
            let other = make(version.other());
            match self.send(&other, lane).await {
                Ok(reply) if !matches!(reply.status, 403 | 404 | 405 | 410) => {
                    if reply.status < 300 {
                        self.versions.settle(family, version.other());
                    }
                    return Ok((other, reply));
                }
                // A write that may have happened is not hidden behind the first answer.
                Err(error) if ask.repeat == Repeat::Never => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        let reply = first?;
        if reply.status < 300 {
            self.versions.settle(family, version);
        }
        Ok((ask, reply))
    }
}
