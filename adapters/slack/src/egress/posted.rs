//! Where a message stands: its own place first, then its copies. It is kept as the outbox's external id, so
//! it needs no table of its own and outlives a restart.

use countersign::ports::ExternalId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Posted {
    /// At least one.
    At(Vec<Place>),
    /// Shown to one person; Slack has no way to change it.
    Gone,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) channel: String,
    pub(crate) ts: String,
}

const GONE: &str = "ephemeral";

impl Posted {
    /// `C1:1700000000.000100 D2:1700000000.000200`.
    pub(crate) fn encode(&self) -> ExternalId {
        ExternalId(match self {
            Self::Gone => GONE.to_owned(),
            Self::At(places) => {
                let places: Vec<String> =
                    places.iter().map(|it| format!("{}:{}", it.channel, it.ts)).collect();
                places.join(" ")
            }
        })
    }

    pub(crate) fn decode(id: &ExternalId) -> Option<Self> {
        if id.0 == GONE {
            return Some(Self::Gone);
        }
        let place = |text: &str| {
            let (channel, ts) = text.split_once(':')?;
            Some(Place { channel: channel.to_owned(), ts: ts.to_owned() })
        };
        let places: Option<Vec<Place>> = id.0.split(' ').map(place).collect();
        places.filter(|places| !places.is_empty()).map(Self::At)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was_kept() {
        let place = |channel: &str, ts: &str| Place { channel: channel.into(), ts: ts.into() };
        let posted = Posted::At(vec![place("C1", "1.1"), place("D2", "2.2")]);
        assert_eq!(posted.encode().0, "C1:1.1 D2:2.2");
        assert_eq!(Posted::decode(&posted.encode()), Some(posted));
        assert_eq!(Posted::decode(&Posted::Gone.encode()), Some(Posted::Gone));
        assert_eq!(Posted::decode(&ExternalId("nonsense".into())), None);
    }
}
