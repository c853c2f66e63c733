//! The directory, piece by piece.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use countersign::directory::DeviceClass;
use countersign::ports::{Position, Provider};
use countersign_simulator::automate::{AutomateRoute, Switches};
use countersign_simulator::{FaultKind, Options};

use crate::harness::{Bench, sync};

fn large(endpoints: usize) -> Options {
    let automate = Switches { share_percent: 100, ..Switches::default() };
    Options { endpoints, automate, ..Options::default() }
}

#[tokio::test]
async fn clients_locations_computers_and_scripts_come_in_pieces() {
    let bench = Bench::start().await;
    let batches = bench.sync().await;
    let clients: Vec<_> = batches.iter().flat_map(|it| &it.clients).collect();
    assert_eq!(clients[0].automate.as_deref(), clients[0].id.as_str().strip_prefix("automate:"));
    let devices: Vec<_> = batches.iter().flat_map(|it| &it.devices).collect();
    assert_eq!(devices.len(), bench.world.automate_count());
    let maria = devices.iter().find(|it| it.name == "MARIA-LT-01").unwrap();
    // By its name: Automate itself does not tell.
    assert_eq!(maria.class, DeviceClass::Laptop);
    assert_eq!(maria.automate.as_ref().unwrap().online, Some(true));
    assert_eq!(maria.log_ons.len(), 1, "{:?}", maria.log_ons);
    assert_eq!(&*maria.log_ons[0].user, "BLUEGUM\\maria");
    assert!(maria.log_ons[0].at.is_some());
    assert!(maria.serial.is_some());
    let sites: HashSet<_> = batches.iter().flat_map(|it| &it.sites).map(|it| &it.id).collect();
    assert!(sites.contains(maria.site.as_ref().unwrap()));
    let scripts = &batches.last().unwrap().scripts;
    assert_eq!(scripts.len(), 15);
    assert_eq!(scripts.iter().map(|it| &it.slug).collect::<HashSet<_>>().len(), 15);
    assert_eq!(batches.last().unwrap().done, batches.last().unwrap().total);
    // No list was read without a projection: full rows hold passwords.
    let lists = bench.world.requests();
    let lists = lists.iter().filter(|it| it.path.contains("pageSize"));
    assert!(lists.clone().all(|it| it.path.contains("includeFields")));
    assert!(lists.clone().all(|it| it.path.contains("orderBy")));
}

#[tokio::test]
async fn twenty_thousand_computers_come_whole_and_in_few_requests() {
    for total_count in [true, false] {
        let mut options = large(20_000);
        options.automate.total_count = total_count;
        let bench = Bench::of(options).await;
        let started = Instant::now();
        let batches = bench.sync().await;
        let took = started.elapsed();
        let ids: HashSet<_> = batches.iter().flat_map(|it| &it.devices).map(|it| &it.id).collect();
        assert_eq!(ids.len(), bench.world.automate_count());
        assert!(batches.iter().all(|it| it.devices.len() <= 4_000));
        println!(
            "{} computers in {took:?} with {} requests",
            ids.len(),
            bench.world.request_count()
        );
        // How long that takes is for the machine to say; its pages are not.
        assert!(bench.world.request_count() < 60, "{} requests", bench.world.request_count());
    }
}

#[tokio::test]
async fn a_sync_goes_on_where_it_stopped() {
    let bench = Bench::of(large(6_000)).await;
    let mut position = None;
    for _ in 0..3 {
        position = bench.automate.sync(position.as_ref()).await.unwrap().next;
    }
    bench.always(AutomateRoute::Computers, FaultKind::Html502);
    bench.automate.sync(position.as_ref()).await.unwrap_err();
    bench.world.clear_faults();
    let rest = sync(&bench.automate, position).await;
    let devices: usize = rest.iter().map(|it| it.devices.len()).sum();
    assert_eq!(devices, bench.world.automate_count() - 4_000);
}

#[tokio::test]
async fn a_position_of_another_version_starts_anew() {
    let bench = Bench::start().await;
    let odd = Position("page 7".into());
    let batch = bench.automate.sync(Some(&odd)).await.unwrap();
    assert!(!batch.clients.is_empty() && batch.next.is_some());
}

#[tokio::test]
async fn a_computer_that_slips_between_pages_is_not_missed() {
    let bench = Bench::of(large(9_000)).await;
    let mut position = None;
    for _ in 0..3 {
        position = bench.automate.sync(position.as_ref()).await.unwrap().next;
    }
    // The first page loses one, so every computer behind it moves up by one place, and one new comes.
    bench.world.retire_automate("BV-DC01").unwrap();
    bench.world.enrol_automate("BV-FS01").unwrap();
    let rest = sync(&bench.automate, position).await;
    let seen: HashSet<_> = rest.iter().flat_map(|it| &it.devices).map(|it| &it.id).collect();
    assert_eq!(seen.len(), bench.world.automate_count());
}

#[tokio::test]
async fn a_repeated_sync_reads_only_computers_that_reported_since() {
    let bench = Bench::start().await;
    let count = bench.world.automate_count();
    let devices = |batches: &[countersign::ports::SyncBatch]| -> HashSet<String> {
        batches.iter().flat_map(|it| &it.devices).map(|it| it.name.clone()).collect()
    };
    let whole = bench.sync().await;
    assert_eq!(whole.iter().map(|it| it.devices.len()).sum::<usize>(), count);
    assert!(!whole.last().unwrap().partial);

    bench.world.advance(Duration::from_secs(15 * 60));
    let partial = bench.sync().await;
    assert!(partial.last().unwrap().partial);
    let seen = devices(&partial);
    assert!(seen.contains("MARIA-LT-01") && !seen.contains("KIOSK-01"), "{seen:?}");

    // It goes off, which is news, and comes back, which is news again.
    bench.world.set_online("MARIA-LT-01", false).unwrap();
    bench.world.advance(Duration::from_secs(15 * 60));
    let off = bench.sync().await;
    let maria = off.iter().flat_map(|it| &it.devices).find(|it| it.name == "MARIA-LT-01").unwrap();
    assert_eq!(maria.automate.as_ref().unwrap().online, Some(false));
    bench.world.advance(Duration::from_secs(60 * 60));
    bench.sync().await;
    assert!(!devices(&bench.sync().await).contains("MARIA-LT-01"));

    bench.world.advance(Duration::from_secs(2 * 3_600));
    let whole = bench.sync().await;
    assert!(!whole.last().unwrap().partial);
    assert!(devices(&whole).contains("KIOSK-01"));
}

#[tokio::test]
async fn a_server_that_cannot_compare_dates_is_read_as_a_whole() {
    let bench = Bench::start().await;
    bench.sync().await;
    let mut position = None;
    for _ in 0..2 {
        position = bench.automate.sync(position.as_ref()).await.unwrap().next;
    }
    bench.fault(AutomateRoute::Computers, FaultKind::Locked423);
    let rest = sync(&bench.automate, position).await;
    assert!(!rest.last().unwrap().partial);
    let devices: usize = rest.iter().map(|it| it.devices.len()).sum();
    assert_eq!(devices, bench.world.automate_count());
}
