//! The products' bad days, and ours.

use std::sync::Arc;

use countersign::directory::Platform;
use countersign::ids::WorkerId;
use countersign::ports::{Chat, ChatError, ExternalId, Outgoing, Store as _};
use countersign_app::workers::Workers;

use crate::harness::{Fault, FaultKind, Route, World, mins};

const ASK: &str = "run disk cleanup on maria-lt-01";
const RAN: &[&str] = &["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"];

/// The main job with one fault after the approval.
async fn main_job_with(fault: Fault) {
    // The client waits in real time, so the product's clock runs along.
    let mut bot = World::default().options(|options| options.time_factor = 20).start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.fault(fault.clone());
    bot.presses("ben", "Approve").await;
    bot.later(mins(5)).await;
    let result = bot.last_message();
    assert!(
        result.contains("Done: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"),
        "{fault:?}:\n{result}"
    );
    bot.expect_ran(RAN);
    assert_eq!(bot.world().scheduled().len(), 1, "{fault:?}");
    bot.finish().await;
}

#[tokio::test]
async fn the_main_job_works_when_the_token_is_refused_once() {
    main_job_with(Fault::once(Route::Schedule, FaultKind::Unauthorized401)).await;
}

#[tokio::test]
async fn the_main_job_works_when_the_schedule_is_throttled() {
    main_job_with(Fault::once(Route::Schedule, FaultKind::TooMany429)).await;
}

#[tokio::test]
async fn the_main_job_works_when_the_schedule_is_locked() {
    main_job_with(Fault::once(Route::Schedule, FaultKind::Locked423)).await;
}

#[tokio::test]
async fn the_main_job_works_when_the_answer_of_an_accepted_schedule_is_lost() {
    main_job_with(Fault::once(Route::Schedule, FaultKind::CutAfterAccept)).await;
}

#[tokio::test]
async fn the_main_job_works_when_results_come_through_a_broken_proxy() {
    main_job_with(Fault { route: Route::Results, kind: FaultKind::Html502, times: 3 }).await;
}

#[tokio::test]
async fn the_main_job_works_when_instances_are_cut_in_half() {
    main_job_with(Fault { route: Route::Instances, kind: FaultKind::TruncatedJson, times: 2 })
        .await;
}

#[tokio::test]
async fn a_missing_scope_is_one_clear_sentence_and_other_tools_go_on() {
    let mut bot = World::default().start().await;
    bot.world().grant(&["platform.companies.read", "platform.devices.read", "platform.asset.read"]);
    bot.world().revoke_tokens();
    bot.says("ana", "open tickets").await;
    let answer = bot.next_message();
    assert!(answer.contains("lacks the scope"), "{answer}");
    bot.says("ana", "list companies").await;
    assert!(bot.next_message().contains("Bluegum Vet"));
    bot.finish().await;
}

#[tokio::test]
async fn a_server_that_is_down_is_one_clear_sentence() {
    let mut bot = World::default().start().await;
    bot.fault(Fault::always(Route::Any, FaultKind::Unavailable503));
    bot.says("ana", "show patches for dc02").await;
    let answer = bot.next_message();
    assert!(answer.contains("ConnectWise RMM"), "{answer}");
    bot.finish().await;
}

#[tokio::test]
async fn a_process_that_dies_before_the_click_is_handled_loses_nothing() {
    let mut bot = World::default().start().await;
    bot.writes("ana", ASK).await;
    bot.dies_and_restarts().await;
    assert!(bot.next_message().contains("Approval needed"));
    bot.taps("ben", "Approve").await;
    bot.dies_and_restarts().await;
    bot.later(mins(1)).await;
    assert!(bot.last_message().contains("Done: Disk Cleanup"));
    bot.expect_ran(RAN);
    bot.finish().await;
}

#[tokio::test]
async fn a_process_that_dies_while_it_runs_goes_on_polling() {
    let mut bot = World::default().start().await;
    bot.says("ana", ASK).await;
    bot.presses("ben", "Approve").await;
    bot.dies_and_restarts().await;
    bot.later(mins(1)).await;
    assert!(bot.last_message().contains("Done: Disk Cleanup"));
    bot.expect_ran(RAN);
    bot.finish().await;
}

#[tokio::test]
async fn an_empty_directory_says_that_it_is_being_filled() {
    let mut bot = World::default().start_empty().await;
    bot.says("ana", ASK).await;
    let answer = bot.next_message();
    assert!(answer.contains("still reading the list of devices"), "{answer}");
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn an_old_directory_says_how_old_it_is() {
    let mut bot = World::default().start().await;
    bot.later(mins(60 * 9)).await;
    bot.says("ana", "run disk cleanup on dc09").await;
    let answer = bot.next_message();
    assert!(answer.contains("My list of devices is 9 h old"), "{answer}");
    bot.finish().await;
}

/// An adapter that one message breaks.
struct Brittle;

#[async_trait::async_trait]
impl Chat for Brittle {
    fn platform(&self) -> Platform {
        Platform::Console
    }

    async fn post(&self, outgoing: &Outgoing) -> Result<ExternalId, ChatError> {
        assert!(!outgoing.message.summary.contains("Hello"), "this one breaks it");
        Ok(ExternalId("1".into()))
    }

    async fn edit(&self, _outgoing: &Outgoing, _posted: &ExternalId) -> Result<(), ChatError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_message_that_breaks_its_adapter_holds_up_no_other() {
    let mut bot = World::default().start().await;
    let engine = Arc::clone(&bot.wiring().engine);
    let chats = vec![Arc::new(Brittle) as Arc<dyn Chat>];
    let runs = bot.wiring().workers.runs;
    let workers = Workers { engine, chats, id: WorkerId::fresh(), runs };
    bot.writes("ana", "hello").await;
    workers.drain().await.expect("the store works");
    bot.writes("ana", "list companies").await;
    workers.drain().await.expect("the store works");
    let waits = bot.wiring().store.claim_outbox(
        Platform::Console,
        bot.wiring().engine.now(),
        std::time::Duration::from_secs(1),
        10,
    );
    assert!(waits.await.expect("the outbox").is_empty(), "one was given up, the other was sent");
    bot.settle().await;
    bot.skip_messages();
    bot.finish().await;
}
