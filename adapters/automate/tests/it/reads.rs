//! Clients, computers and scripts, as people ask for them.

use countersign::ports::{CallError, Provider};
use countersign_simulator::Options;
use countersign_simulator::automate::{Nulls, Switches};
use serde_json::json;

use crate::harness::{Bench, drawn, names};

#[tokio::test]
async fn clients_are_listed_with_their_locations() {
    let bench = Bench::start().await;
    let answer = bench.read("cwa-list-clients", json!({})).await.unwrap();
    assert_eq!(answer.summary, "9 clients in Automate");
    let drawn = drawn(&answer);
    assert!(drawn.contains("Zahnärzte Müller & Söhne | Köln | Main Office, Branch"), "{drawn}");
}

#[tokio::test]
async fn names_with_quotes_wildcards_and_umlauts_are_found_and_nothing_else() {
    let bench = Bench::start().await;
    for (text, expected) in [
        ("o'brien", &["O'Brien & Sons"][..]),
        ("\"corner\" store, o'hara", &["The \"Corner\" Store, O'Hara"]),
        ("müller", &["Zahnärzte Müller & Söhne"]),
        ("%", &[]),
        ("_", &[]),
        ("x' or 'a' like '", &[]),
    ] {
        let answer = bench.read("cwa-list-clients", json!({"text": text})).await.unwrap();
        assert_eq!(names(&answer), expected, "{text}");
    }
    for (text, expected) in [
        ("O'HARA \"TILL\"", &["O'HARA \"TILL\""][..]),
        ("100%_t", &["100%_TEST"]),
        ("müller", &["MÜLLER-EMPFANG"]),
    ] {
        let answer = bench.read("cwa-list-computers", json!({"text": text})).await.unwrap();
        assert_eq!(names(&answer), expected, "{text}");
    }
}

#[tokio::test]
async fn computers_are_filtered_by_client_location_status_and_system() {
    let bench = Bench::start().await;
    let of = |arguments| bench.read_for("cwa-list-computers", "Bluegum Vet Pty Ltd", arguments);
    let all = of(json!({})).await.unwrap();
    assert_eq!(all.summary, "6 computers of Bluegum Vet Pty Ltd");
    assert_eq!(all.listed.len(), 6);

    let offline = of(json!({"status": "offline"})).await.unwrap();
    assert_eq!(names(&offline), ["BV-SURG-OLD"]);
    assert!(drawn(&offline).contains("offline, 9 h ago"), "{}", drawn(&offline));

    let servers = of(json!({"type": "server", "status": "online"})).await.unwrap();
    assert_eq!(names(&servers), ["BV-DC01", "BV-FS01"]);
    assert_eq!(servers.summary, "2 computers of Bluegum Vet Pty Ltd (online, servers)");

    let eleven = of(json!({"os": "windows 11"})).await.unwrap();
    assert_eq!(names(&eleven), ["BV-FRONT-01", "BV-SURG-OLD", "MARIA-LT-01"]);

    let user = bench.read("cwa-list-computers", json!({"user": "maria"})).await.unwrap();
    assert!(names(&user).contains(&"MARIA-LT-01".to_owned()));

    let site = bench.world.automate_computer("MARIA-LT-01").unwrap().location;
    let here = of(json!({"location": site})).await.unwrap();
    assert_eq!(names(&here), ["BV-DC01", "BV-FRONT-01", "BV-FS01", "MARIA-LT-01"]);
}

#[tokio::test]
async fn an_unlinked_client_is_told_and_not_everything_listed() {
    let bench = Bench::start().await;
    let mut call = bench.call("cwa-list-computers", json!({}));
    call.client = Some(countersign::plan::ClientTarget {
        client: countersign::ids::ClientId::new("rmm:9"),
        name: "Acme".into(),
        rmm: Some("9".into()),
        automate: None,
    });
    let error = bench.automate.read(&call).await.unwrap_err();
    assert!(error.for_person().contains("Acme is not linked to a client in Automate"), "{error}");
    assert_eq!(bench.world.request_count(), 0);
}

