//! A rollout: a few devices first, the others so many at a time, and nothing more once too many failed.

use std::collections::HashMap;

use countersign_simulator::rmm::{Execution, RunState};

use crate::harness::mortal::When;
use crate::harness::{Bot, World, hours, mins};

const LIMITS: &str = "[rollout]\nfrom_devices = 3\nfirst = 1\nat_once = 2\nfailures_max = 2\n";

const ASK: &str = "run flush dns on all acme workstations";

/// Asked for, with all devices online.
async fn asked() -> (Bot, Vec<String>) {
    let mut bot = World::default().config(LIMITS).start().await;
    bot.world().set_online("ACME-WS-03", true).expect("a machine");
    bot.sync().await;
    bot.says("ana", ASK).await;
    let plan = bot.waiting().await.remove(0).plan;
    let hosts: Vec<String> =
        plan.calls.iter().flat_map(|it| &it.targets).map(|it| it.name.clone()).collect();
    assert!(hosts.len() >= 7, "too few devices to say anything: {hosts:?}");
    (bot, hosts)
}

/// Every device that started has started once; gives how often.
fn started(bot: &Bot) -> HashMap<String, usize> {
    let mut all = HashMap::new();
    for it in bot.world().executions() {
        *all.entry(it.host).or_insert(0) += 1;
    }
    assert!(all.values().all(|it| *it == 1), "twice: {all:?}");
    all
}

/// The most that ran side by side.
fn side_by_side(all: &[Execution]) -> usize {
    let runs_at = |at| {
        let runs = |it: &&Execution| it.started_at <= at && it.ended_at.is_none_or(|end| end > at);
        all.iter().filter(runs).count()
    };
    all.iter().map(|it| runs_at(it.started_at)).max().unwrap_or(0)
}

#[tokio::test]
async fn the_card_says_how_it_goes_out_and_it_goes_out_so() {
    let (mut bot, hosts) = asked().await;
    insta::assert_snapshot!(bot.last_message());
    bot.presses("ben", "Approve").await;
    bot.later(mins(10)).await;
    insta::assert_snapshot!(bot.last_message());
    let all = bot.world().executions();
    assert_eq!(started(&bot).len(), hosts.len());
    assert_eq!(side_by_side(&all), 2, "never more than two");
    let first = all[0].ended_at.unwrap();
    assert!(all[1..].iter().all(|it| it.started_at > first), "one went first");
    assert_eq!(bot.world().scheduled().len(), hosts.len(), "each has a task of its own");
    bot.finish().await;
}

#[tokio::test]
async fn nothing_more_begins_once_too_many_failed_and_the_result_names_who_was_left_alone() {
    let (mut bot, hosts) = asked().await;
    for host in [&hosts[2], &hosts[3]] {
        bot.world().fail_script("Flush DNS", Some(host), "No such service.").unwrap();
    }
    bot.presses("ben", "Approve").await;
    bot.later(mins(10)).await;
    let result = bot.last_message();
    let started = started(&bot);
    assert!((4..hosts.len()).contains(&started.len()), "{started:?}");
    assert!(result.contains("Failed on 2 of"), "{result}");
    for host in hosts.iter().filter(|it| !started.contains_key(*it)) {
        let line = format!("{host} (Acme Logistics): not begun, because 2 devices failed");
        assert!(result.contains(&line), "{line} is not in\n{result}");
    }
    bot.later(hours(1)).await;
    assert_eq!(self::started(&bot), started, "and nothing begins later");
    bot.finish().await;
}

#[tokio::test]
async fn who_ran_and_was_not_fixed_counts_as_failed() {
    let mut bot = asked().await.0;
    bot.says("ana", "run restart print spooler on all acme workstations").await;
    let plan = bot.waiting().await.remove(0).plan;
    for target in &plan.calls[1].targets {
        bot.world().break_service(&target.name, "Spooler").unwrap();
    }
    bot.presses("ben", "Approve").await;
    bot.later(mins(10)).await;
    let result = bot.last_message();
    assert!(result.contains("ran, but Print Spooler is stopped, so not fixed"), "{result}");
    assert!(result.contains("not begun, because 2 devices failed"), "{result}");
    assert_eq!(started(&bot).len(), 3, "the first, and two side by side");
    bot.finish().await;
}

