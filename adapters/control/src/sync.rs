//! The directory: one list of all Access sessions. Control knows neither clients nor sites; both are texts in
//! custom properties of each session.

use std::collections::{BTreeMap, HashMap};

use countersign::directory::{Client, Device, DeviceClass, LogOn, Pathway, Site, merge};
use countersign::ids::{ClientId, DeviceId, SiteId};
use countersign::ports::{CallError, SyncBatch};
use jiff::Timestamp;

use crate::Control;
use crate::wire::Session;

/// The client of sessions without one. No other client has such a name, so nothing is linked to it by itself.
const UNASSIGNED: &str = "(unassigned in Control)";

/// See [`countersign::ports::Provider::sync`]. The whole directory in one piece.
pub(crate) async fn all(control: &Control) -> Result<SyncBatch, CallError> {
    let sessions = control.api.access_sessions().await?;
    let total = sessions.len() as u64;
    let mut batch = SyncBatch {
        label: "sessions of Control".into(),
        done: total,
        total,
        // A server that has nothing at all is more likely in trouble than empty: nothing is taken for gone.
        partial: sessions.is_empty(),
        ..SyncBatch::default()
    };
    let config = &control.config;
    let now = control.api.client.now();
    let mut clients: BTreeMap<ClientId, Client> = BTreeMap::new();
    let mut sites: BTreeMap<SiteId, Site> = BTreeMap::new();
    for session in without_stale(sessions, config.client_name_property) {
        let client = client(session.property(config.client_name_property));
        let place = session.property(config.site_property);
        let site = (!place.is_empty()).then(|| Site {
            id: SiteId::new(format!("{}/{}", client.id, place.to_lowercase())),
            client: client.id.clone(),
            name: place.to_owned(),
            time_zone: None,
        });
        batch.devices.push(device(&session, &client.id, site.as_ref().map(|it| &it.id), now));
        clients.entry(client.id.clone()).or_insert(client);
        if let Some(site) = site {
            sites.entry(site.id.clone()).or_insert(site);
        }
    }
    batch.clients = clients.into_values().collect();
    batch.sites = sites.into_values().collect();
    Ok(batch)
}

/// The text is all that a client is: spaces around it and case aside, the same text is the same client.
fn client(text: &str) -> Client {
    let text = text.trim();
    let name = if text.is_empty() { UNASSIGNED } else { text };
    Client { id: ClientId::of_control(text), name: name.to_owned(), rmm: None, automate: None }
}

/// Leaves out sessions whose agent was installed anew since: the new one has another id, and the old one stays
/// until somebody ends it. Same client, name and serial, and not connected while another is; of several that
/// are not connected the one that was so last. Two that are connected at once are two machines.
fn without_stale(sessions: Vec<Session>, client_property: u8) -> Vec<Session> {
    let key = |it: &Session| {
        let serial = it.guest.serial.as_deref().and_then(merge::serial)?;
        let name = it.name.as_ref()?.to_lowercase();
        Some((it.property(client_property).to_lowercase(), name, serial))
    };
    let rank = |it: &Session| (it.online, it.connected_at);
    let mut best: HashMap<_, (bool, Option<Timestamp>)> = HashMap::new();
    for session in &sessions {
        if let Some(key) = key(session) {
            let known = best.entry(key).or_insert_with(|| rank(session));
            *known = (*known).max(rank(session));
        }
    }
    let is_current = |it: &Session| match key(it).and_then(|key| best.get(&key)) {
        Some(best) => it.online || rank(it) == *best,
        None => true,
    };
    sessions.into_iter().filter(is_current).collect()
}

fn device(session: &Session, client: &ClientId, site: Option<&SiteId>, now: Timestamp) -> Device {
    let guest = &session.guest;
    let is_server = guest.os.as_deref().is_some_and(|it| it.to_lowercase().contains("server"));
    let user = guest.user.as_deref().map(|user| LogOn {
        user: user.into(),
        // Whoever is logged on was so when the agent last told.
        at: if session.online { Some(now) } else { session.disconnected_at },
    });
    let model = guest.model.as_deref().filter(|it| !it.is_empty());
    Device {
        id: DeviceId::first_seen("control", &session.id),
        name: session.label(),
        friendly_name: None,
        client: client.clone(),
        site: site.cloned(),
        class: if is_server { DeviceClass::Server } else { DeviceClass::Workstation },
        os: guest.os.as_deref().map(Into::into),
        model: model.map(Into::into),
        serial: guest.serial.clone(),
        bios_uuid: None,
        rmm: None,
        automate: None,
        control: Some(Pathway {
            id: session.id.clone(),
            online: Some(session.online),
            seen_at: seen_at(session, now),
            name: None,
        }),
        log_ons: user.into_iter().collect(),
        read_at: now,
    }
}

fn seen_at(session: &Session, now: Timestamp) -> Option<Timestamp> {
    match session.online {
        true => Some(now),
        false => session.disconnected_at.or(session.connected_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: &str, serial: &str, online: bool, connected: i64) -> Session {
        let mut session =
            Session { id: id.into(), name: Some("FS01".into()), online, ..Session::default() };
        session.properties[0] = "Acme".into();
        session.guest.serial = Some(serial.into());
        session.connected_at = Timestamp::from_second(connected).ok();
        session
    }

    fn check(sessions: &[Session], expected: &[&str]) {
        let left = without_stale(sessions.to_vec(), 1);
        assert_eq!(left.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_session_of_an_agent_that_was_installed_anew_is_left_out() {
        check(&[session("old", "5CG1001", false, 1), session("new", "5CG1001", true, 2)], &["new"]);
        check(
            &[session("old", "5CG1001", false, 1), session("new", "5CG1001", false, 2)],
            &["new"],
        );
        // Both are connected: a copy of a machine, for a person to look at.
        check(&[session("a", "5CG1001", true, 1), session("b", "5CG1001", true, 2)], &["a", "b"]);
        // A serial that proves nothing.
        check(
            &[session("a", "Default string", false, 1), session("b", "Default string", true, 2)],
            &["a", "b"],
        );
    }
}
