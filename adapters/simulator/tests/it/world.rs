use std::time::{Duration, Instant};

use countersign_simulator::fleet::Kind;
use countersign_simulator::{NewMachine, Options, Simulator};
use serde_json::json;

use crate::harness::{Bench, SCHEDULE};

#[tokio::test]
async fn the_simulator_listens_on_loopback_only() {
    let open = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    let problem = Simulator::start(open).await.unwrap_err();
    assert_eq!(problem.to_string(), "the simulator listens on loopback only, not on 0.0.0.0:0");
}

#[tokio::test]
async fn a_stopped_simulator_answers_nobody_not_even_on_open_connections() {
    let bench = Bench::start().await;
    let (url, client) = (bench.simulator.rmm_url(), crate::harness::client());
    assert!(client.get(&url).send().await.is_ok());
    bench.simulator.stop().await;
    assert!(client.get(&url).send().await.is_err());
    assert!(crate::harness::client().get(&url).send().await.is_err());
}

#[tokio::test]
async fn a_reinstalled_agent_has_a_new_id_and_the_old_one_is_nobody() {
    let bench = Bench::start().await;
    let stale = bench.task("Flush DNS", &["BV-DC01"], None);
    let old = bench.id("BV-DC01");
    let new = bench.world.reinstall("BV-DC01").unwrap().to_string();
    assert_ne!(old, new);
    assert_eq!(bench.id("BV-DC01"), new);
    assert_eq!(bench.get(&format!("v1/device/endpoints/{old}")).await.status, 404);
    assert_eq!(bench.get(&format!("v1/device/endpoints/{new}")).await.status, 200);
    assert_eq!(bench.post(SCHEDULE, &stale).await.status, 400);
}

#[tokio::test]
async fn machines_are_renamed_used_and_added() {
    let bench = Bench::start().await;
    bench.world.rename("BV-FRONT-01", "BV-FRONT-09").unwrap();
    assert!(bench.world.endpoint("BV-FRONT-01").is_err());
    bench.world.log_on("BV-FRONT-09", "BLUEGUM\\maria").unwrap();
    assert_eq!(
        bench.world.endpoint("bv-front-09").unwrap().user.as_deref(),
        Some("BLUEGUM\\maria")
    );
    bench.world.fill_disk("BV-FRONT-09", 99).unwrap();

    let twin = NewMachine {
        client: "Quiet Pines Accounting".into(),
        host: "QP-LT-01".into(),
        kind: Kind::Laptop,
        serial: Some("To be filled by O.E.M.".into()),
        bios_uuid: None,
    };
    let id = bench.world.add_machine(twin).unwrap();
    let company = bench.company("Quiet Pines Accounting");
    let list = bench.get(&format!("v1/device/clients/{company}/endpoints")).await.json();
    assert_eq!(list["endpoints"][0]["endpointId"], json!(id));
    let problem = bench.world.rename("NOBODY", "X").unwrap_err().to_string();
    assert_eq!(problem, "the simulator has no machine \"NOBODY\"");
}

#[tokio::test]
async fn the_story_has_its_ambiguities() {
    let bench = Bench::start().await;
    let all = bench.world.endpoints();
    let user = |login: &str| {
        all.iter().filter(|it| it.user.as_deref().is_some_and(|it| it.ends_with(login))).count()
    };
    assert_eq!(user("\\sam"), 2);
    let clients = |host: &str| {
        all.iter().filter(|it| it.host == host).map(|it| it.client.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(clients("DC01"), ["Acme Logistics", "Northside Legal"]);
    assert_ne!(bench.id("DC01"), bench.id("Northside Legal/DC01"));
    let marias: Vec<&str> = bench.world.with_fleet(|it| {
        let named = it.machines.iter().filter(|machine| {
            machine.last_log_on().is_some_and(|log_on| &*it.person(log_on.person).first == "Maria")
        });
        named
            .map(|machine| if machine.kind == Kind::Laptop { "laptop" } else { "desktop" })
            .collect()
    });
    assert_eq!(marias, ["laptop", "desktop"]);
}

#[tokio::test]
async fn a_fast_clock_runs_ahead_of_real_time() {
    let simulator =
        Simulator::start(Options { time_factor: 1000, ..Options::default() }).await.unwrap();
    let world = simulator.world();
    let began = world.now();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(world.now().duration_since(began).as_secs() >= 50);
}

#[tokio::test]
async fn a_hundred_thousand_machines_start_and_list_fast() {
    let began = Instant::now();
    let bench = Bench::of(Options { endpoints: 100_000, ..Options::default() }).await;
    let started = began.elapsed();
    let list = bench.get("v1/device/endpoints").await;
    assert_eq!(list.text.matches("endpointId").count(), 100_000);
    println!(
        "started in {started:?}, {} MB listed after {:?}",
        list.text.len() >> 20,
        began.elapsed()
    );
    // Generous: this is an unoptimised build on a busy machine.
    assert!(began.elapsed() < Duration::from_secs(20));
}
