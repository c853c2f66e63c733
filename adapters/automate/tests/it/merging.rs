//! One fleet seen by two products: linked clients, merged devices, and the cases that stay apart.

use std::collections::HashMap;
use std::time::Instant;

use countersign::directory::link::{clear, suggest};
use countersign::directory::merge::{Because, Clash, Decision, Identity, Links, merge};
use countersign::directory::{Client, Device, DeviceClass};
use countersign::ids::{ClientId, DeviceId};
use countersign_simulator::automate::Switches;
use countersign_simulator::{Options, World};

use crate::harness::Bench;

/// The fleet as RMM tells it.
fn rmm(world: &World) -> (Vec<Client>, Vec<Device>) {
    let id = |name: &str| ClientId::new(format!("rmm:{name}"));
    let clients = world.with_fleet(|fleet| {
        let client = |name: &str| Client {
            id: id(name),
            name: name.to_owned(),
            rmm: Some(name.to_owned()),
            automate: None,
        };
        fleet.clients.iter().map(|it| client(&it.name)).collect()
    });
    let device = |it: countersign_simulator::Endpoint| Device {
        id: DeviceId::new(it.host.clone()),
        name: it.host,
        friendly_name: it.friendly,
        client: id(&it.client),
        site: None,
        class: DeviceClass::Desktop,
        os: None,
        model: None,
        serial: Some(it.serial),
        bios_uuid: Some(it.bios_uuid.to_string()),
        rmm: None,
        automate: None,
        control: None,
        log_ons: Vec::new(),
        read_at: world.now(),
    };
    (clients, world.endpoints().into_iter().map(device).collect())
}

#[tokio::test]
async fn a_fleet_in_two_products_becomes_one_and_what_is_unclear_stays_apart() {
    let bench = Bench::start().await;
    let (rmm_clients, rmm_devices) = rmm(&bench.world);
    let batches = bench.sync().await;
    let clients: Vec<Client> = batches.iter().flat_map(|it| it.clients.clone()).collect();
    let devices: Vec<Device> = batches.into_iter().flat_map(|it| it.devices).collect();

    let suggestions = suggest(&rmm_clients, &clients);
    let links: Links = suggestions
        .iter()
        .filter_map(|some| clear(some))
        .map(|it| (it.other.id.clone(), it.one.id.clone()))
        .collect();
    let linked =
        |name: &str| links[&clients.iter().find(|it| it.name == name).unwrap().id].to_string();
    assert_eq!(linked("Bluegum Vet Pty Ltd"), "rmm:Bluegum Vet");
    assert_eq!(linked("ACME LOGISTICS"), "rmm:Acme Logistics");
    assert_eq!(links.len(), 5, "the MSP and Automate's own clients are nobody in RMM: {links:?}");

    let names: HashMap<&DeviceId, &str> =
        devices.iter().map(|it| (&it.id, it.name.as_str())).collect();
    let name = |id: &DeviceId| names.get(id).map_or(id.to_string(), |name| format!("cwa:{name}"));
    let ones: Vec<Identity<'_>> = rmm_devices.iter().map(Identity::of).collect();
    let others: Vec<Identity<'_>> = devices.iter().map(Identity::of).collect();
    let (mut merged, mut new, mut conflicts) = (HashMap::new(), Vec::new(), Vec::new());
    for decision in merge(&ones, &others, &links) {
        match decision {
            Decision::Merge { one, other, because } => {
                merged.insert(name(one), (name(other), because));
            }
            Decision::New(device) => new.push(name(device)),
            Decision::Conflict { devices, clash } => {
                conflicts
                    .push((devices.into_iter().map(name).collect::<Vec<_>>().join(" "), clash));
            }
        }
    }
    for (host, other, because) in [
        ("MARIA-LT-01", "cwa:MARIA-LT-01", Because::Serial),
        // Renamed in one product.
        ("BV-SURG-02", "cwa:BV-SURG-OLD", Because::Serial),
        // No serial worth the name.
        ("KIOSK-01", "cwa:KIOSK-01", Because::Name),
    ] {
        assert_eq!(merged.get(host), Some(&(other.to_owned(), because)), "{host}");
    }
    for host in ["DC02", "ACME-LT-11", "cwa:OBRIEN-PC1", "cwa:MÜLLER-EMPFANG"] {
        assert!(new.contains(&host.to_owned()), "{host}: {new:?}");
    }
    let shared: Vec<&str> = conflicts
        .iter()
        .filter(|it| matches!(it.1, Clash::SharedSerial(_)))
        .map(|it| it.0.as_str())
        .collect();
    // Enrolled twice; and an image that came with the serial of its neighbour.
    assert_eq!(
        shared,
        ["HD-RECEP-02 cwa:HD-RECEP-02 cwa:HD-RECEP-02", "ACME-WS-03 cwa:ACME-WS-03 cwa:ACME-WS-04"]
    );
    assert_eq!(conflicts.len(), 2, "{conflicts:?}");
}

#[tokio::test]
async fn twenty_thousand_computers_are_listed_and_nearly_all_merged() {
    let automate = Switches { share_percent: 100, ..Switches::default() };
    let bench = Bench::of(Options { endpoints: 20_000, automate, ..Options::default() }).await;
    let (rmm_clients, rmm_devices) = rmm(&bench.world);
    let started = Instant::now();
    let batches = bench.sync().await;
    let listed = started.elapsed();
    let clients: Vec<Client> = batches.iter().flat_map(|it| it.clients.clone()).collect();
    let devices: Vec<Device> = batches.into_iter().flat_map(|it| it.devices).collect();
    let suggestions = suggest(&rmm_clients, &clients);
    let clear = suggestions.iter().filter_map(|some| clear(some));
    let links: Links = clear.map(|it| (it.other.id.clone(), it.one.id.clone())).collect();
    let ones: Vec<Identity<'_>> = rmm_devices.iter().map(Identity::of).collect();
    let others: Vec<Identity<'_>> = devices.iter().map(Identity::of).collect();
    let decisions = merge(&ones, &others, &links);
    let took = started.elapsed();
    let merged = decisions.iter().filter(|it| matches!(it, Decision::Merge { .. })).count();
    println!(
        "{} computers listed in {listed:?}, {} of {} clients linked and {merged} devices merged after {took:?}",
        devices.len(),
        links.len(),
        rmm_clients.len()
    );
    assert!(merged > 19_000, "{merged}");
    // Names that are nearly another client's are left to a person.
    assert!(links.len() * 10 > rmm_clients.len() * 8, "{} of {}", links.len(), rmm_clients.len());
}
