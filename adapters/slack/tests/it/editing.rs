//! The form with a call's arguments.

use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn an_edit_is_asked_anew_in_the_name_of_who_edited() {
    let world = World::start().await;
    let (thread, card) = world.card().await;
    world.slack.click("U3", "C1", &card.ts, "Edit…").await;
    let modal = world.modal("U3").await;
    let days = modal.view["blocks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["block_id"] == json!("arg:days"))
        .unwrap();
    assert_eq!(days["label"]["text"], json!("Older than, days"));
    assert_eq!(days["element"]["initial_value"], json!("7"));

    let sent = world
        .slack
        .submit(
            "U3",
            &[
                ("arg:days", "30"),
                ("arg:drive", "D:"),
                ("arg:dry_run", "yes"),
                ("arg:paths", "[\"C:\\\\Temp\"]"),
            ],
        )
        .await;
    assert_eq!(sent.answer, json!(""), "{sent:?}");
    world.work().await;
    let all = world.slack.thread("C1", &thread);
    assert!(all[0].shown().contains("Not run, things changed"), "{}", all[0].shown());
    assert!(all[0].buttons().is_empty());
    let fresh = &all[1];
    assert!(fresh.shown().contains("days 30"), "{}", fresh.shown());
    world.slack.click("U3", "C1", &fresh.ts, "Approve").await;
    world.work().await;
    assert!(world.ran().is_empty(), "nobody approves their own edit");
    world.slack.click("U2", "C1", &fresh.ts, "Approve").await;
    world.work().await;
    assert_eq!(
        world.ran(),
        [
            "Disk Cleanup {\"days\":30,\"drive\":\"D:\",\"dry_run\":true,\"paths\":[\"C:\\\\Temp\"]} FS01"
        ]
    );
}

#[tokio::test]
async fn who_may_not_ask_may_not_edit_either() {
    let world = World::start().await;
    let (_, card) = world.card().await;
    world.slack.click("U2", "C1", &card.ts, "Edit…").await;
    assert!(world.whispered("U2").await.starts_with("Your role may decide, not ask"));
    assert!(world.slack.modal("U2").is_none());
    world.work().await;
    assert!(!world.slack.message("C1", &card.ts).unwrap().buttons().is_empty(), "it still waits");
}

#[tokio::test]
async fn a_wrong_argument_stays_in_the_form() {
    let world = World::start().await;
    let (thread, card) = world.card().await;
    world.slack.click("U3", "C1", &card.ts, "Edit…").await;
    world.modal("U3").await;
    let sent = world.slack.submit("U3", &[("arg:days", "0"), ("arg:paths", "C:\\Temp")]).await;
    assert_eq!(sent.answer["response_action"], json!("errors"));
    let errors = world.modal("U3").await.errors;
    assert_eq!(errors["arg:days"], json!("0 is less than the minimum of 1"));
    assert!(errors["arg:paths"].as_str().unwrap().starts_with("This is no JSON"));
    let sent = world.slack.submit("U3", &[("arg:days", "9")]).await;
    assert_eq!(sent.answer, json!(""), "the same form can be sent again");
    world.work().await;
    assert_eq!(world.slack.thread("C1", &thread).len(), 2);
}
