//! A run under way is called off: what is not sent is not sent, what is sent is said to be, and nothing more begins.

use countersign::ids::PersonId;

use crate::harness::mortal::When;
use crate::harness::{Bot, World, mins, secs};

const LIMITS: &str = "[rollout]\nfrom_devices = 3\nfirst = 1\nat_once = 2\nfailures_max = 2\n";

/// A rollout on seven devices; two of the others are at work when this is over.
async fn under_way() -> Bot {
    let mut bot = World::default().config(LIMITS).start().await;
    bot.world().set_online("ACME-WS-03", true).expect("a machine");
    bot.sync().await;
    bot.says("ana", "run disk cleanup on all acme workstations").await;
    bot.presses("ben", "Approve").await;
    let mut left = 100;
    while bot.world().scheduled().len() < 3 {
        bot.later(secs(5)).await;
        left -= 1;
        assert!(left > 0, "the rollout does not begin");
    }
    bot
}

#[tokio::test]
async fn of_a_rollout_nothing_more_begins_and_the_result_says_who_stopped_it() {
    let mut bot = under_way().await;
    let card = bot.last_message();
    assert!(card.contains("[Stop the rest]"), "{card}");
    bot.presses("vic", "Stop the rest").await;
    assert!(bot.all_messages().contains("can call it off"));
    bot.presses("ben", "Stop the rest").await;
    let said = bot.all_messages();
    assert!(
        said.contains("Nothing more begins; 2 devices are under way, and cannot be stopped"),
        "{said}"
    );
    bot.later(mins(10)).await;
    insta::assert_snapshot!(bot.last_message());
    assert_eq!(bot.world().scheduled().len(), 3, "the first, and two that were under way");
    let audit = bot.audit().await;
    assert!(audit.iter().any(|it| it.starts_with("ben cancelled: stopped: ")), "{audit:#?}");
    bot.finish().await;
}

#[tokio::test]
async fn while_the_first_device_is_at_work_the_others_are_called_off() {
    let mut bot = World::default().config(LIMITS).start().await;
    bot.says("ana", "run disk cleanup on all acme workstations").await;
    bot.presses("ben", "Approve").await;
    bot.later(secs(5)).await;
    bot.presses("ana", "Stop the rest").await;
    let said = bot.all_messages();
    assert!(said.contains("ConnectWise RMM cannot stop it"), "{said}");
    assert!(said.contains("What was to follow does not begin: Disk Cleanup on"), "{said}");
    bot.later(mins(5)).await;
    let result = bot.last_message();
    assert!(
        result.contains("were left alone") && result.contains("Stopped by  ana at"),
        "{result}"
    );
    assert_eq!(bot.world().scheduled().len(), 1);
    bot.finish().await;
}

#[tokio::test]
async fn what_was_sent_is_said_to_be_sent_and_runs_once() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01").await;
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    let run = bot.unfinished().await.remove(0);
    bot.says("ana", &format!("cancel {}", run.marker.as_str())).await;
    let said = bot.all_messages();
    assert!(said.contains("was sent at 09:00 UTC, and ConnectWise RMM cannot stop it"), "{said}");
    bot.later(mins(2)).await;
    assert!(bot.last_message().contains("Done: Disk Cleanup"));
    bot.says("ana", &format!("cancel {}", run.marker.as_str())).await;
    assert!(bot.last_message().contains("it may be over already"));
    bot.expect_ran(&["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"]);
    bot.finish().await;
}

#[tokio::test]
async fn what_waits_for_its_device_is_not_sent() {
    let mut bot = World::default().start().await;
    for text in ["run disk cleanup on maria-lt-01", "run flush dns on maria-lt-01"] {
        bot.says("ana", text).await;
        bot.presses("ben", "Approve").await;
    }
    let card = bot.last_message();
    assert!(card.contains("Waiting for the device: Flush DNS"), "{card}");
    bot.presses("ana", "Call it off").await;
    bot.later(mins(5)).await;
    let said = bot.all_messages();
    assert!(said.contains("Called off: Flush DNS on MARIA-LT-01"), "{said}");
    bot.expect_ran(&["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"]);
    bot.finish().await;
}

#[tokio::test]
async fn a_series_ends_behind_the_occurrence_that_is_under_way() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run disk cleanup on maria-lt-01 every day at 20:00").await;
    bot.presses("ben", "Approve").await;
    let start = bot.unfinished().await.remove(0).due_at.unwrap();
    let wait = start.duration_since(bot.world().now()).unsigned_abs();
    bot.jumps(wait + secs(1)).await;
    bot.skip_messages();
    let run = bot.unfinished().await.remove(0);
    bot.says("ana", &format!("cancel {}", run.marker.as_str())).await;
    let said = bot.all_messages();
    assert!(said.contains("cannot stop it. It does not come again: "), "{said}");
    bot.later(mins(3)).await;
    let result = bot.last_message();
    assert!(
        result.contains("Done: Disk Cleanup") && result.contains("It does not come again"),
        "{result}"
    );
    assert!(bot.unfinished().await.is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn a_run_that_is_called_off_around_its_send_is_either_sent_or_called_off() {
    let (mut sent, mut called_off) = (0, 0);
    for (commits, when) in [
        (0, When::BeforeCommit),
        (0, When::AfterCommit),
        (1, When::BeforeCommit),
        (1, When::AfterCommit),
        (2, When::AfterCommit),
    ] {
        let mut bot = World::default().start().await;
        bot.says("ana", "run disk cleanup on maria-lt-01").await;
        bot.taps("ben", "Approve").await;
        bot.decides_only().await;
        let run = bot.unfinished().await.remove(0);
        let other = bot.another_process().await;
        let ana = other.people().get(&PersonId::new("ana")).expect("ana").clone();
        // The process dies at every moment around the send, and another one calls the run off.
        let mortal = bot.becomes_mortal(commits, when).await;
        bot.later_unless_dead(secs(0), &mortal).await;
        let cancelled = other.cancel(&ana, &run.marker).await;
        bot.dies_and_restarts().await;
        bot.later(mins(3)).await;
        bot.skip_messages();
        assert!(bot.unfinished().await.is_empty());
        match &cancelled {
            Ok(_) => assert!(bot.ran().is_empty(), "{commits}: called off, and it ran"),
            Err(_) => assert!(bot.ran().len() <= 1, "{commits}: twice"),
        }
        sent += bot.ran().len();
        called_off += usize::from(cancelled.is_ok());
        bot.finish().await;
    }
    assert!(sent > 0 && called_off > 0, "sent {sent}, called off {called_off}");
}

#[tokio::test]
async fn a_rollout_that_is_stopped_stays_stopped_when_the_process_dies() {
    let mut bot = under_way().await;
    bot.taps("ben", "Stop the rest").await;
    let mortal = bot.becomes_mortal(2, When::AfterCommit).await;
    bot.later_unless_dead(mins(2), &mortal).await;
    bot.dies_and_restarts().await;
    bot.later(mins(10)).await;
    let shown = bot.all_messages();
    assert!(shown.contains("Stopped, done on 2 of 6 devices"), "{shown}");
    assert_eq!(bot.world().scheduled().len(), 3);
    bot.finish().await;
}
