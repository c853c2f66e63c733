//! ConnectWise Control: alone, and as the third way to the same machines.

use std::time::Duration;

use countersign::directory::{ClientLink, Product};
use countersign::ids::PersonId;

use crate::harness::{Bot, World, mins};

/// What ran in Control on `host`, questions aside.
fn ran_in_control(bot: &Bot, host: &str) -> Vec<String> {
    let ran = bot.world().control_ran().into_iter().filter(|it| it.host == host);
    ran.map(|it| it.script).filter(|it| !it.contains("ConvertTo-Json")).collect()
}

#[tokio::test]
async fn every_question_is_answered_by_the_machine_itself() {
    let mut bot = World::default().only_control().start().await;
    for (text, parts) in [
        ("list sessions", &["MARIA-LT-01", "Bluegum Vet", "online"][..]),
        ("sessions of harbour dental", &["JAMES-LT-02", "offline"]),
        (
            "session of maria-lt-01",
            &["MARIA-LT-01 (Bluegum Vet) is online in Control", "Serial number"],
        ),
        ("processes on maria-lt-01", &["MsMpEng", "asked on the machine just now"]),
        ("stopped services on maria-lt-01", &["1 of 8 services", "Print Spooler", "Stopped"]),
        ("how much free disk does maria-lt-01 have", &["C: has", "free of"]),
        ("uptime of maria-lt-01", &["MARIA-LT-01 (Bluegum Vet) was started"]),
        ("who is logged on to maria-lt-01", &["BLUEGUM\\maria is logged on to MARIA-LT-01"]),
        ("processes on james-lt-02", &["is not connected, so it cannot be asked"]),
    ] {
        bot.answers(text, parts).await;
    }
    assert!(ran_in_control(&bot, "MARIA-LT-01").is_empty(), "only fixed questions were asked");
    let queued = bot.world().control_commands("JAMES-LT-02").unwrap();
    assert_eq!(queued, Vec::<String>::new(), "nothing waits for a machine that is away");
    bot.finish().await;
}

#[tokio::test]
async fn a_command_waits_for_approval_runs_once_and_comes_back_with_its_exit_code() {
    let mut bot = World::default().only_control().start().await;
    bot.world().control_reply("netsh", "first line\nsecond line", 0, 3);
    bot.says("ana", "run command `netsh winsock show catalog` on maria-lt-01").await;
    insta::assert_snapshot!(bot.next_message());
    assert!(ran_in_control(&bot, "MARIA-LT-01").is_empty());
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    insta::assert_snapshot!(bot.last_message());
    assert_eq!(ran_in_control(&bot, "MARIA-LT-01"), ["netsh winsock show catalog"]);
    bot.finish().await;
}