#[tokio::test]
async fn one_computer_shows_drives_memory_contact_and_user() {
    for nulls in [Nulls::Sent, Nulls::Dropped] {
        let bench = Bench::with(Switches { nulls, ..Switches::default() }).await;
        let answer = bench.read_on("cwa-get-computer", "MARIA-LT-01").await.unwrap();
        assert_eq!(
            answer.summary,
            "MARIA-LT-01 (Bluegum Vet Pty Ltd): online; C: 19.0 GB free of 476.0 GB"
        );
        let drawn = drawn(&answer);
        for line in [
            "C: (OS) 96 % (19.0 GB free of 476.0 GB)",
            "Logged on: maria",
            "System: Microsoft Windows 11 Pro x64 (10.0.22631)",
            "Memory ",
            "Last contact: ",
        ] {
            assert!(drawn.contains(line), "{line} is missing in\n{drawn}");
        }
        assert_eq!(answer.data["drives"][0]["name"], "C:");
    }
}

#[tokio::test]
async fn a_computer_of_which_nothing_is_known_is_shown_all_the_same() {
    let bench = Bench::start().await;
    let answer = bench.read_on("cwa-get-computer", "hd-imaging").await.unwrap();
    assert!(!drawn(&answer).contains("System:"), "{}", drawn(&answer));
}

#[tokio::test]
async fn a_computer_that_is_gone_is_not_found() {
    let bench = Bench::start().await;
    let call = bench.call_on("cwa-get-computer", &["MARIA-LT-01"], json!({}));
    bench.world.retire_automate("MARIA-LT-01").unwrap();
    let error = bench.automate.read(&call).await.unwrap_err();
    assert!(matches!(error, CallError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn half_of_the_clients_may_be_hidden_from_the_user() {
    let hidden_clients = vec!["Bluegum Vet Pty Ltd".into(), "Harbour Dental".into()];
    let bench = Bench::with(Switches { hidden_clients, ..Switches::default() }).await;
    let answer = bench.read("cwa-list-clients", json!({})).await.unwrap();
    assert_eq!(answer.summary, "7 clients in Automate");
    let computers = bench.read("cwa-list-computers", json!({"text": "maria"})).await.unwrap();
    assert_eq!(computers.summary, "0 computers (named like “maria”)");
    let error = bench.read_on("cwa-get-computer", "MARIA-LT-01").await.unwrap_err();
    assert!(matches!(error, CallError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn scripts_for_computers_are_listed_and_the_others_counted() {
    let bench = Bench::start().await;
    let answer = bench.read("cwa-list-scripts", json!({})).await.unwrap();
    assert_eq!(
        answer.summary,
        "15 scripts that can run on a computer, and 3 that are not for computers"
    );
    let disk = bench.read("cwa-list-scripts", json!({"text": "disk"})).await.unwrap();
    assert_eq!(names(&disk), ["Agent - Clear Temp Files", "Disk Cleanup", "Get Disk Report"]);
    assert!(drawn(&disk).contains("DaysOld, DryRun"));
}

#[tokio::test]
async fn a_long_list_is_counted_by_the_server_and_shown_in_part() {
    let options = Options {
        endpoints: 3_000,
        automate: Switches { share_percent: 100, ..Switches::default() },
        ..Options::default()
    };
    let bench = Bench::of(options).await;
    let count = bench.world.automate_count();
    let answer = bench.read("cwa-list-computers", json!({})).await.unwrap();
    assert_eq!(answer.summary, format!("{count} computers"));
    assert_eq!(answer.listed.len(), 1_000);

    bench.world.switch_automate(|it| it.total_count = false);
    let answer = bench.read("cwa-list-computers", json!({})).await.unwrap();
    assert_eq!(answer.summary, "more than 1000 computers");
}
