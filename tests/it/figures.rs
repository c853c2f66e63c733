//! Figures before and after: what ran and helped, what ran and did not, and what nobody can tell yet.

use std::time::Duration;

use crate::harness::{Bot, World, hours, mins};

const SPOOLER: &str = "run restart print spooler on maria-lt-01";

async fn asked(bot: &mut Bot, text: &str, wait: Duration) -> String {
    bot.says("ana", text).await;
    bot.skip_messages();
    bot.presses("ben", "Approve").await;
    bot.later(wait).await;
    bot.last_message()
}

/// Every one of `parts`, however wide the columns are.
fn holds(message: &str, parts: &[&str]) {
    let words = message.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(words.contains(part), "{part:?} is not in\n{message}");
    }
}

#[tokio::test]
async fn a_service_that_was_stopped_and_runs_is_shown_with_both_states() {
    let mut bot = World::default().start().await;
    let result = asked(&mut bot, SPOOLER, mins(1)).await;
    insta::assert_snapshot!(result);
    bot.finish().await;
}

#[tokio::test]
async fn a_service_that_ran_before_and_after_a_restart_is_fine() {
    let mut bot = World::default().start().await;
    bot.world().set_service("MARIA-LT-01", "Spooler", true).unwrap();
    let result = asked(&mut bot, SPOOLER, mins(1)).await;
    holds(&result, &["Done: Restart Print Spooler", "Print Spooler running, before and after"]);
    bot.finish().await;
}

#[tokio::test]
async fn a_service_that_stays_down_is_not_fixed_whatever_the_script_says() {
    let mut bot = World::default().start().await;
    bot.world().break_service("MARIA-LT-01", "Spooler").unwrap();
    let text = format!("{SPOOLER} and open a ticket");
    let result = asked(&mut bot, &text, mins(3)).await;
    insta::assert_snapshot!(result);
    let ticket = bot.world().tickets_created().pop().expect("a ticket");
    holds(
        &ticket.description,
        &[
            "Ran, but Print Spooler is stopped, so not fixed",
            "Print Spooler: stopped, before and after",
        ],
    );
    bot.finish().await;
}

#[tokio::test]
async fn the_service_that_an_argument_names_is_looked_at() {
    let mut bot = World::default().start().await;
    bot.world().break_service("PRINT01", "Spooler").unwrap();
    bot.world().set_service("PRINT01", "W32Time", true).unwrap();
    let result =
        asked(&mut bot, "run restart service on print01 with service W32Time", mins(1)).await;
    holds(&result, &["Done: Restart Service", "Windows Time running, before and after"]);
    let result =
        asked(&mut bot, "run restart service on print01 with service spooler", mins(3)).await;
    holds(&result, &["Ran, but Print Spooler is stopped, so not fixed"]);
    bot.finish().await;
}

#[tokio::test]
async fn the_others_are_left_alone_when_figures_show_that_it_did_not_help_the_first() {
    let mut bot = World::default().start().await;
    bot.world().break_service("ACME-WS-01", "Spooler").unwrap();
    let text = "run restart print spooler on fs01 and acme-ws-01, canary first";
    let result = asked(&mut bot, text, mins(4)).await;
    holds(
        &result,
        &["Print Spooler is stopped, so not fixed", "The other 1 device were left alone"],
    );
    bot.expect_ran(&["Restart Print Spooler on ACME-WS-01 (Acme Logistics)"]);
    bot.finish().await;
}

#[tokio::test]
async fn a_restart_is_done_when_the_machine_started_anew() {
    let mut bot = World::default().start().await;
    let result = asked(&mut bot, "run reboot computer on maria-lt-01", mins(2)).await;
    holds(&result, &["Done: Reboot Computer", "Last boot 2"]);
    bot.finish().await;
}

#[tokio::test]
async fn a_machine_that_is_up_as_before_minutes_later_did_not_restart() {
    let mut bot = World::default().start().await;
    bot.world().numb("MARIA-LT-01").unwrap();
    bot.says("ana", "run reboot computer on maria-lt-01").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(2)).await;
    let card = bot.last_message();
    holds(&card, &["Running: Reboot Computer", "looking whether it helped"]);
    bot.later(mins(10)).await;
    let result = bot.last_message();
    holds(&result, &["Ran, but did not restart, so not fixed: Reboot Computer", "(unchanged)"]);
    bot.finish().await;
}

#[tokio::test]
async fn a_machine_that_stays_away_is_not_said_to_have_stayed_up() {
    let mut bot = World::default().start().await;
    bot.world().numb("MARIA-LT-01").unwrap();
    bot.says("ana", "run reboot computer on maria-lt-01").await;
    bot.presses("ben", "Approve").await;
    bot.later(Duration::from_secs(20)).await;
    bot.world().set_online("MARIA-LT-01", false).unwrap();
    bot.later(mins(20)).await;
    let result = bot.last_message();
    holds(&result, &["Done: Reboot Computer", "has no newer figure yet"]);
    bot.finish().await;
}