#[tokio::test]
async fn powershell_with_everything_that_could_break_out_stays_inside() {
    let mut bot = World::default().only_control().start().await;
    let script = "hostname\necho '} ; \"quotes\"'\nexit 7";
    bot.says("ana", &format!("run powershell on maria-lt-01: {script}")).await;
    let card = bot.next_message();
    assert!(
        card.contains("Approval needed: Run PowerShell on MARIA-LT-01 (Bluegum Vet)"),
        "{card}"
    );
    assert!(card.contains("exit 7"), "the approver reads the whole script: {card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    let result = bot.last_message();
    assert!(result.contains("exit code 7") && result.contains("MARIA-LT-01"), "{result}");
    assert_eq!(ran_in_control(&bot, "MARIA-LT-01"), [script]);
    bot.finish().await;
}

#[tokio::test]
async fn a_join_link_is_for_the_person_who_asked_and_says_what_it_cannot_enforce() {
    let mut bot = World::default().only_control().start().await;
    bot.says("ana", "remote into maria-lt-01").await;
    let answer = bot.next_message();
    assert!(answer.starts_with("(only for ana)"), "{answer}");
    assert!(answer.contains("/Host#Access/All%20Machines//"), "{answer}");
    assert!(
        answer.contains("Consent is required here") && answer.contains("cannot enforce it"),
        "{answer}"
    );
    bot.finish().await;
}

#[tokio::test]
async fn one_machine_in_three_products_is_one_device_with_three_pathways() {
    let mut bot = World::default().with_all().start().await;
    bot.wiring()
        .engine
        .link(&PersonId::new("mia"), &bot.wiring().engine.clear_links())
        .await
        .unwrap();
    let directory = bot.wiring().engine.directory();
    let named = |name: &str| {
        let found = directory.devices().iter().filter(|it| it.name == name);
        found.cloned().collect::<Vec<_>>()
    };
    let maria = named("MARIA-LT-01");
    assert_eq!(maria.len(), 1, "the old session of an agent that was installed anew is no device");
    let products = [Product::Rmm, Product::Automate, Product::Control];
    assert!(products.iter().all(|it| maria[0].pathway(*it).is_some()), "{:?}", maria[0]);
    assert_eq!(
        maria[0].control.as_ref().map(|it| it.id.clone()),
        bot.world().control_session("MARIA-LT-01").ok()
    );
    // Linked by its name, though somebody typed capitals and a blank.
    let clients: Vec<&str> = directory.clients().iter().map(|it| it.name.as_str()).collect();
    let bluegum = clients.iter().filter(|it| it.to_lowercase().starts_with("bluegum"));
    assert_eq!(bluegum.count(), 1, "{clients:?}");

    // What has no twin in Control goes through the others, and a command through Control.
    bot.says("ana", "run command `hostname` on maria-lt-01").await;
    let card = bot.next_message();
    assert!(card.contains("through ConnectWise Control, online"), "{card}");
    assert!(card.contains("also in ConnectWise RMM: online"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    assert!(bot.last_message().contains("MARIA-LT-01"));
    assert_eq!(ran_in_control(&bot, "MARIA-LT-01"), ["hostname"]);
    assert!(bot.world().executions().is_empty() && bot.world().automate_launches().is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn the_state_of_a_device_in_rmm_has_the_processes_that_only_control_can_tell() {
    let mut bot = World::default().with_all().start().await;
    let engine = &bot.wiring().engine;
    engine.link(&PersonId::new("mia"), &engine.clear_links()).await.unwrap();
    bot.says("ana", "how much free disk does maria-lt-01 have in rmm").await;
    let answer = bot.all_messages();
    assert!(answer.contains("MsMpEng") && answer.contains("C:"), "{answer}");
    assert!(
        answer
            .contains("processes were asked of the machine just now, through ConnectWise Control"),
        "{answer}"
    );
    // What Control may not be asked without approval is not asked for RMM either.
    bot.sets_policy("mia", "connectwise_control:cwc-list-processes", Some("approval_needed"))
        .await
        .unwrap();
    let before = bot.world().control_commands_count();
    bot.says("ana", "how much free disk does maria-lt-01 have in rmm").await;
    let answer = bot.all_messages();
    assert!(answer.contains("C:") && !answer.contains("MsMpEng"), "{answer}");
    assert_eq!(bot.world().control_commands_count(), before);
    bot.finish().await;
}

#[tokio::test]
async fn a_client_that_is_spelled_otherwise_in_control_is_linked_by_an_admin() {
    let bot = World::default().with_all().start().await;
    let engine = &bot.wiring().engine;
    let view = engine.links().into_iter().find(|it| it.client.id.is_of_control()).unwrap();
    assert!(engine.second_client(&view.client.id.to_string()).is_ok(), "{:?}", view.client);
    let first = engine.firsts(Product::Control).remove(0);
    let decision = ClientLink::Linked(first.id.clone());
    engine.link(&PersonId::new("mia"), &[(view.client.clone(), Some(decision))]).await.unwrap();
    let directory = engine.directory();
    assert!(directory.clients().iter().all(|it| it.id != view.client.id));
    let sessions = directory.devices_of(&first.id).filter(|it| it.control.is_some()).count();
    assert!(sessions > 0, "its sessions are the linked client's now");
    bot.finish().await;
}

#[tokio::test]
async fn an_agent_that_is_installed_anew_is_still_the_same_device() {
    let bot = World::default().with_all().start().await;
    let of = |bot: &Bot| {
        let directory = bot.wiring().engine.directory();
        let found = directory.devices().iter().find(|it| it.name == "MARIA-LT-01").cloned();
        found.map(|it| (it.id, it.control.map(|it| it.id)))
    };
    let before = of(&bot).unwrap();
    let session = bot.world().control_reinstall("MARIA-LT-01").unwrap();
    bot.world().advance(Duration::from_secs(60));
    bot.sync().await;
    let after = of(&bot).unwrap();
    assert_eq!(after.0, before.0);
    assert_eq!(after.1, Some(session));
    bot.finish().await;
}

#[tokio::test]
async fn a_server_that_cuts_its_lists_is_read_whole() {
    let world = World::default().only_control().options(|it| {
        it.endpoints = 600;
        it.access.share_percent = 100;
        it.access.list_cap = 100;
    });
    let mut bot = world.control_config("list_cap = 100\n").start_empty().await;
    bot.sync().await;
    let known = bot.wiring().engine.directory().devices().len();
    // The story has one stale session and one machine without any.
    assert_eq!(known, bot.world().control_session_count() - 1);
    let all = format!("{} sessions", bot.world().control_session_count());
    bot.answers("list sessions", &[&all]).await;
    bot.finish().await;
}