#[tokio::test]
async fn the_result_says_of_each_device_what_changed_on_it() {
    let mut bot = asked().await.0;
    bot.says("ana", "run restart print spooler on all acme workstations").await;
    bot.world().set_service("ACME-WS-02", "Spooler", true).unwrap();
    bot.world().break_service("ACME-LT-11", "Spooler").unwrap();
    bot.presses("ben", "Approve").await;
    bot.later(mins(10)).await;
    insta::assert_snapshot!(bot.last_message());
    bot.finish().await;
}

#[tokio::test]
async fn when_the_first_device_fails_none_of_the_others_begins() {
    let (mut bot, hosts) = asked().await;
    bot.world().fail_script("Flush DNS", Some(&hosts[0]), "No such service.").unwrap();
    bot.presses("ben", "Approve").await;
    bot.later(mins(10)).await;
    let result = bot.last_message();
    assert!(
        result.contains(&format!("The other {} devices were left alone", hosts.len() - 1)),
        "{result}"
    );
    assert!(hosts[1..].iter().all(|it| result.contains(it)), "by name: {result}");
    assert_eq!(started(&bot).into_keys().collect::<Vec<_>>(), hosts[..1]);
    bot.finish().await;
}

#[tokio::test]
async fn a_process_that_dies_between_two_devices_runs_none_of_them_twice_and_leaves_none_out() {
    let (mut bot, hosts) = asked().await;
    bot.skip_messages();
    bot.taps("ben", "Approve").await;
    for (commits, when) in [
        (3, When::AfterCommit),
        (7, When::BeforeCommit),
        (8, When::AfterCommit),
        (4, When::BeforeCommit),
    ] {
        let mortal = bot.becomes_mortal(commits, when).await;
        bot.later_unless_dead(mins(10), &mortal).await;
        assert!(mortal.is_dead(), "it died at commit {commits}");
        bot.dies_and_restarts().await;
    }
    bot.later(mins(30)).await;
    let result = bot.last_message();
    assert!(bot.unfinished().await.is_empty());
    let started = started(&bot);
    for host in &hosts {
        let told = result.contains(&format!("{host} (Acme Logistics): it was not sent"));
        assert!(started.contains_key(host) || told, "{host} is left out:\n{result}");
    }
    assert!(side_by_side(&bot.world().executions()) <= 2);
    bot.finish().await;
}

#[tokio::test]
async fn a_device_that_is_away_has_its_turn_when_it_is_back() {
    let (mut bot, hosts) = asked().await;
    let away = hosts.last().unwrap().clone();
    bot.world().set_online(&away, false).unwrap();
    bot.sync().await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(10)).await;
    assert_eq!(started(&bot).len(), hosts.len() - 1);
    assert_eq!(bot.world().scheduled().len(), hosts.len() - 1, "nothing is queued for it");
    assert_eq!(bot.unfinished().await.len(), 1, "the rollout waits");
    bot.world().set_online(&away, true).unwrap();
    bot.sync().await;
    bot.later(mins(5)).await;
    assert!(bot.last_message().contains("Done: Flush DNS"));
    assert_eq!(started(&bot).len(), hosts.len());
    let all = bot.world().executions();
    assert!(all.iter().all(|it| it.state == RunState::Success));
    bot.finish().await;
}

#[tokio::test]
async fn asked_for_again_it_goes_out_with_the_same_limits() {
    let (mut bot, _) = asked().await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(10)).await;
    bot.skip_messages();
    bot.presses("ana", "Run again").await;
    let card = bot.last_message();
    assert!(card.contains("1 device first, then at most 2 devices at a time"), "{card}");
    bot.finish().await;
}

#[tokio::test]
async fn few_devices_and_no_limits_are_one_call_as_ever() {
    let mut bot = World::default().config(LIMITS).start().await;
    bot.says("ana", "run flush dns on fs01 and acme-ws-01").await;
    assert!(!bot.next_message().contains("at a time"));
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    bot.skip_messages();
    assert_eq!(bot.world().scheduled().len(), 1);
    bot.finish().await;
}
