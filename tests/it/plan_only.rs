//! Plan only: it is said what would be done, nothing is sent, and what somebody did instead is held against it.

use countersign::conversation::{Body, Explanation};
use countersign::ids::PersonId;
use countersign::ports::{Store as _, TrialFilter};
use countersign::reply::Action;
use countersign::trial::{Seen, Trial};
use countersign_simulator::automate::Cure;
use serde_json::json;

use crate::harness::mortal::When;
use crate::harness::{Bot, Fault, FaultKind, Route, World, hours, mins};
use crate::repair::{linked, machines, silent, steps};

const ASK: &str = "run disk cleanup on maria-lt-01";
const RAN: &str = "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)";
const TOOL: &str = "connectwise_rmm:cw-rmm-script-disk-cleanup";
const ALL: &str = "[[rules]]\nname = \"on trial\"\ntool = \"*\"\npolicy = \"plan_only\"\n";
const BLUEGUM: &str = "[[rules]]\ntool = \"*\"\nclient = \"Bluegum Vet\"\npolicy = \"plan_only\"\n";

/// Newest first.
async fn trials(bot: &Bot) -> Vec<Trial> {
    let filter = TrialFilter { limit: 100, ..TrialFilter::default() };
    bot.wiring().store.trials(&filter).await.expect("trials")
}

async fn asked(bot: &mut Bot, text: &str) -> Trial {
    let before = trials(bot).await.len();
    bot.says("ana", text).await;
    let told = bot.all_messages();
    assert!(told.contains("Plan only, nothing runs"), "{told}");
    let all = trials(bot).await;
    assert_eq!(all.len(), before + 1, "one plan is one record");
    all.into_iter().next().expect("a trial")
}

/// The day in which the products are looked at goes by.
async fn a_day_later(bot: &mut Bot) -> Trial {
    bot.jumps(hours(25)).await;
    let trial = trials(bot).await.remove(0);
    assert_eq!(trial.look_at, None, "it is not looked at for ever");
    trial
}

async fn saves(bot: &Bot, text: &str) {
    let engine = &bot.wiring().engine;
    let mia = engine.people().get(&PersonId::new("mia")).expect("mia").clone();
    engine.save_rules(&mia, text, 0).await.expect("rules");
}

async fn report(bot: &Bot) -> String {
    bot.wiring().engine.trials(30).await.expect("a report").text()
}

fn nothing_was_sent(bot: &Bot) {
    bot.expect_ran(&[]);
    assert!(bot.world().scheduled().is_empty() && bot.tickets().is_empty());
}

#[tokio::test]
async fn the_card_says_all_that_an_approval_says_and_nothing_runs() {
    let rules = "[[rules]]\nname = \"Bluegum on trial\"\ntool = \"*\"\nclient = \"Bluegum Vet\"\n\
                 policy = \"plan_only\"\nsecond = \"role:manager\"\n";
    let mut bot = World::default().config(rules).start().await;
    bot.says("ana", ASK).await;
    insta::assert_snapshot!(bot.next_message());
    bot.later(mins(5)).await;
    bot.says("mia", "run disk cleanup on acme-ws-01").await;
    assert!(bot.next_message().contains("Approval needed"), "another client is not on trial");
    nothing_was_sent(&bot);
    assert_eq!(bot.waiting().await.len(), 1);
    let audit = bot.audit().await;
    for part in [
        "countersign verdict: plan: Disk Cleanup on MARIA-LT-01 (Bluegum Vet) (rule “Bluegum on trial”: plan only)",
        "countersign trial: plan only, nothing runs: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)",
    ] {
        assert!(audit.iter().any(|it| it.starts_with(part)), "{part} is not in {audit:#?}");
    }
    bot.finish().await;
}

