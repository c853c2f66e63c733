//! The process dies at every commit of the main job, just before and just after it.

use std::time::Duration;

use countersign::conversation::Body;

use crate::harness::mortal::When;
use crate::harness::{World, mins, secs};

const PAPER_TRAIL: &str = "[[rules]]\ntool = \"connectwise_rmm:cw-rmm-script-*\"\nticket = true\n";

/// More commits than the main job has.
const COMMITS_MAX: i64 = 60;

/// Plays the main job with a process that dies at commit `commits`; `false`: it lived to the end.
async fn dies_at(commits: i64, when: When) -> bool {
    let mut bot = World::default().config(PAPER_TRAIL).start().await;
    let mortal = bot.becomes_mortal(commits, when).await;
    let ask = bot.event("ana", Body::Text("run disk cleanup on maria-lt-01".into()));
    bot.delivers(&ask).await;
    bot.later_unless_dead(Duration::ZERO, &mortal).await;
    let died_early = mortal.is_dead();
    if died_early {
        bot.dies_and_restarts().await;
    }
    bot.taps("ben", "Approve").await;
    if died_early {
        bot.settle().await;
    } else {
        bot.later_unless_dead(mins(2), &mortal).await;
        if mortal.is_dead() {
            bot.dies_and_restarts().await;
        }
    }
    bot.later(mins(3)).await;

    let what = format!("dead at commit {commits}, {when:?}");
    let ran = bot.ran();
    assert!(ran.len() <= 1, "{what}: ran twice: {ran:?}");
    assert!(bot.tickets().len() <= 1, "{what}: two tickets: {:?}", bot.tickets());
    let last = bot.last_message();
    if ran.is_empty() {
        assert!(last.contains("Not sent: Disk Cleanup"), "{what}: lost without a word:\n{last}");
        assert!(bot.tickets().is_empty(), "{what}: a ticket about nothing");
    } else {
        assert!(last.contains("Done: Disk Cleanup"), "{what}: ran, and nobody was told:\n{last}");
        let told = if bot.tickets().is_empty() {
            last.contains("not sent:")
        } else {
            last.contains("Ticket 1")
        };
        assert!(told, "{what}: the ticket is lost:\n{last}");
    }
    bot.later(secs(30)).await;
    assert_eq!(bot.unread(), 0, "{what}: told more than once");
    bot.finish().await;
    mortal.is_dead()
}

async fn dies_everywhere(when: When) {
    let mut deaths = 0;
    while dies_at(deaths, when).await {
        deaths += 1;
        assert!(deaths < COMMITS_MAX, "the main job does not come to an end");
    }
    // Request, decision, two dispatches, their answers, polls and results.
    assert!(deaths >= 8, "only {deaths} commits were seen");
}

#[tokio::test]
async fn a_process_that_dies_before_any_commit_loses_nothing_and_sends_nothing_twice() {
    dies_everywhere(When::BeforeCommit).await;
}

#[tokio::test]
async fn a_process_that_dies_after_any_commit_loses_nothing_and_sends_nothing_twice() {
    dies_everywhere(When::AfterCommit).await;
}
