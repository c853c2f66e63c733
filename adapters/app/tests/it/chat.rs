//! `countersign ask` and `countersign chat`.

use std::time::Duration;

use countersign::conversation::{Body, Inbound, Thread};
use countersign::directory::{Account, Platform};
use countersign::ids::WorkerId;
use countersign::ports::Store as _;
use countersign_simulator::{Fault, FaultKind, Route};
use jiff::Timestamp;

use crate::terminal::Terminal;

#[tokio::test]
async fn the_last_line_of_a_script_is_answered_before_the_chat_ends() {
    let terminal = Terminal::open().await;
    terminal.runs(&["sync"]).await;
    for _ in 0..5 {
        let said = terminal.chats("ana", "run disk cleanup on maria-lt-01\n").await;
        assert!(said.contains("MARIA-LT-01"), "{said}");
    }
}

#[tokio::test]
async fn a_script_sees_by_the_exit_code_what_its_question_came_to() {
    let terminal = Terminal::open().await;
    terminal.runs(&["sync"]).await;
    let comes_to = async |text: &str| {
        let said = terminal.types(&["ask", "--as", "ana", text]).await;
        (said.code, said.out)
    };
    let (code, out) = comes_to("is maria-lt-01 healthy?").await;
    assert_eq!(code, Some(0), "{out}");
    let (code, out) = comes_to("run disk cleanup on maria-lt-01").await;
    assert_eq!(code, Some(3), "nobody there may approve: {out}");
    terminal.fault(Fault::always(Route::Patches, FaultKind::Forbidden403));
    let (code, out) = comes_to("patches of maria-lt-01").await;
    assert_eq!(code, Some(1), "{out}");
}

#[tokio::test]
async fn what_a_bot_beside_it_works_on_is_waited_for() {
    let terminal = Terminal::open().await;
    terminal.runs(&["sync"]).await;
    let store = terminal.store().await;
    let thread =
        Thread { platform: Platform::Terminal, channel: "ana".into(), thread: "ask".into() };
    let (worker, now) = (WorkerId::fresh(), Timestamp::now());
    let inbound = Inbound {
        event_id: "from elsewhere".into(),
        thread,
        account: Account { platform: Platform::Terminal, id: "ana".into() },
        body: Body::Text("hello".into()),
        at: now,
    };
    store.accept(&inbound).await.expect("it is stored");
    let held = store.claim_conversation(&worker, now, Duration::from_secs(3)).await;
    assert!(held.expect("a claim").is_some(), "the bot beside it has the conversation");
    let said = terminal.types(&["ask", "hello", "--as", "ana"]).await;
    assert!(said.out.contains("Hello"), "{}{}", said.out, said.err);
}
