//! Tickets: listed, read, made once, found again.

use countersign::ports::{CallError, Provider, Started};
use countersign::run::{LookUp, TicketRef};
use countersign_rmm::Region;
use countersign_simulator::rmm::{NothingThere, Switches};
use countersign_simulator::{FaultKind, Route};
use serde_json::json;

use crate::harness::{Bench, drawn, provider, rows};

fn ticket(started: Result<Started, CallError>) -> TicketRef {
    match started.unwrap() {
        Started::Finished { trace, .. } => trace.ticket.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn open_tickets_are_listed_newest_first() {
    let bench = Bench::start().await;
    let answer = bench.read("list-tickets", json!({"limit": 5})).await.unwrap();
    assert!(answer.summary.contains("open tickets, the newest 5 here"), "{}", answer.summary);
    let rows = rows(&answer);
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| !["Closed", "Completed"].contains(&row[3].as_str())), "{rows:?}");
    assert!(rows.is_sorted_by(|one, other| one[5] >= other[5]), "{rows:?}");
}

#[tokio::test]
async fn open_and_closed_are_all() {
    let bench = Bench::start().await;
    let mut totals = Vec::new();
    for status in ["open", "closed", "all"] {
        let answer = bench.read("list-tickets", json!({"status": status})).await.unwrap();
        totals.push(answer.data["total"].as_u64().unwrap());
    }
    assert_eq!(totals[0] + totals[1], totals[2], "{totals:?}");
    assert!(totals[0] > 0 && totals[1] > 0);
}

#[tokio::test]
async fn tickets_are_filtered_by_client_priority_and_text() {
    let bench = Bench::start().await;
    let arguments = json!({"status": "all", "priority": "priority 2"});
    let answer = bench.read_for("list-tickets", "Bluegum Vet", arguments).await.unwrap();
    for row in rows(&answer) {
        assert_eq!((row[2].as_str(), row[4].as_str()), ("Bluegum Vet", "Priority 2"));
    }
    let wrong = bench.read("list-tickets", json!({"priority": "Priority 9"})).await.unwrap_err();
    assert_eq!(
        wrong.for_person(),
        "ConnectWise RMM refused this: there is no priority “Priority 9”; there are Priority 1, Priority 2, Priority 3 and Priority 4"
    );
}

#[tokio::test]
async fn a_ticket_is_read_by_number_and_by_id() {
    let bench = Bench::start().await;
    let list = bench.read("list-tickets", json!({"limit": 1})).await.unwrap();
    let number = rows(&list)[0][0].clone();
    let by_number = bench.read("get-ticket", json!({"ticket": number})).await.unwrap();
    let id = by_number.data["id"].as_str().unwrap().to_owned();
    let by_id = bench.read("get-ticket", json!({"ticket": id})).await.unwrap();
    assert_eq!(by_number, by_id);
    assert!(drawn(&by_number).contains(&format!("Ticket: {number}")));
    let none = bench.read("get-ticket", json!({"ticket": "1.1"})).await.unwrap_err();
    assert_eq!(none.for_person(), "ConnectWise RMM does not know a ticket 1.1.");
}

#[tokio::test]
async fn a_page_past_the_end_may_be_a_404() {
    let switches = Switches { past_the_end: NothingThere::NotFound, ..Switches::default() };
    let bench = Bench::with(switches).await;
    let answer =
        bench.read("list-tickets", json!({"text": "surely no ticket says this"})).await.unwrap();
    assert_eq!(answer.summary, "No open tickets");
}

