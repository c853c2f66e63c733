//! One directory of what several products report.
//!
//! The store keeps what each product said; which of it is the same is worked out here, anew at every read.
//! So nothing is merged for good: a link that is taken back, or a clone that is retired, shows at the next
//! read. Left of a link stands ConnectWise RMM, whose ids stay.

use std::collections::{HashMap, HashSet};

use crate::directory::device::{LOG_ONS_MAX, LogOn};
use crate::directory::fold::fold;
use crate::directory::merge::{Decision, Identity, Links, merge};
use crate::directory::{Client, ClientLink, ClientLinks, Device, DeviceClass, Product, Site};
use crate::ids::{ClientId, DeviceId, SiteId};

/// What the products said, as the store keeps it.
#[derive(Debug, Default)]
pub struct Reported {
    pub clients: Vec<Client>,
    pub sites: Vec<Site>,
    pub devices: Vec<Device>,
}

/// What is shown and acted on.
#[derive(Debug, Default)]
pub(super) struct Unified {
    pub(super) clients: Vec<Client>,
    pub(super) sites: Vec<Site>,
    pub(super) devices: Vec<Device>,
    pub(super) conflicts: Vec<Conflict>,
}

/// Devices that may be one machine or several; kept apart until a person has looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub devices: Vec<DeviceId>,
    /// "serial number 5cg1 is on several agents of one product".
    pub text: String,
}

/// Costs some two microseconds a device when two products report, next to nothing when one does.
pub(super) fn unify(reported: Reported, links: &ClientLinks) -> Unified {
    let Reported { mut clients, mut sites, mut devices } = reported;
    leave_out(&mut clients, &mut sites, &mut devices, links);
    let into = linked(&clients, links);
    let mut of: HashMap<Product, Vec<Device>> = HashMap::new();
    for device in devices {
        of.entry(first_of(&device)).or_default().push(device);
    }
    let mut devices = of.remove(&Product::Rmm).unwrap_or_default();
    let mut conflicts: Vec<Conflict> = Vec::new();
    for product in SECONDS {
        let others = of.remove(&product).unwrap_or_default();
        let found;
        (devices, found) = merged(devices, others, product, &into);
        // What two products are at odds about is found again beside a third.
        conflicts
            .extend(found.into_iter().filter(|it| !conflicts.contains(it)).collect::<Vec<_>>());
        for device in &mut devices {
            if let Some(client) = into.get(&device.client) {
                device.client.clone_from(client);
            }
        }
    }
    share_shapes(&mut devices, &conflicts);
    let site_into = join_clients(&mut clients, &mut sites, &into);
    for device in &mut devices {
        if let Some(site) = device.site.as_ref().and_then(|it| site_into.get(it)) {
            device.site = Some(site.clone());
        }
    }
    Unified { clients, sites, devices, conflicts }
}

/// Products whose clients and devices are looked for among those of the products before, in this order.
const SECONDS: [Product; 2] = [Product::Automate, Product::Control];

/// The first product, in the order of merging, that reported a device.
fn first_of(device: &Device) -> Product {
    match (&device.rmm, &device.automate) {
        (Some(_), _) => Product::Rmm,
        (None, Some(_)) => Product::Automate,
        (None, None) if device.control.is_some() => Product::Control,
        (None, None) => Product::Rmm,
    }
}

