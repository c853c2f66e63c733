//! Our ids of the product's clients and locations, and back.

use countersign::ids::{ClientId, SiteId};

const PREFIX: &str = "automate:";

pub(crate) fn client(id: i64) -> ClientId {
    ClientId::new(format!("{PREFIX}{id}"))
}

pub(crate) fn site(id: i64) -> SiteId {
    SiteId::new(format!("{PREFIX}{id}"))
}

/// The client's number in Automate, if the id was made here.
pub(crate) fn client_of(id: &ClientId) -> Option<i64> {
    id.as_str().strip_prefix(PREFIX)?.parse().ok()
}