#[tokio::test]
async fn a_new_ticket_has_device_client_human_and_marker() {
    let bench = Bench::start().await;
    let arguments = json!({"summary": "Low disk", "description": "C: is 96% full", "board": "help desk",
        "source": "CHAT", "priority": "Priority 2"});
    let mut call = bench.call("create-ticket", arguments);
    call.targets = vec![bench.target("MARIA-LT-01")];
    let (marker, started) = bench.start_with_facts(&call, &["Disk Cleanup freed 12 GB"]).await;
    let ticket = ticket(started);
    assert_eq!(ticket.url, None, "no portal link is known in au");
    let made = bench.world.tickets_created().remove(0);
    assert_eq!(made.number, ticket.number);
    assert_eq!(made.client.as_deref(), Some("Bluegum Vet"));
    assert_eq!((made.board.as_str(), made.source.as_str()), ("Help Desk", "Chat"));
    assert_eq!(made.priority, "Priority 2");
    assert_eq!(made.assets, [bench.world.endpoint("MARIA-LT-01").unwrap().id]);
    assert_eq!(
        made.description,
        format!(
            "C: is 96% full\n\nDisk Cleanup freed 12 GB\n\nAsked for by ana via Countersign. Ref {}",
            marker.as_str()
        )
    );
}

#[tokio::test]
async fn a_ticket_about_a_client_needs_no_device() {
    let bench = Bench::start().await;
    let mut call = bench.call("create-ticket", json!({"summary": "Invoice question"}));
    call.client = Some(bench.client("Bluegum Vet"));
    ticket(bench.start_call(&call).await.1);
    let made = bench.world.tickets_created().remove(0);
    assert_eq!(made.client.as_deref(), Some("Bluegum Vet"));
    assert!(made.assets.is_empty());
}

#[tokio::test]
async fn a_wrong_board_names_the_right_ones_and_sends_nothing() {
    let bench = Bench::start().await;
    let call = bench.call("create-ticket", json!({"summary": "x", "board": "Old Board"}));
    let (_, started) = bench.start_call(&call).await;
    let error = started.unwrap_err();
    assert_eq!(
        error.for_person(),
        "ConnectWise RMM refused this: there is no service board “Old Board”; there are Help Desk, Alerts and Projects"
    );
    assert!(bench.world.tickets_created().is_empty());
}

#[tokio::test]
async fn a_ticket_without_an_answer_is_found_exactly_once() {
    let bench = Bench::start().await;
    let call = bench.call("create-ticket", json!({"summary": "Low disk"}));
    bench.fault(Route::CreateTicket, FaultKind::CutAfterAccept);
    let (marker, started) = bench.start_call(&call).await;
    assert!(matches!(started, Err(CallError::Unanswered { .. })), "{started:?}");
    let LookUp::FoundFinished(trace) = bench.look_up(&call, &marker).await else {
        panic!("not found");
    };
    let made = bench.world.tickets_created();
    assert_eq!(made.len(), 1);
    assert_eq!(trace.ticket.unwrap().number, made[0].number);
}

#[tokio::test]
async fn a_ticket_that_was_never_taken_is_absent() {
    let bench = Bench::start().await;
    let call = bench.call("create-ticket", json!({"summary": "Low disk"}));
    bench.fault(Route::CreateTicket, FaultKind::CutBefore);
    let (marker, started) = bench.start_call(&call).await;
    assert!(started.unwrap_err().may_have_happened());
    assert_eq!(bench.look_up(&call, &marker).await, LookUp::Absent);
}

#[tokio::test]
async fn a_link_is_made_where_one_is_known() {
    let bench = Bench::start().await;
    let call = {
        let mut call = bench.call("create-ticket", json!({"summary": "Low disk"}));
        call.client = Some(bench.client("Bluegum Vet"));
        call
    };
    let na = provider(&bench.simulator, Region::Na, None);
    let own =
        provider(&bench.simulator, Region::Eu, Some("https://desk.example/t/{id}?n={number}"));
    let made = ticket(bench.start_call(&call).await.1);
    let read = bench.call("get-ticket", json!({"ticket": made.id}));
    let link = |answer: countersign::ports::Answer| {
        drawn(&answer).lines().find(|it| it.contains(" -> ")).map(str::to_owned)
    };
    let in_na = link(na.read(&read).await.unwrap()).unwrap();
    assert!(in_na.contains("https://control.itsupport247.net/"), "{in_na}");
    let in_own = link(own.read(&read).await.unwrap()).unwrap();
    assert!(in_own.contains(&format!("https://desk.example/t/{}?n=", made.id)), "{in_own}");
    assert_eq!(link(bench.rmm.read(&read).await.unwrap()), None);
}
