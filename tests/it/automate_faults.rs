//! Automate's bad days and odd names, seen from the chat.

use countersign_simulator::automate::{AutomateRoute, Switches};

use crate::harness::{Bot, Fault, FaultKind, Route, World, mins};

async fn only_automate(change: impl FnOnce(&mut Switches)) -> Bot {
    let bot = World::default().only_automate().start_empty().await;
    bot.world().switch_automate(change);
    bot.sync().await;
    bot
}

async fn answer(bot: &mut Bot, text: &str) -> String {
    bot.says("ana", text).await;
    bot.last_message()
}

#[tokio::test]
async fn odd_names_are_found_as_people_write_them() {
    let mut bot = only_automate(|_| {}).await;
    for (text, device) in [
        ("how much free disk does mordant-pc1 have", "I know no device"),
        (
            "how much free disk does \"müller-empfang\" have",
            "MÜLLER-EMPFANG (Zahnärzte Müller & Söhne)",
        ),
        (
            "how much free disk does muller-empfang have",
            "MÜLLER-EMPFANG (Zahnärzte Müller & Söhne)",
        ),
        ("how much free disk does 100%_test have", "100%_TEST"),
        ("how much free disk does % have", "I know no device"),
        ("list computers at o'brien & sons", "O'Brien & Sons"),
        ("list computers at zahnärzte müller", "MÜLLER-EMPFANG"),
        ("list computers at the \"corner\" store, o'hara", "O'HARA \"TILL\""),
    ] {
        let answer = answer(&mut bot, text).await;
        assert!(answer.contains(device), "“{text}”:\n{answer}");
    }
    bot.finish().await;
}

#[tokio::test]
async fn a_script_with_quotes_in_its_name_runs_as_what_it_is() {
    let mut bot = only_automate(|_| {}).await;
    let card = answer(&mut bot, "run o'brien till reset on maria-lt-01").await;
    assert!(card.contains("O'Brien \"Till\" Reset on MARIA-LT-01"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    bot.skip_messages();
    assert_eq!(bot.world().automate_runs().last().unwrap().script_name, "O'Brien \"Till\" Reset");
    bot.finish().await;
}

#[tokio::test]
async fn a_computer_that_is_gone_since_the_last_look_is_said_to_be_gone() {
    let mut bot = only_automate(|_| {}).await;
    bot.world().retire_automate("MARIA-LT-01").unwrap();
    let text = answer(&mut bot, "how much free disk does maria-lt-01 have").await;
    assert!(text.contains("MARIA-LT-01") && text.contains("not"), "{text}");
    let text = answer(&mut bot, "show alert 999999").await;
    assert!(!text.contains("Done"), "{text}");
    bot.finish().await;
}

#[tokio::test]
async fn a_server_without_a_list_of_alerts_says_so_and_still_shows_those_of_one_computer() {
    let mut bot = only_automate(|it| it.alerts_route = false).await;
    let text = answer(&mut bot, "any alerts?").await;
    assert!(text.contains("Automate") && text.contains("alerts of one computer"), "{text}");
    let text = answer(&mut bot, "alerts on the kiosk").await;
    assert!(text.contains("has 7.9 GB free"), "{text}");
    bot.finish().await;
}

#[tokio::test]
async fn a_target_that_is_refused_within_a_success_is_named_and_the_others_run() {
    let mut bot = only_automate(|_| {}).await;
    let card = answer(&mut bot, "run flush dns on maria-lt-01 and bv-dc01").await;
    assert!(card.contains("touches 2 devices of 1 client, 1 server"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    let text = bot.last_message();
    assert!(text.contains("Automate queued script 4140 (Flush DNS) on 2 computers"), "{text}");

    bot.world().switch_automate(|it| it.may_schedule = false);
    let card = answer(&mut bot, "run flush dns on maria-lt-01 and bv-dc01").await;
    assert!(card.contains("Approval needed"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    let text = bot.last_message();
    assert!(text.contains("Schedule Scripts Update"), "the right to grant is named: {text}");
    let ours = |it: &countersign_simulator::automate::ScriptRun| it.user == "countersign";
    assert_eq!(bot.world().automate_runs().into_iter().filter(ours).count(), 2);
    bot.finish().await;
}

#[tokio::test]
async fn a_script_with_parameters_goes_out_with_their_values() {
    let mut bot = only_automate(|_| {}).await;
    let card = answer(&mut bot, "run agent clear temp files on maria-lt-01 with DaysOld 14").await;
    assert!(card.contains("DaysOld 14"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    bot.skip_messages();
    let launch = bot.world().automate_launches().remove(0);
    assert!(format!("{launch:?}").contains("14"), "{launch:?}");
    bot.finish().await;
}

#[tokio::test]
async fn passing_trouble_of_the_server_is_not_seen_at_all() {
    for kind in [
        FaultKind::Timeout500,
        FaultKind::Html502,
        FaultKind::Unauthorized401,
        FaultKind::CutMidBody,
    ] {
        let mut bot = only_automate(|_| {}).await;
        let fault = Fault::once(Route::Automate(AutomateRoute::Computers), kind.clone());
        bot.fault(fault);
        let text = answer(&mut bot, "how much free disk does maria-lt-01 have").await;
        assert!(text.contains("19.0 GB free"), "{kind:?}:\n{text}");
        bot.finish().await;
    }
}

#[tokio::test]
async fn the_page_of_a_firewall_is_no_answer_and_nothing_of_it_is_shown() {
    let mut bot = only_automate(|_| {}).await;
    bot.fault(Fault::always(Route::Automate(AutomateRoute::Computers), FaultKind::Html200));
    let text = answer(&mut bot, "how much free disk does maria-lt-01 have").await;
    assert!(text.contains("had an error of its own; an admin finds more"), "{text}");
    assert!(!text.contains('<'), "{text}");
    bot.finish().await;
}

#[tokio::test]
async fn clients_that_the_user_may_not_see_do_not_exist_and_nothing_else_is_taken_for_them() {
    let mut bot = only_automate(|it| it.hidden_clients = vec!["Bluegum Vet Pty Ltd".into()]).await;
    let text = answer(&mut bot, "list clients").await;
    assert!(text.contains("Harbour Dental") && !text.contains("Bluegum"), "{text}");
    let text = answer(&mut bot, "run disk cleanup on maria-lt-01").await;
    assert!(!text.contains("Approval needed"), "{text}");
    assert!(text.contains("I know no device"), "{text}");
    assert!(bot.world().automate_launches().is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn offline_computers_are_named_before_anybody_approves() {
    let mut bot = only_automate(|_| {}).await;
    let card = answer(&mut bot, "run flush dns on james-lt-02 and maria-lt-01").await;
    assert!(card.contains("JAMES-LT-02") && card.contains("OFFLINE: it is skipped"), "{card}");
    assert!(card.contains("1 offline"), "{card}");
    bot.presses("ana", "Withdraw").await;
    bot.skip_messages();
    bot.finish().await;
}
