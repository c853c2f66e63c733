//! How long it takes to find which of 100,000 agents of two products are on one machine, and which of 1,000
//! clients are one.

use countersign::directory::link::suggest;
use countersign::directory::merge::{Decision, Identity, Links, merge};
use countersign::directory::{Client, Device, DeviceClass, Directory, LogOn, Pathway, Site};
use countersign::ids::{ClientId, DeviceId, SiteId};
use divan::Bencher;
use fleet::fleet;

#[expect(dead_code, reason = "the owners are for other benches")]
mod fleet;

fn main() {
    divan::main();
}

struct Two {
    one: Vec<Device>,
    other: Vec<Device>,
    links: Links,
}

/// The second product has nine of ten machines, every twentieth without a serial, every hundredth twice.
fn two(clients: usize, each: usize) -> Two {
    let one = fleet(clients, each, 7).directory.devices().to_vec();
    let mut links = Links::new();
    let mut other = Vec::with_capacity(one.len());
    for (number, device) in one.iter().enumerate().filter(|(number, _)| number % 10 != 3) {
        let mut twin = device.clone();
        twin.id = DeviceId::new(format!("x{}", device.id));
        twin.client = ClientId::new(format!("x{}", device.client));
        twin.name = device.name.to_lowercase();
        if number % 20 == 0 {
            twin.serial = Some("To be filled by O.E.M.".into());
        }
        links.insert(twin.client.clone(), device.client.clone());
        if number % 100 == 1 {
            other.push(Device { id: DeviceId::new(format!("y{}", device.id)), ..twin.clone() });
        }
        other.push(twin);
    }
    Two { one, other, links }
}

#[divan::bench(args = [20_000, 100_000], sample_count = 10)]
fn merge_devices(bencher: Bencher<'_, '_>, devices: usize) {
    let two = two(devices / 200, 200);
    let one: Vec<Identity<'_>> = two.one.iter().map(Identity::of).collect();
    let other: Vec<Identity<'_>> = two.other.iter().map(Identity::of).collect();
    let decisions = merge(&one, &other, &two.links);
    let merged = decisions.iter().filter(|it| matches!(it, Decision::Merge { .. })).count();
    assert!(merged > devices / 2, "{merged}");
    bencher.bench_local(|| merge(&one, &other, &two.links));
}

#[divan::bench(args = [1_000], sample_count = 10)]
fn suggest_links(bencher: Bencher<'_, '_>, count: usize) {
    let one = fleet(count, 1, 7).directory.clients().to_vec();
    let spelled =
        |client: &Client| Client { name: format!("{} Pty Ltd", client.name), ..client.clone() };
    let other: Vec<Client> = one.iter().map(spelled).collect();
    bencher.bench_local(|| suggest(&one, &other).len());
}