#[tokio::test]
async fn what_reads_goes_on() {
    let mut bot = World::default().config(ALL).start().await;
    bot.answers("list acme devices", &["DC01"]).await;
    bot.sets_policy("mia", "connectwise_rmm:cw-rmm-list-devices", Some("plan_only")).await.unwrap();
    bot.answers("list acme devices", &["DC01"]).await;
    assert!(trials(&bot).await.is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn a_tool_alone_can_be_plan_only() {
    let mut bot = World::default().start().await;
    bot.sets_policy("mia", TOOL, Some("plan_only")).await.unwrap();
    let trial = asked(&mut bot, ASK).await;
    assert_eq!(trial.would, "ask one person other than the requester");
    assert_eq!(trial.reason, "policy (set by mia) of Disk Cleanup: plan only");
    bot.says("ana", "run flush dns on maria-lt-01").await;
    assert!(bot.next_message().contains("Approval needed"));
    bot.world().edit_script("Disk Cleanup").unwrap();
    bot.sync().await;
    asked(&mut bot, "run disk cleanup on acme-ws-01").await;
    nothing_was_sent(&bot);
    bot.finish().await;
}

#[tokio::test]
async fn a_refusal_beats_plan_only_and_plan_only_beats_a_question() {
    for (policy, expected) in
        [("never", "Not allowed"), ("approval_needed", "Plan only"), ("plan_only", "Plan only")]
    {
        let rules = format!("{ALL}[[rules]]\ntool = \"*\"\npolicy = \"{policy}\"\n");
        let mut bot = World::default().config(&rules).start().await;
        bot.says("ana", ASK).await;
        let told = bot.next_message();
        assert!(told.contains(expected), "{policy}: {told}");
        nothing_was_sent(&bot);
        bot.finish().await;
    }
    let mut bot = World::default().config(ALL).start().await;
    bot.says("vic", ASK).await;
    assert!(bot.next_message().contains("may read"), "a viewer asks for nothing here either");
    bot.says("ben", "halt client Bluegum Vet").await;
    bot.skip_messages();
    bot.says("ana", ASK).await;
    assert!(bot.next_message().contains("Not allowed"));
    assert!(trials(&bot).await.is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn policy_explain_says_it() {
    let bot = World::default().config(ALL).start().await;
    let engine = &bot.wiring().engine;
    let ana = engine.people().get(&PersonId::new("ana")).unwrap();
    let Explanation::Calls(calls) = engine.explain(ana, ASK).await.unwrap() else {
        panic!("a plan")
    };
    insta::assert_snapshot!(calls[0].0);
    bot.finish().await;
}

#[tokio::test]
async fn one_step_that_is_plan_only_makes_the_whole_plan_so() {
    let rules = "[[rules]]\ntool = \"*-disk-cleanup\"\npolicy = \"plan_only\"\nticket = true\n";
    let mut bot = World::default().config(rules).start().await;
    let trial = asked(&mut bot, ASK).await;
    assert_eq!(trial.plan.calls.len(), 2, "the script and its ticket");
    bot.later(mins(2)).await;
    nothing_was_sent(&bot);
    let text = report(&bot).await;
    assert!(text.contains("Disk Cleanup: 1") && !text.contains("ticket"), "{text}");
    bot.finish().await;
}

// --- nothing that was allowed before is sent

#[tokio::test]
async fn an_approval_given_before_does_not_send_and_says_why() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.taps("ben", "Approve").await;
    bot.decides_only().await;
    saves(&bot, BLUEGUM).await;
    bot.later(mins(2)).await;
    let told = bot.all_messages();
    assert!(told.contains("Not run, things changed"), "{told}");
    assert!(told.contains("client Bluegum Vet): plan only"), "{told}");
    nothing_was_sent(&bot);
    bot.finish().await;
}

#[tokio::test]
async fn what_ran_without_asking_does_not_send() {
    let mut bot = World::default().start().await;
    bot.sets_policy("mia", TOOL, Some("auto")).await.unwrap();
    bot.writes("ana", ASK).await;
    bot.decides_only().await;
    bot.sets_policy("mia", TOOL, Some("plan_only")).await.unwrap();
    bot.later(mins(2)).await;
    let told = bot.all_messages();
    assert!(told.contains("it is plan only now"), "{told}");
    nothing_was_sent(&bot);
    bot.finish().await;
}

#[tokio::test]
async fn a_standing_grant_does_not_send() {
    let mut bot = World::default().start().await;
    bot.says("ana", "grant disk cleanup on Bluegum Vet's workstations for 2 hours, 2 uses").await;
    bot.presses("mia", "Sign").await;
    bot.skip_messages();
    bot.writes("ana", ASK).await;
    bot.decides_only().await;
    bot.skip_messages();
    saves(&bot, BLUEGUM).await;
    bot.later(mins(2)).await;
    assert!(bot.all_messages().contains("it is plan only now"));
    asked(&mut bot, ASK).await;
    nothing_was_sent(&bot);
    bot.finish().await;
}

#[tokio::test]
async fn what_is_scheduled_and_what_comes_again_is_not_sent() {
    for (ask, ran) in [("tonight at 22:00", 0), ("every day at 22:00", 1)] {
        let mut bot = World::default().start().await;
        bot.says("ana", &format!("{ASK} {ask}")).await;
        bot.presses("ben", "Approve").await;
        if ran == 1 {
            bot.jumps(hours(3)).await;
            bot.later(mins(2)).await;
        }
        bot.skip_messages();
        assert_eq!(bot.ran().len(), ran, "{ask}");
        saves(&bot, BLUEGUM).await;
        bot.jumps(if ran == 1 { hours(24) } else { hours(3) }).await;
        bot.later(mins(2)).await;
        let told = bot.all_messages();
        assert!(told.contains("plan only"), "{ask}: {told}");
        assert_eq!(bot.ran().len(), ran, "{ask}");
        bot.finish().await;
    }
}

#[tokio::test]
async fn a_repair_stops_between_two_devices() {
    let mut bot = linked(World::default().with_all()).await;
    let hosts = machines(&bot, 2);
    let broken: Vec<(&str, Cure)> = hosts.iter().map(|it| (it.as_str(), Cure::Restart)).collect();
    silent(&mut bot, &broken).await;
    bot.says("ana", &format!("fix the automate agent on {} and {}", hosts[0], hosts[1])).await;
    bot.taps("ben", "Approve").await;
    bot.decides_only().await;
    saves(&bot, ALL).await;
    bot.later(mins(5)).await;
    bot.skip_messages();
    for host in &hosts {
        assert_eq!(steps(&bot, host), (0, 0), "{host}");
    }
    bot.says("ana", &format!("fix the automate agent on {}", hosts[0])).await;
    assert!(bot.last_message().contains("Plan only, nothing runs"));
    bot.later(mins(1)).await;
    assert_eq!(steps(&bot, &hosts[0]), (0, 0));
    bot.skip_messages();
    bot.finish().await;
}

#[tokio::test]
async fn a_waiting_card_that_is_edited_becomes_a_plan_and_no_card() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    saves(&bot, BLUEGUM).await;
    bot.edits("ben", 0, json!({ "days": 30 })).await;
    let told = bot.all_messages();
    assert!(told.contains("Plan only, nothing runs"), "{told}");
    assert!(bot.waiting().await.is_empty());
    bot.later(mins(2)).await;
    nothing_was_sent(&bot);
    bot.finish().await;
}

// --- what was done instead, said

#[tokio::test]
async fn who_asked_says_once_what_was_done() {
    let mut bot = World::default().config(ALL).start().await;
    let trial = asked(&mut bot, ASK).await;
    for person in ["ben", "vic"] {
        bot.says(person, &format!("did {}", trial.code)).await;
        let told = bot.next_message();
        assert!(told.contains("Only who asked or a manager"), "{person}: {told}");
    }
    bot.presses("ana", "I did just this").await;
    let card = bot.next_message();
    assert!(card.contains("Plan only, just this was done: Disk Cleanup"), "{card}");
    assert!(card.contains("ana at 09:00"), "{card}");
    assert!(!card.contains("[I did"), "it is said once: {card}");
    bot.says("mia", &format!("did {} nothing", trial.code)).await;
    let told = bot.next_message();
    assert!(told.contains("Ana said already that just this was done"), "{told}");
    let audit = bot.audit().await;
    assert!(
        audit.iter().any(|it| it.starts_with("ana trial_said: just this was done: Disk Cleanup")),
        "{audit:#?}"
    );
    bot.finish().await;
}

#[tokio::test]
async fn a_manager_says_it_by_code_from_another_thread() {
    let mut bot = World::default().config(ALL).start().await;
    let trial = asked(&mut bot, ASK).await;
    bot.in_thread("thread-2");
    bot.says("mia", &format!("did {} otherwise", trial.code)).await;
    let told = bot.next_message();
    assert!(told.contains("Noted: something else was done, Disk Cleanup on MARIA-LT-01"), "{told}");
    bot.says("mia", "did 2222").await;
    assert!(bot.next_message().contains("Nothing that is plan only has the code"));
    bot.finish().await;
}

#[tokio::test]
async fn the_same_plan_is_kept_once_however_often_it_is_asked_or_delivered() {
    let mut bot = World::default().config(ALL).start().await;
    let event = bot.event("ana", Body::Text(ASK.into()));
    bot.delivers(&event).await;
    bot.delivers(&event).await;
    bot.settle().await;
    bot.delivers(&event).await;
    bot.settle().await;
    assert!(bot.next_message().contains("Plan only, nothing runs"));
    bot.says("ana", ASK).await;
    let told = bot.next_message();
    assert!(told.contains("The same was planned") && told.contains("I keep it once"), "{told}");
    assert_eq!(trials(&bot).await.len(), 1);
    a_day_later(&mut bot).await;
    bot.skip_messages();
    asked(&mut bot, ASK).await;
    bot.finish().await;
}

// --- what was done instead, seen

#[tokio::test]
async fn a_script_that_a_person_ran_in_rmm_is_found_with_its_time() {
    let mut bot = World::default().config(ALL).start().await;
    bot.world().run_in_rmm("Disk Cleanup", "MARIA-LT-01").unwrap();
    bot.later(mins(3)).await;
    asked(&mut bot, ASK).await;
    bot.later(mins(4)).await;
    bot.world().run_in_rmm("Flush DNS", "MARIA-LT-01").unwrap();
    bot.world().run_in_rmm("Disk Cleanup", "ACME-WS-01").unwrap();
    bot.jumps(mins(12)).await;
    assert_eq!(
        trials(&bot).await[0].seen,
        [Seen::Nothing],
        "neither before, nor other, nor elsewhere"
    );
    bot.world().run_in_rmm("Disk Cleanup", "MARIA-LT-01").unwrap();
    bot.skip_messages();
    bot.jumps(hours(2)).await;
    insta::assert_snapshot!(bot.last_message());
    let trial = trials(&bot).await.remove(0);
    assert_eq!(trial.look_at, None, "what was found is not looked for any more");
    assert!(report(&bot).await.contains("1 proposed, 1 done just so"), "{}", report(&bot).await);
    let audit = bot.audit().await;
    assert!(audit.iter().any(|it| it.contains("trial_seen: Disk Cleanup")), "{audit:#?}");
    bot.finish().await;
}

#[tokio::test]
async fn a_script_that_a_person_ran_in_automate_is_found_with_its_name() {
    let mut bot = World::default().only_automate().config(ALL).start().await;
    bot.world().run_in_automate("Disk Cleanup", "MARIA-LT-01", "jsmith").unwrap();
    bot.later(mins(5)).await;
    asked(&mut bot, ASK).await;
    bot.later(mins(5)).await;
    bot.world().run_in_automate("Disk Cleanup", "MARIA-LT-01", "maria").unwrap();
    bot.jumps(mins(20)).await;
    let card = bot.last_message();
    assert!(card.contains("Disk Cleanup ran on MARIA-LT-01 at 1 Sep 2026"), "{card}");
    assert!(card.contains("started by maria: Success"), "the one of before does not count: {card}");
    assert!(bot.world().automate_launches().is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn an_alert_that_is_gone_was_cleared() {
    let mut bot = World::default().only_automate().config(ALL).start().await;
    asked(&mut bot, "clear the noisy disk-space alert on the kiosk").await;
    bot.jumps(mins(20)).await;
    assert_eq!(trials(&bot).await[0].seen, [Seen::Nothing]);
    bot.skip_messages();
    let alert = trials(&bot).await[0].plan.calls[0].arguments["alert_id"].as_i64().unwrap();
    bot.world().clear_alert(alert).unwrap();
    bot.jumps(hours(2)).await;
    assert!(bot.last_message().contains(&format!("alert {alert} is gone")));
    bot.finish().await;
}

#[tokio::test]
async fn a_ticket_of_the_same_client_is_found_with_its_words() {
    let mut bot = World::default().config(ALL).start().await;
    bot.world().open_ticket("Printer offline", "MARIA-LT-01").unwrap();
    bot.later(mins(1)).await;
    asked(&mut bot, "open a ticket for maria-lt-01 saying the disk is full").await;
    bot.world().open_ticket("No sound", "ACME-WS-01").unwrap();
    bot.jumps(mins(20)).await;
    assert_eq!(trials(&bot).await[0].seen, [Seen::Nothing], "neither before, nor elsewhere");
    bot.skip_messages();
    bot.world().open_ticket("Disk full", "MARIA-LT-01").unwrap();
    bot.jumps(hours(2)).await;
    let card = bot.last_message();
    assert!(card.contains("“Disk full” was opened for the client at 1 Sep 2026"), "{card}");
    assert!(bot.tickets().is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn a_product_that_does_not_tell_is_said_to_not_tell() {
    let mut bot = linked(World::default().with_all().config(ALL)).await;
    silent(&mut bot, &[("ACME-LT-07", Cure::Restart)]).await;
    bot.skip_messages();
    asked(&mut bot, "fix the automate agent on acme-lt-07").await;
    bot.jumps(mins(20)).await;
    let card = bot.last_message();
    assert!(card.contains("ConnectWise Control does not say what was done by hand"), "{card}");
    let text = report(&bot).await;
    assert!(text.contains("Nothing to judge") && text.contains("1 cannot tell"), "{text}");
    bot.finish().await;
}

#[tokio::test]
async fn where_word_and_sight_differ_the_report_says_so() {
    let mut bot = World::default().config(ALL).start().await;
    asked(&mut bot, ASK).await;
    bot.presses("ana", "I did just this").await;
    a_day_later(&mut bot).await;
    bot.skip_messages();
    asked(&mut bot, ASK).await;
    bot.presses("ana", "Nothing was needed").await;
    bot.world().run_in_rmm("Disk Cleanup", "MARIA-LT-01").unwrap();
    a_day_later(&mut bot).await;
    bot.skip_messages();
    let text = report(&bot).await;
    assert!(
        text.contains(
            "2 proposed, 0 done just so, 0 done otherwise, 0 not done, 2 told differently"
        ),
        "{text}"
    );
    assert!(
        text.contains("ana said just this was done; the product: nothing of it shows"),
        "{text}"
    );
    assert!(
        text.contains("ana said nothing was needed; the product: Disk Cleanup ran on"),
        "{text}"
    );
    bot.finish().await;
}

#[tokio::test]
async fn the_report_counts_for_each_client_and_says_what_it_means() {
    let mut bot = World::default().config(ALL).start().await;
    for day in 0..10 {
        asked(&mut bot, ASK).await;
        bot.world().run_in_rmm("Disk Cleanup", "MARIA-LT-01").unwrap();
        if day == 0 {
            asked(&mut bot, "run flush dns on acme-ws-01").await;
            bot.presses("ana", "Nothing was needed").await;
        }
        bot.jumps(hours(25)).await;
        bot.skip_messages();
    }
    bot.says("mia", "trials").await;
    insta::assert_snapshot!(bot.next_message());
    for person in ["ana", "vic"] {
        bot.says(person, "trials").await;
        assert!(bot.next_message().contains("for managers and admins"));
    }
    bot.finish().await;
}

// --- crashes and budgets

#[tokio::test]
async fn a_look_that_died_is_taken_up_again() {
    for when in [When::BeforeCommit, When::AfterCommit] {
        for commits in 0..3 {
            let mut bot = World::default().config(ALL).start().await;
            asked(&mut bot, ASK).await;
            bot.world().run_in_rmm("Disk Cleanup", "MARIA-LT-01").unwrap();
            let mortal = bot.becomes_mortal(commits, when).await;
            bot.later_unless_dead(mins(16), &mortal).await;
            bot.dies_and_restarts().await;
            bot.jumps(mins(3)).await;
            bot.jumps(mins(20)).await;
            bot.skip_messages();
            let all = trials(&bot).await;
            assert!(matches!(all[0].seen[0], Seen::Done { .. }), "{commits}: {:?}", all[0].seen);
            assert_eq!((all.len(), bot.ran()), (1, vec![RAN.to_owned()]));
            bot.finish().await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_fails_is_asked_for_at_the_next_look() {
    let mut bot = World::default().config(ALL).start().await;
    asked(&mut bot, ASK).await;
    bot.world().run_in_rmm("Disk Cleanup", "MARIA-LT-01").unwrap();
    let summary = Route::TaskSummary;
    bot.fault(Fault::once(summary, FaultKind::Forbidden403));
    bot.jumps(mins(16)).await;
    assert_eq!(trials(&bot).await[0].seen, [Seen::NotLooked]);
    bot.jumps(hours(2)).await;
    assert!(bot.last_message().contains("Disk Cleanup ran on MARIA-LT-01"));
    bot.finish().await;
}

#[tokio::test]
async fn looking_costs_few_requests() {
    let mut bot = World::default().only_automate().config(ALL).start().await;
    asked(&mut bot, ASK).await;
    let before = bot.world().request_count();
    a_day_later(&mut bot).await;
    bot.skip_messages();
    let spent = bot.world().request_count() - before;
    assert!(spent <= 8, "four looks at one device took {spent} requests");
    bot.finish().await;
}

#[tokio::test]
async fn a_click_on_an_old_button_says_nothing_twice() {
    let mut bot = World::default().config(ALL).start().await;
    let trial = asked(&mut bot, ASK).await;
    let button = bot.button("I did something else").await;
    assert_eq!(button, Action::Say { text: format!("did {} otherwise", trial.code) });
    bot.clicks("ana", button.clone()).await;
    bot.clicks("ana", button).await;
    bot.settle().await;
    let told = bot.all_messages();
    assert!(told.contains("Ana said already that something else was done"), "{told}");
    let said: Vec<_> = trials(&bot).await.into_iter().filter_map(|it| it.said).collect();
    assert_eq!(said.len(), 1);
    bot.finish().await;
}