/// The product that a client was reported by; `None` for one that several share already.
pub fn product_of(client: &Client) -> Option<Product> {
    match (&client.rmm, &client.automate) {
        (Some(_), None) => Some(Product::Rmm),
        (None, Some(_)) => Some(Product::Automate),
        (None, None) if client.id.is_of_control() => Some(Product::Control),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

fn leave_out(
    clients: &mut Vec<Client>,
    sites: &mut Vec<Site>,
    devices: &mut Vec<Device>,
    links: &ClientLinks,
) {
    let out: HashSet<ClientId> =
        clients.iter().filter(|it| links.is_out(it)).map(|it| it.id.clone()).collect();
    if out.is_empty() {
        return;
    }
    clients.retain(|it| !out.contains(&it.id));
    sites.retain(|it| !out.contains(&it.client));
    devices.retain(|it| !out.contains(&it.client));
}

/// Client of Automate to the client of RMM that it is, and client of Control to the one of either: what a
/// person decided, else an equal name that nobody else has.
pub(crate) fn linked(clients: &[Client], links: &ClientLinks) -> Links {
    let mut named: HashMap<(Product, String), Vec<&Client>> = HashMap::new();
    for client in clients {
        if let Some(product) = product_of(client) {
            named.entry((product, fold(client.name.trim()))).or_default().push(client);
        }
    }
    let only = |product, name: &str| match named.get(&(product, name.to_owned()))?.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let by_id: HashMap<&ClientId, &Client> = clients.iter().map(|it| (&it.id, it)).collect();
    let link = |client: &Client, own: Product, firsts: &[Product]| match links.of(&client.id) {
        Some(ClientLink::Linked(to)) => {
            let product = by_id.get(to).and_then(|it| product_of(it));
            product.is_some_and(|it| firsts.contains(&it)).then(|| to.clone())
        }
        Some(ClientLink::Own | ClientLink::Out) => None,
        None => {
            let name = fold(client.name.trim());
            only(own, &name)?;
            firsts.iter().find_map(|it| only(*it, &name)).map(|it| it.id.clone())
        }
    };
    let mut taken = HashSet::new();
    let mut into = Links::new();
    for (place, own) in SECONDS.into_iter().enumerate() {
        let mut firsts = vec![Product::Rmm];
        firsts.extend(&SECONDS[..place]);
        let mut seconds: Vec<&Client> =
            clients.iter().filter(|it| product_of(it) == Some(own)).collect();
        // What a person decided goes first; then by id, so that it is the same every time.
        seconds.sort_by_key(|it| (links.of(&it.id).is_none(), &it.id));
        for client in seconds {
            let Some(to) = link(client, own, &firsts) else { continue };
            // What it is linked to may itself be another product's.
            let to = into.get(&to).cloned().unwrap_or(to);
            // A client has one id in Automate: a second one linked to it stays apart. In Control it has no id,
            // and may be spelled in several ways.
            if own == Product::Control || taken.insert(to.clone()) {
                into.insert(client.id.clone(), to);
            }
        }
    }
    into
}

/// Puts linked clients together; their sites of one name become one. Gives the sites that went into others.
fn join_clients(
    clients: &mut Vec<Client>,
    sites: &mut Vec<Site>,
    into: &Links,
) -> HashMap<SiteId, SiteId> {
    if into.is_empty() {
        return HashMap::new();
    }
    let ids: HashMap<&ClientId, String> =
        clients.iter().filter_map(|it| Some((into.get(&it.id)?, it.automate.clone()?))).collect();
    for client in clients.iter_mut() {
        if let Some(id) = ids.get(&client.id) {
            client.automate = Some(id.clone());
        }
    }
    clients.retain(|it| !into.contains_key(&it.id));

    let mut known: HashMap<(ClientId, String), SiteId> = HashMap::new();
    for site in sites.iter().filter(|it| !into.contains_key(&it.client)) {
        known.insert((site.client.clone(), fold(&site.name)), site.id.clone());
    }
    let mut site_into = HashMap::new();
    sites.retain_mut(|site| {
        let Some(client) = into.get(&site.client) else { return true };
        match known.get(&(client.clone(), fold(&site.name))) {
            Some(same) => {
                site_into.insert(site.id.clone(), same.clone());
                false
            }
            None => {
                site.client.clone_from(client);
                true
            }
        }
    });
    site_into
}

fn merged(
    ones: Vec<Device>,
    others: Vec<Device>,
    product: Product,
    into: &Links,
) -> (Vec<Device>, Vec<Conflict>) {
    if ones.is_empty() || others.is_empty() {
        return (ones.into_iter().chain(others).collect(), Vec::new());
    }
    let (pairs, conflicts) = decided(&ones, &others, into);
    let mut devices = ones;
    let mut rest = Vec::new();
    for device in others {
        match pairs.get(&device.id) {
            Some(at) => join(&mut devices[*at], device, product),
            None => rest.push(device),
        }
    }
    devices.append(&mut rest);
    devices.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    (devices, conflicts)
}

/// Device of the second product to the place of the first's that it is.
fn decided(
    ones: &[Device],
    others: &[Device],
    into: &Links,
) -> (HashMap<DeviceId, usize>, Vec<Conflict>) {
    let left: Vec<Identity<'_>> = ones.iter().map(Identity::of).collect();
    let right: Vec<Identity<'_>> = others.iter().map(Identity::of).collect();
    let places: HashMap<&DeviceId, usize> =
        ones.iter().enumerate().map(|(at, it)| (&it.id, at)).collect();
    let mut pairs = HashMap::with_capacity(others.len());
    let mut conflicts = Vec::new();
    for decision in merge(&left, &right, into) {
        match decision {
            Decision::Merge { one, other, .. } => {
                if let Some(at) = places.get(one) {
                    pairs.insert(other.clone(), *at);
                }
            }
            Decision::New(_) => {}
            Decision::Conflict { devices, clash } => conflicts.push(Conflict {
                devices: devices.into_iter().cloned().collect(),
                text: clash.text(),
            }),
        }
    }
    (pairs, conflicts)
}

/// Agents with one serial are on one machine or on copies of it, so they look alike: a workstation of unknown
/// shape has the shape that another product tells.
fn share_shapes(devices: &mut [Device], conflicts: &[Conflict]) {
    if conflicts.is_empty() {
        return;
    }
    let places: HashMap<DeviceId, usize> =
        devices.iter().enumerate().map(|(at, it)| (it.id.clone(), at)).collect();
    for conflict in conflicts {
        let at = || conflict.devices.iter().filter_map(|id| places.get(id).copied());
        let mut known =
            at().map(|at| devices[at].class).filter(|it| *it != DeviceClass::Workstation);
        let Some(shape) = known.next() else { continue };
        if known.all(|it| it == shape) && !shape.is_server() {
            for at in at() {
                devices[at].class = shape;
            }
        }
    }
}

/// One machine: what the products before say stands, `product` adds what they left open.
fn join(one: &mut Device, other: Device, product: Product) {
    let (place, mut pathway) = match product {
        Product::Rmm => (&mut one.rmm, other.rmm),
        Product::Automate => (&mut one.automate, other.automate),
        Product::Control => (&mut one.control, other.control),
    };
    if let Some(pathway) = pathway.as_mut().filter(|_| fold(&one.name) != fold(&other.name)) {
        pathway.name = Some(other.name.clone());
    }
    *place = pathway;
    one.friendly_name = one.friendly_name.take().or(other.friendly_name);
    // Under the name that it has in the other product it is looked for as well.
    if one.friendly_name.is_none() && fold(&one.name) != fold(&other.name) {
        one.friendly_name = Some(other.name);
    }
    one.class = match (one.class, other.class) {
        // Servers are the more careful of two opinions.
        (_, DeviceClass::Server) => DeviceClass::Server,
        (DeviceClass::Workstation, class) => class,
        (class, _) => class,
    };
    one.os = one.os.take().or(other.os);
    one.model = one.model.take().or(other.model);
    one.serial = one.serial.take().or(other.serial);
    one.bios_uuid = one.bios_uuid.take().or(other.bios_uuid);
    one.site = one.site.take().or(other.site);
    one.log_ons = newest_first(&one.log_ons, &other.log_ons);
    one.read_at = one.read_at.max(other.read_at);
}

/// Log-ons of two readings, newest first, each user once; those without a time come last.
pub fn newest_first(new: &[LogOn], old: &[LogOn]) -> Vec<LogOn> {
    let mut all: Vec<&LogOn> = new.iter().chain(old).collect();
    // Stable: what was just read stands before what was stored, where times are equal.
    all.sort_by_key(|it| std::cmp::Reverse(it.at));
    let mut kept: Vec<LogOn> = Vec::new();
    for it in all {
        if kept.len() < LOG_ONS_MAX && !kept.iter().any(|one| one.user == it.user) {
            kept.push(it.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests;
