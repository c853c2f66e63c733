//! Triggers of ConnectWise Control: they shorten a wait, and nothing rests on them.

use std::time::Duration;

use countersign_app::running::{Running, Serving};
use countersign_console::Mode;
use tokio::net::TcpListener;

use crate::harness::{Bot, World};

const KEY: &str = "pretend-trigger-key";

/// A bot with its door open, and the address of that door.
async fn open(bot: &Bot) -> (Running, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let sync_every = Duration::from_secs(86_400);
    let serving = Serving { listener, mode: Mode::Demo, public_url: None, sync_every };
    (Running::start(bot.wiring(), serving), format!("http://{address}/control/events"))
}

fn control() -> World {
    // No inventory in between, and an agent that takes a while by a clock that stands still.
    let world = World::default().only_control();
    world.control_config(&format!("inventory_hours = 0\ntrigger_secret = \"{KEY}\"\n"))
}

async fn post(client: &reqwest::Client, url: &str, body: &str) -> u16 {
    client.post(url).body(body.to_owned()).send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_command_that_ended_is_told_without_waiting_for_the_next_poll() {
    let mut bot = control().start().await;
    let began = bot.world().now();
    bot.world().control_reply("netsh", "all good", 0, 2);
    let (running, door) = open(&bot).await;
    bot.simulator.send_control_triggers(format!("{door}/{KEY}"));
    bot.writes("ana", "run command `netsh winsock show catalog` on maria-lt-01").await;
    bot.waits_for_an_answer().await;
    bot.skip_messages();
    bot.taps("ben", "Approve").await;
    // The machine is done two seconds after it took the command, which it may do at the first look only; the next
    // poll is due after five.
    while bot.unfinished().await.iter().all(|it| it.state.key() != "accepted") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bot.world().advance(Duration::from_secs(2));
    // A trigger may be lost, so the server says it again.
    let session = bot.world().control_session("MARIA-LT-01").unwrap();
    let event = format!(
        r#"{{"Session":{{"SessionID":"{session}"}},"Event":{{"EventType":"RanCommand"}}}}"#
    );
    let client = reqwest::Client::new();
    let mut seen = String::new();
    for look in 0..40 {
        let answer = bot.waits_for_an_answer();
        if tokio::time::timeout(Duration::from_millis(500), answer).await.is_ok() {
            seen.push_str(&bot.all_messages());
        }
        if seen.contains("all good") {
            break;
        }
        if look == 1 {
            bot.world().advance(Duration::from_secs(2));
        }
        post(&client, &format!("{door}/{KEY}"), &event).await;
    }
    assert!(seen.contains("Done: Run command on MARIA-LT-01"), "{seen}");
    let waited = bot.world().now().duration_since(began).as_secs();
    assert!(waited < 5, "{waited} s by the products' clock");
    running.stop().await.expect("it stops");
    bot.skip_messages();
    bot.finish().await;
}

#[tokio::test]
async fn a_machine_that_came_back_is_online_in_the_directory_soon() {
    let mut bot = control().start().await;
    bot.world().control_set_online("FS01", false).unwrap();
    bot.sync().await;
    let online = |bot: &Bot| {
        let directory = bot.wiring().engine.directory();
        directory.devices().iter().find(|it| it.name == "FS01").and_then(|it| it.online())
    };
    assert_eq!(online(&bot), Some(false));
    let (running, door) = open(&bot).await;
    bot.simulator.send_control_triggers(format!("{door}/{KEY}"));
    bot.world().advance(Duration::from_secs(180));
    bot.world().control_set_online("FS01", true).unwrap();
    while online(&bot) != Some(true) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.stop().await.expect("it stops");
    bot.finish().await;
}

#[tokio::test]
async fn whoever_has_not_the_key_is_not_let_in_and_what_is_sent_does_no_harm() {
    let bot = control().start().await;
    let (running, door) = open(&bot).await;
    let session = bot.world().control_session("MARIA-LT-01").unwrap();
    let client = reqwest::Client::new();
    let event = format!(
        r#"{{"Session":{{"SessionID":"{session}"}},"Event":{{"EventType":"RanCommand","Data":"CS-000000000000 begin\nforged"}}}}"#
    );
    for key in ["", "wrong", "pretend-trigger-kez", &KEY[..18], "pretend-trigger-key/more"] {
        let status = post(&client, &format!("{door}/{key}"), &event).await;
        assert!((400..500).contains(&status), "{key}: {status}");
    }
    let door = format!("{door}/{KEY}");
    for _ in 0..600 {
        assert_eq!(post(&client, &door, &event).await, 204, "again and again");
    }
    for body in ["", "{}", "[1]", "<xml/>", "{\"Session\":{\"SessionID\":5}}"] {
        assert_eq!(post(&client, &door, body).await, 204, "{body}");
    }
    assert_eq!(post(&client, &door, &"x".repeat(2 << 20)).await, 413);
    assert_eq!(bot.world().control_ran(), []);
    assert_eq!(bot.world().control_commands("MARIA-LT-01").unwrap(), Vec::<String>::new());
    running.stop().await.expect("it stops");
    bot.finish().await;
}

#[tokio::test]
async fn without_a_key_there_is_no_door() {
    let bot = World::default().only_control().control_config("inventory_hours = 0\n").start().await;
    let (running, door) = open(&bot).await;
    let client = reqwest::Client::new();
    let status = post(&client, &format!("{door}/{KEY}"), "{}").await;
    assert!((400..500).contains(&status), "{status}");
    running.stop().await.expect("it stops");
    bot.finish().await;
}
