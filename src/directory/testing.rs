//! Fleets written as one line of text, for the tests of this folder.

use crate::directory::{
    Client, Device, DeviceClass, Directory, Found, LogOn, Pathway, Phrase, Resolution, Site,
};
use crate::ids::{ClientId, DeviceId, SiteId};

/// `Client/HOST` by spaces, `_` for a space in a name, details after colons:
/// `Bluegum_Vet/MARIA-LT-01:laptop:7*BLUEGUM\maria+3*bob:friendly=Front_desk:site=HQ@Europe/Berlin`.
pub(crate) fn fleet(text: &str) -> Directory {
    let (mut clients, mut sites, mut devices) = (Vec::<Client>::new(), Vec::<Site>::new(), vec![]);
    for (number, line) in text.split_whitespace().enumerate() {
        let line = line.replace('_', " ");
        let (client, rest) = line.split_once('/').unwrap();
        let id = ClientId::new(client);
        if clients.iter().all(|it| it.id != id) {
            clients.push(Client { id: id.clone(), name: client.to_owned(), rmm: None });
        }
        let mut details = rest.split(':');
        let mut device = bare_device(number, details.next().unwrap(), id);
        details.for_each(|detail| add_detail(&mut device, detail, &mut sites));
        devices.push(device);
    }
    Directory::new(clients, sites, devices, Vec::new(), None)
}

fn bare_device(number: usize, name: &str, client: ClientId) -> Device {
    let class = if name.contains("LT") || name.contains("MBP") || name.contains("MacBook") {
        DeviceClass::Laptop
    } else if name.contains("PC") || name.contains("DESKTOP") || name.contains("WS") {
        DeviceClass::Desktop
    } else {
        DeviceClass::Server
    };
    Device {
        id: DeviceId::new(format!("dev-{number}")),
        name: name.to_owned(),
        friendly_name: None,
        client,
        site: None,
        class,
        os: None,
        model: None,
        serial: None,
        rmm: None,
        automate: None,
        control: None,
        log_ons: Vec::new(),
        read_at: "2026-09-14T08:00:00Z".parse().unwrap(),
    }
}

fn add_detail(device: &mut Device, detail: &str, sites: &mut Vec<Site>) {
    let online = |online| Some(Pathway { id: "1".into(), online: Some(online), seen_at: None });
    match detail.split_once('=') {
        Some(("friendly", name)) => device.friendly_name = Some(name.to_owned()),
        Some(("os", os)) => device.os = Some(os.into()),
        Some(("model", model)) => device.model = Some(model.into()),
        Some(("serial", serial)) => device.serial = Some(serial.to_owned()),
        Some(("rmm", id)) => {
            device.rmm = Some(Pathway { id: id.to_owned(), online: None, seen_at: None });
        }
        Some(("site", name)) => {
            let (name, time_zone) = match name.split_once('@') {
                Some((name, zone)) => (name, Some(zone.to_owned())),
                None => (name, None),
            };
            let id = SiteId::new(format!("{}/{name}", device.client));
            if sites.iter().all(|it| it.id != id) {
                let client = device.client.clone();
                sites.push(Site { id: id.clone(), client, name: name.to_owned(), time_zone });
            }
            device.site = Some(id);
        }
        Some(other) => panic!("no detail is called {}", other.0),
        None => match detail {
            "laptop" => device.class = DeviceClass::Laptop,
            "desktop" => device.class = DeviceClass::Desktop,
            "workstation" => device.class = DeviceClass::Workstation,
            "server" => device.class = DeviceClass::Server,
            "online" => device.control = online(true),
            "offline" => device.control = online(false),
            users => users.split('+').for_each(|user| add_log_ons(device, user)),
        },
    }
}

fn add_log_ons(device: &mut Device, text: &str) {
    let (count, user) = text.split_once('*').unwrap_or(("1", text));
    for _ in 0..count.parse().unwrap() {
        let at = Some("2026-09-12T08:00:00Z".parse().unwrap());
        device.log_ons.push(LogOn { user: user.into(), at });
    }
}

/// The phrase in a channel of a client: `[Acme] dc01`.
pub(crate) fn answer(phrase: &str, directory: &Directory) -> String {
    let (hint, text) = match phrase.strip_prefix('[').and_then(|it| it.split_once("] ")) {
        Some((client, text)) => (Some(ClientId::new(client)), text),
        None => (None, phrase),
    };
    let phrase = Phrase { text, client_hint: hint.as_ref() };
    let names = |found: &[Found<'_>]| {
        let names = found.iter().map(|it| format!("{}/{}", it.device.client, it.device.name));
        names.collect::<Vec<_>>().join(", ")
    };
    match crate::directory::resolver::resolve(&phrase, directory) {
        Resolution::One(found) => format!("one: {}", names(&[found])),
        Resolution::Several { choices, total } if total == choices.len() => {
            format!("several: {}", names(&choices))
        }
        Resolution::Several { choices, total } => {
            format!("several: {} of {total}", choices.len())
        }
        Resolution::Unknown { closest } if closest.is_empty() => "unknown".to_owned(),
        Resolution::Unknown { closest } => format!("unknown: {}", names(&closest)),
    }
}
