//! The directory, piece by piece.

use countersign::directory::DeviceClass;
use countersign::ports::{Position, Provider};
use countersign_simulator::rmm::{Paths, Switches};
use countersign_simulator::{FaultKind, Options, Route};

use crate::harness::{Bench, sync};

#[tokio::test]
async fn everything_there_is_comes_with_a_sync() {
    let bench = Bench::start().await;
    let directory = bench.know_names().await;
    let endpoints = bench.world.endpoints();
    assert_eq!(directory.devices().len(), endpoints.len());
    for endpoint in &endpoints {
        let id = endpoint.id.to_string();
        let device = directory.device_behind(countersign::directory::Product::Rmm, &id).unwrap();
        assert_eq!(device.name, endpoint.host);
        assert_eq!(device.friendly_name, endpoint.friendly.clone().filter(|it| !it.is_empty()));
        assert_eq!(directory.client_name(&device.client), endpoint.client);
        assert_eq!(directory.site(device.site.as_ref().unwrap()).unwrap().name, endpoint.site);
        assert_eq!(device.online(), Some(endpoint.online), "{}", endpoint.host);
        assert_eq!(device.serial.as_deref(), Some(endpoint.serial.as_str()));
        assert_eq!(device.last_user(), endpoint.user.as_deref(), "{}", endpoint.host);
        assert!(device.rmm.as_ref().unwrap().seen_at.is_some());
    }
}

#[tokio::test]
async fn laptops_desktops_and_servers_are_told_apart() {
    let bench = Bench::start().await;
    let directory = bench.know_names().await;
    let class = |host: &str| {
        directory.devices().iter().find(|it| it.name == host).map(|it| it.class).unwrap()
    };
    assert_eq!(class("MARIA-LT-01"), DeviceClass::Laptop);
    assert_eq!(class("BV-MAC-01"), DeviceClass::Laptop);
    assert_eq!(class("BV-FRONT-01"), DeviceClass::Desktop);
    assert_eq!(class("BV-DC01"), DeviceClass::Server);
    assert_eq!(class("hd-imaging"), DeviceClass::Server);
}

#[tokio::test]
async fn a_sync_goes_on_where_it_stopped() {
    let switches = Switches { tokens_per_minute: 1_000, ..Switches::default() };
    let bench = Bench::with(switches).await;
    let whole = bench.sync().await;
    for stop in 1..whole.len() {
        // Another process, which knows nothing but the position.
        let rest = sync(&bench.another(), whole[stop - 1].next.clone()).await;
        assert_eq!(rest.len(), whole.len() - stop, "stopped behind piece {stop}");
        for (one, other) in rest.iter().zip(&whole[stop..]) {
            assert_eq!(one.devices.len(), other.devices.len());
            assert_eq!((one.done, one.total, &one.label), (other.done, other.total, &other.label));
            assert_eq!(one.next, other.next);
        }
    }
}

#[tokio::test]
async fn progress_grows_to_its_total() {
    let bench = Bench::of(Options { endpoints: 400, time_factor: 0, ..Options::default() }).await;
    let batches = bench.sync().await;
    assert!(batches.is_sorted_by_key(|it| it.done));
    assert!(batches.iter().all(|it| it.done <= it.total && !it.label.is_empty()));
    let last = batches.last().unwrap();
    assert_eq!(last.done, last.total);
}

#[tokio::test]
async fn a_position_of_another_version_starts_anew() {
    let bench = Bench::start().await;
    let batch = bench.rmm.sync(Some(&Position("v0:17".into()))).await.unwrap();
    assert!(!batch.clients.is_empty());
}

#[tokio::test]
async fn without_v2_names_and_log_ons_still_come() {
    let switches = Switches { paths: Paths::V1Only, ..Switches::default() };
    let bench = Bench::with(switches).await;
    let directory = bench.know_names().await;
    assert_eq!(directory.devices().len(), 25);
    let maria = directory.devices().iter().find(|it| it.name == "MARIA-LT-01").unwrap();
    assert_eq!(maria.last_user(), Some("BLUEGUM\\maria"));
    assert_eq!(maria.online(), None, "the heartbeat is on v2 only");
}

#[tokio::test]
async fn without_a_bulk_of_states_they_are_read_one_by_one() {
    let bench = Bench::start().await;
    // The bulk is the first of its route in each piece; once refused, it is not asked for again.
    bench.fault(Route::State, FaultKind::Forbidden403);
    let directory = bench.know_names().await;
    assert_eq!(directory.devices().len(), 25);
    let maria = directory.devices().iter().find(|it| it.name == "MARIA-LT-01").unwrap();
    assert_eq!(maria.last_user(), Some("BLUEGUM\\maria"));
    assert_eq!(maria.online(), Some(true));
}

#[tokio::test]
async fn without_heartbeats_devices_come_all_the_same() {
    let bench = Bench::start().await;
    bench.always(Route::Heartbeat, FaultKind::Forbidden403);
    let directory = bench.know_names().await;
    assert_eq!(directory.devices().len(), 25);
    assert!(directory.devices().iter().all(|it| it.online().is_none()));
}

#[tokio::test]
async fn a_sync_that_breaks_off_says_so_and_goes_on_later() {
    let bench = Bench::fast().await;
    let first = bench.rmm.sync(None).await.unwrap();
    let sites = bench.rmm.sync(first.next.as_ref()).await.unwrap();
    bench.always(Route::DevicesV2, FaultKind::Html502);
    assert!(bench.rmm.sync(sites.next.as_ref()).await.is_err());
    bench.world.clear_faults();
    let rest = sync(&bench.rmm, sites.next).await;
    assert_eq!(rest.iter().map(|it| it.devices.len()).sum::<usize>(), 25);
}

#[tokio::test]
async fn script_tools_are_named_after_active_scripts() {
    let bench = Bench::start().await;
    let scripts = bench.scripts().await;
    let slugs: Vec<&str> = scripts.iter().map(|it| it.slug.as_str()).collect();
    assert!(slugs.contains(&"disk-cleanup"));
    assert!(!slugs.contains(&"remove-old-antivirus"), "inactive");
    let clashing: Vec<_> = slugs.iter().filter(|it| it.starts_with("sync-time")).collect();
    assert_eq!(clashing.len(), 2);
    assert!(clashing.contains(&&"sync-time"));
    for script in &scripts {
        let tool = bench.rmm.script_tool(script);
        assert_eq!(tool.default_policy, countersign::policy::Policy::ApprovalNeeded);
        assert_eq!(tool.name.as_str(), format!("connectwise_rmm:cw-rmm-script-{}", script.slug));
        assert_eq!(tool.schema["type"], "object", "{}", script.name);
    }
}