#[tokio::test]
async fn a_cleanup_that_freed_nothing_is_not_fixed_and_a_process_that_dies_meanwhile_changes_nothing()
 {
    let mut bot = World::default().start().await;
    bot.world().numb("MARIA-LT-01").unwrap();
    bot.says("ana", "run disk cleanup on maria-lt-01").await;
    bot.presses("ben", "Approve").await;
    bot.dies_and_restarts().await;
    bot.later(mins(2)).await;
    let result = bot.last_message();
    holds(&result, &["Ran, but freed no space, so not fixed: Disk Cleanup", "(unchanged)"]);
    bot.expect_ran(&["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"]);
    bot.finish().await;
}

#[tokio::test]
async fn one_of_two_devices_that_was_not_fixed_is_counted() {
    let mut bot = World::default().start().await;
    bot.world().break_service("ACME-WS-01", "Spooler").unwrap();
    let text = "run restart print spooler on acme-ws-01 and acme-ws-02";
    let result = asked(&mut bot, text, mins(4)).await;
    holds(
        &result,
        &[
            "Ran, but not fixed on 1 of 2 devices",
            "Print Spooler on ACME-WS-02 (Acme Logistics) stopped → running",
        ],
    );
    bot.finish().await;
}

#[tokio::test]
async fn updates_that_are_missing_are_counted_around_their_installation() {
    let mut bot = World::default().start().await;
    let result = asked(&mut bot, "run install updates on bv-dc01", mins(3)).await;
    holds(&result, &["Done: Install Updates", "Updates missing "]);
    bot.finish().await;
}

#[tokio::test]
async fn automate_proves_with_an_inventory_of_afterwards_only() {
    let mut bot = World::default().only_automate().start().await;
    let result = asked(&mut bot, SPOOLER, mins(2)).await;
    holds(&result, &["Done: Restart Print Spooler", "Print Spooler stopped → running"]);

    bot.world().break_service("PRINT01", "Spooler").unwrap();
    let result = asked(&mut bot, "run restart print spooler on print01", mins(4)).await;
    holds(&result, &["Ran, but Print Spooler is stopped, so not fixed"]);

    // Inventoried ten minutes ago, always.
    bot.world().switch_automate(|it| it.inventory_age = mins(10));
    bot.world().break_service("FS01", "Spooler").unwrap();
    let result = asked(&mut bot, "run restart print spooler on fs01", mins(6)).await;
    holds(
        &result,
        &["Done: Restart Print Spooler", "ConnectWise Automate has no newer figure yet"],
    );

    bot.world().switch_automate(|it| it.inventory_age = hours(6));
    let result = asked(&mut bot, "run disk cleanup on fs01", mins(2)).await;
    holds(&result, &["Done: Disk Cleanup"]);
    assert!(!result.contains("Free on"), "a figure of this morning is no state before: {result}");
    bot.finish().await;
}

#[tokio::test]
async fn control_asks_the_machine_itself_around_a_command() {
    let mut bot = World::default().only_control().start().await;
    let ask = "run powershell on maria-lt-01: Restart-Service Spooler";
    let result = asked(&mut bot, ask, mins(1)).await;
    holds(&result, &["Done: Run PowerShell", "Print Spooler stopped → running"]);
    bot.world().break_service("MARIA-LT-01", "Spooler").unwrap();
    let result = asked(&mut bot, ask, mins(3)).await;
    holds(&result, &["Ran, but Print Spooler is stopped, so not fixed", "running → stopped"]);
    let ran = bot.world().control_ran().into_iter().filter(|it| it.script.starts_with("Restart-"));
    assert_eq!(ran.count(), 2, "each command ran once");

    let result = asked(&mut bot, "run command `shutdown /r /t 0` on maria-lt-01", mins(2)).await;
    holds(&result, &["Done: Run command", "Last boot 2"]);
    bot.finish().await;
}

#[tokio::test]
async fn a_machine_is_asked_for_figures_only_where_the_question_needs_no_approval() {
    let mut bot = World::default().only_control().start().await;
    let tool = "connectwise_control:cwc-list-services";
    bot.sets_policy("mia", tool, Some("approval_needed")).await.unwrap();
    bot.world().break_service("MARIA-LT-01", "Spooler").unwrap();
    let ask = "run powershell on maria-lt-01: Restart-Service Spooler";
    let result = asked(&mut bot, ask, mins(3)).await;
    holds(&result, &["Done: Run PowerShell"]);
    assert!(!result.contains("Print Spooler"), "{result}");
    let asked =
        bot.world().control_ran().into_iter().filter(|it| it.script.contains("Win32_Service"));
    assert_eq!(asked.count(), 0);
    bot.finish().await;
}
