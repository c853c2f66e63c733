//! How long it takes to find a device among 100,000, and to build what that needs.
//!
//! `cargo bench --bench resolver` prints percentiles over mixed phrases first, then one table by kind of phrase.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use countersign::directory::resolver::resolve;
use countersign::directory::{
    Client, Device, DeviceClass, Directory, LogOn, Pathway, Phrase, Resolution, Site,
};
use countersign::ids::{ClientId, DeviceId, SiteId};
use fleet::{Dice, Fleet, fleet};

mod fleet;

const CLIENTS: usize = 500;
const DEVICES_PER_CLIENT: usize = 200;
const PHRASES: usize = 20_000;

static FLEET: LazyLock<Fleet> = LazyLock::new(|| fleet(CLIENTS, DEVICES_PER_CLIENT, 7));

fn main() {
    percentiles();
    divan::main();
}

/// Report only: a shared machine is no place for an assertion on time.
fn percentiles() {
    let directory = &FLEET.directory;
    let mut dice = Dice::new(3);
    let phrases: Vec<(String, Option<ClientId>)> =
        (0..PHRASES).map(|number| phrase(number, &mut dice)).collect();
    let (mut times, mut one) = (Vec::with_capacity(PHRASES), 0);
    for (text, hint) in &phrases {
        let phrase = Phrase { text, client_hint: hint.as_ref() };
        // The best of three, for other programs run here too.
        let asked = (0..3).map(|_| {
            let start = Instant::now();
            let answer = black_box(resolve(black_box(&phrase), directory));
            (start.elapsed(), matches!(answer, Resolution::One(_)))
        });
        let Some((time, acted)) = asked.min() else { continue };
        times.push((time, text));
        one += usize::from(acted);
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 1000].0;
    let [p50, p90, p99, p999] = [500, 900, 990, 999].map(at).map(micros);
    println!(
        "{} devices, {PHRASES} mixed phrases: p50 {p50} µs, p90 {p90} µs, p99 {p99} µs, \
         p99.9 {p999} µs, {} % one device",
        directory.devices().len(),
        100 * one / PHRASES
    );
    let slowest = times.iter().rev().step_by(20).take(5);
    slowest.for_each(|(time, text)| println!("  slow: {} µs {text:?}", micros(*time)));
}

fn micros(time: Duration) -> u128 {
    time.as_micros()
}

fn phrase(number: usize, dice: &mut Dice) -> (String, Option<ClientId>) {
    let fleet = &*FLEET;
    let owner = &fleet.owners[dice.below(fleet.owners.len())];
    let device = &fleet.directory.devices()[owner.device];
    let client = &fleet.directory.clients()[owner.client].name;
    let (first, last) = (owner.first.to_lowercase(), owner.last.to_lowercase());
    let host = device.name.to_lowercase();
    let swapped: String = host.chars().take(1).chain(host.chars().skip(2)).collect();
    let text = match number % 12 {
        0 => host,
        1 => format!("{client} {host}"),
        2 => host.replace('-', " "),
        3 => swapped,
        4 => format!("{first}'s laptop"),
        5 => format!("{first} {last}'s pc"),
        6 => format!("{first}s laptop at {client}"),
        7 => format!("the server at {client}"),
        8 => format!("dc01 at {client}"),
        9 => format!("front desk pc {client}"),
        10 => format!("{first}x {last}'s windows 11 laptop"),
        _ => format!("{first}'s machine in sydney"),
    };
    (text, number.is_multiple_of(3).then(|| device.client.clone()))
}

#[divan::bench(args = [
    "bluegum dental 3 dc01", "dc01", "james's laptop", "james smith's laptop", "laptop",
    "windows 11 desktop", "destkop-8f3k2l1", "desktop 8f3k2l1", "james laptop at harbour legal",
    "qwertz uiop asdf", "front desk", "7b1f0000-0000-4000-8000-00000000ffff",
])]
fn one_phrase(text: &str) -> bool {
    let phrase = Phrase { text: black_box(text), client_hint: None };
    matches!(resolve(&phrase, &FLEET.directory), Resolution::One(_))
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn directory_of_100k(bencher: divan::Bencher<'_, '_>) {
    let known = &FLEET.directory;
    let lists = || (known.clients().to_vec(), known.sites().to_vec(), known.devices().to_vec());
    bencher.with_inputs(lists).bench_values(|(clients, sites, devices)| {
        Directory::new(clients, sites, devices, Vec::new(), None)
    });
}
