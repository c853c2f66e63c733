//! Machines are asked for their inventory in the background.

use std::collections::HashMap;
use std::time::Duration;

use countersign::conversation::Round;
use countersign::ports::Store as _;
use countersign_simulator::access::ControlRoute;
use jiff::SignedDuration;

use crate::harness::mortal::When;
use crate::harness::{Bot, Fault, FaultKind, Route, World};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How often each machine was asked.
fn asked(bot: &Bot) -> HashMap<String, usize> {
    let mut asked = HashMap::new();
    for ran in bot.world().control_ran() {
        // Two machines of two clients are called DC01.
        if ran.script.contains("Win32_ComputerSystemProduct") && ran.host != "DC01" {
            *asked.entry(ran.host).or_insert(0) += 1;
        }
    }
    asked
}

/// Rounds until nobody is due.
async fn rounds(bot: &Bot) -> Vec<Round> {
    let mut rounds = Vec::new();
    loop {
        let round = bot.wiring().engine.take_inventory(DAY).await.expect("the store works");
        if round.asked == 0 {
            return rounds;
        }
        rounds.push(round);
    }
}

#[tokio::test]
async fn a_session_is_known_for_its_machine_once_that_told_its_board() {
    let mut bot = World::default().only_control().start().await;
    let board = |bot: &Bot| {
        let directory = bot.wiring().engine.directory();
        directory
            .devices()
            .iter()
            .find(|it| it.name == "MARIA-LT-01")
            .and_then(|it| it.bios_uuid.clone())
    };
    assert_eq!(board(&bot), None);
    let first = rounds(&bot).await;
    assert!(!first.is_empty() && first.iter().all(|it| it.asked == it.read), "{first:?}");
    bot.sync().await;
    let known = bot.world().endpoint("MARIA-LT-01").unwrap().bios_uuid.to_string();
    assert_eq!(board(&bot).map(|it| it.to_lowercase()), Some(known));
    // A Mac, a Linux machine and one that is away are not asked.
    let asked = asked(&bot);
    assert!(asked.values().all(|it| *it == 1), "{asked:?}");
    for host in ["BV-MAC-01", "hd-imaging", "JAMES-LT-02"] {
        assert!(!asked.contains_key(host), "{host}");
        assert_eq!(bot.world().control_commands(host).unwrap(), Vec::<String>::new(), "{host}");
    }
    let text = bot.wiring().store.inventory_asking(bot.wiring().engine.now()).await.unwrap();
    // And the two that are called DC01.
    let machines = asked.len() as u64 + 2;
    assert_eq!((text.known, text.asked, text.events()), (machines, machines, machines * 3));
    bot.answers("inventory of maria-lt-01", &["Latitude", "told by the machine 0 s ago", "C: "])
        .await;
    assert_eq!(self::asked(&bot)["MARIA-LT-01"], 1, "what is kept is shown");
    assert!(bot.audit().await.iter().any(|it| it.starts_with("countersign inventory: asked")));
    bot.finish().await;
}

#[tokio::test]
async fn a_thousand_machines_are_asked_once_a_day_each_and_never_more_than_twenty_at_once() {
    let world = World::default().only_control().options(|it| {
        it.endpoints = 1_500;
        it.access.share_percent = 100;
        it.access.list_cap = 5_000;
        // Two virtual seconds on the way to the machine, while the virtual clock runs.
        it.access.latency = Duration::from_secs(2);
        it.time_factor = 20;
    });
    let bot = world.control_config("list_cap = 5000\n").start().await;
    let rounds = rounds(&bot).await;
    let sum = rounds.iter().map(|it| it.asked).sum::<usize>();
    let read = rounds.iter().map(|it| it.read).sum::<usize>();
    assert!(sum >= 1_000, "only {sum} machines can be asked");
    assert_eq!(read, sum, "all told");
    let machines = bot.world().control_ran().len();
    assert_eq!(machines, sum, "one command each");
    let most = bot.world().control_under_way_max();
    assert!((10..=20).contains(&most), "{most} at once");
    println!("{sum} machines, {} rounds, at most {most} commands at once", rounds.len());
    bot.finish().await;
}

#[tokio::test]
async fn a_day_later_each_is_asked_once_more_at_its_own_moment() {
    let bot = World::default().only_control().start().await;
    rounds(&bot).await;
    let machines = asked(&bot).len();
    let mut hours = 0;
    for _ in 0..48 {
        bot.world().advance(Duration::from_secs(3_600));
        let now = rounds(&bot).await;
        hours += usize::from(!now.is_empty());
        assert!(now.iter().map(|it| it.asked).sum::<usize>() < machines, "all at once");
    }
    let asked = asked(&bot);
    assert!(asked.values().all(|it| (2..=3).contains(it)), "{asked:?}");
    assert!(hours >= 8, "spread over {hours} hours only");
    bot.finish().await;
}

#[tokio::test]
async fn what_was_asked_without_an_answer_is_not_asked_again() {
    let bot = World::default().only_control().start().await;
    bot.fault(Fault::once(Route::Control(ControlRoute::Command), FaultKind::CutAfterAccept));
    bot.fault(Fault::once(Route::Control(ControlRoute::Command), FaultKind::CutBefore));
    rounds(&bot).await;
    let asked = asked(&bot);
    assert!(asked.values().all(|it| *it == 1), "{asked:?}");
    bot.finish().await;
}

#[tokio::test]
async fn a_process_that_dies_while_it_asks_asks_no_machine_twice() {
    for (commits, when) in
        [(0, When::BeforeCommit), (0, When::AfterCommit), (1, When::BeforeCommit)]
    {
        let mut bot = World::default().only_control().start().await;
        bot.becomes_mortal(commits, when).await;
        assert!(bot.wiring().engine.take_inventory(DAY).await.is_err(), "the process is dead");
        bot.dies_and_restarts().await;
        rounds(&bot).await;
        bot.world().advance(Duration::from_secs(600));
        rounds(&bot).await;
        let asked = asked(&bot);
        assert!(asked.values().all(|it| *it == 1), "{commits}, {when:?}: {asked:?}");
        bot.finish().await;
    }
}

#[tokio::test]
async fn policy_and_halts_hold_for_what_nobody_asked_for() {
    let mut bot = World::default().only_control().start().await;
    bot.says("mia", "halt client bluegum because of an incident").await;
    bot.skip_messages();
    rounds(&bot).await;
    let asked = asked(&bot);
    assert!(!asked.contains_key("MARIA-LT-01") && asked.contains_key("FS01"), "{asked:?}");
    bot.finish().await;

    let bot = World::default().only_control().start().await;
    bot.sets_policy("mia", "connectwise_control:cwc-get-inventory", Some("approval_needed"))
        .await
        .unwrap();
    assert_eq!(rounds(&bot).await, []);
    bot.finish().await;
}

#[tokio::test]
async fn it_can_be_switched_off() {
    let bot = World::default().only_control().control_config("inventory_hours = 0\n").start().await;
    assert_eq!(bot.wiring().inventory_every, None);
    bot.finish().await;
    let bot = World::default().only_control().start().await;
    assert_eq!(bot.wiring().inventory_every, Some(DAY));
    bot.finish().await;
}
