//! The product's ids in our words.

use countersign::ids::{ClientId, DeviceId, SiteId};

/// `rmm:<company id>`.
pub(crate) fn client(company: &str) -> ClientId {
    ClientId::new(format!("rmm:{company}"))
}

/// `rmm:<site id>`.
pub(crate) fn site(site: &str) -> SiteId {
    SiteId::new(format!("rmm:{site}"))
}

pub(crate) fn device(endpoint: &str) -> DeviceId {
    DeviceId::first_seen("rmm", endpoint)
}

/// The company behind a client that this product brought into the directory.
pub(crate) fn company_of(client: &ClientId) -> Option<&str> {
    client.as_str().strip_prefix("rmm:")
}

/// Whether an id can stand in a path. Ids are opaque: those of migrated tenants are no valid UUIDs.
pub(crate) fn is_segment(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 128
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'~'))
        && !id.bytes().all(|b| b == b'.')
}
