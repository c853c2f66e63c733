//! The repair of many agents with a process that dies in the middle: no machine is mended twice, and each one comes
//! back or is named.

use std::time::Duration;

use countersign_simulator::access::ControlRoute;
use countersign_simulator::automate::Cure;

use crate::harness::mortal::When;
use crate::harness::{Bot, Fault, FaultKind, Route, World, mins};
use crate::repair::{linked, machines, silent, steps};

const ASK: &str =
    "repair stale automate agents across all clients, 10 at a time, stop after 20 failures";

/// Every fifth machine is installed anew, and every tenth never comes back.
fn cure(number: usize) -> Cure {
    match number % 10 {
        4 => Cure::Reinstall,
        9 => Cure::Nothing,
        _ => Cure::Restart,
    }
}

/// A bot that was allowed to mend `count` machines, the first of them already.
async fn allowed(count: usize) -> (Bot, Vec<String>) {
    let world = World::default().with_all().options(|it| {
        it.endpoints = 60 + 4 * count;
        it.access.share_percent = 100;
        it.automate.share_percent = 100;
    });
    let mut bot = linked(world).await;
    // The story has one of its own.
    let mut hosts = machines(&bot, count - 1);
    let broken: Vec<_> =
        hosts.iter().enumerate().map(|(number, host)| (host.as_str(), cure(number))).collect();
    silent(&mut bot, &broken).await;
    hosts.push("ACME-LT-07".into());
    bot.says("ana", ASK).await;
    let plan = bot.waiting().await.remove(0).plan;
    let all: usize = plan.calls.iter().map(|it| it.targets.len()).sum();
    assert_eq!(all, count, "in one plan");
    // Whichever goes first comes back, so that the others have their turn.
    let first = &plan.calls[0].targets[0].name;
    bot.world().break_automate_agent(first, 30, Cure::Restart).expect("an agent");
    bot.skip_messages();
    bot.taps("ben", "Approve").await;
    (bot, hosts)
}

/// What must hold in the end, whatever happened.
async fn check(mut bot: Bot, hosts: &[String], what: &str) {
    let mut left = 120;
    while !bot.unfinished().await.is_empty() {
        bot.later(mins(1)).await;
        left -= 1;
        assert!(left > 0, "{what}: it does not come to an end");
    }
    let result = bot.last_message();
    let mut back = 0;
    for host in hosts {
        let (restarts, installs) = steps(&bot, host);
        assert!(
            restarts <= 1 && installs <= 1,
            "{what}: {host}: {restarts} restarts, {installs} installations"
        );
        let is_back = bot.world().automate_computer(host).expect("a computer").online;
        back += usize::from(is_back);
        assert!(
            result.contains(host.as_str()) || is_back,
            "{what}: {host} is neither back nor named:\n{result}"
        );
    }
    // A single one that was not sent for certain leaves the others alone, by name.
    assert!(
        hosts.len() < 10 || back * 10 >= hosts.len() * 8,
        "{what}: only {back} came back:\n{result}"
    );
    bot.finish().await;
}

#[tokio::test]
async fn fifty_machines_of_many_clients_come_back_or_are_named_though_the_process_dies_again_and_again()
 {
    let (mut bot, hosts) = allowed(50).await;
    for (commits, when) in [
        (1, When::AfterCommit),
        (9, When::BeforeCommit),
        (40, When::AfterCommit),
        (70, When::BeforeCommit),
        (90, When::AfterCommit),
        (130, When::BeforeCommit),
    ] {
        let mortal = bot.becomes_mortal(commits, when).await;
        bot.later_unless_dead(mins(30), &mortal).await;
        assert!(mortal.is_dead(), "it died at commit {commits}");
        bot.dies_and_restarts().await;
    }
    check(bot, &hosts, "several deaths").await;
}

#[tokio::test]
async fn a_process_that_dies_between_a_send_and_its_answer_mends_no_machine_twice() {
    let (mut bot, hosts) = allowed(12).await;
    // The one that goes first, then others.
    for _ in 0..4 {
        let slow = FaultKind::Slow(Duration::from_millis(300));
        bot.fault(Fault::once(Route::Control(ControlRoute::Command), slow));
        let before = bot.world().control_commands_count();
        bot.dies_when(|it| it.control_commands_count() > before).await;
    }
    check(bot, &hosts, "deaths between send and answer").await;
}

#[tokio::test]
async fn a_process_that_dies_at_any_commit_of_a_repair_mends_no_machine_twice() {
    for when in [When::BeforeCommit, When::AfterCommit] {
        let mut deaths = 0;
        loop {
            let (mut bot, hosts) = allowed(2).await;
            let mortal = bot.becomes_mortal(deaths, when).await;
            bot.later_unless_dead(mins(10), &mortal).await;
            let died = mortal.is_dead();
            if died {
                bot.dies_and_restarts().await;
            }
            check(bot, &hosts, &format!("dead at commit {deaths}, {when:?}")).await;
            if !died || deaths > 60 {
                break;
            }
            // Not every one: those between are of the same kind.
            deaths += 4;
        }
        assert!(deaths >= 9, "only {deaths} commits were seen");
    }
}
