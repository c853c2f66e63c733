//! A yes to some steps of a plan, by form and by typing.

use serde_json::json;

use crate::support::World;

async fn card_of_two(world: &World) -> (String, String) {
    let said = world.slack.mention("U1", "C1", "clean fs01 and maria-lt-01", None).await;
    world.work().await;
    let thread = world.slack.thread("C1", &said.ts);
    (said.ts, thread[0].ts.clone())
}

#[tokio::test]
async fn a_step_without_a_tick_is_left_out() {
    let world = World::start().await;
    let (thread, card) = card_of_two(&world).await;
    world.slack.click("U2", "C1", &card, "Approve some…").await;
    let modal = world.modal("U2").await;
    let boxes = modal.view["blocks"].as_array().unwrap().iter();
    let boxes = boxes.clone().find(|it| it["block_id"] == json!("text")).unwrap();
    let options = boxes["element"]["options"].as_array().unwrap();
    assert_eq!(boxes["element"]["initial_options"], json!(options), "all are ticked");
    assert_eq!(options[1]["text"]["text"], json!("2. Disk Cleanup"));
    assert!(options[1]["description"]["text"].as_str().unwrap().contains("MARIA-LT-01"));

    let refused = world.slack.submit("U2", &[("text", "nothing that is there")]).await;
    assert_eq!(refused.answer["response_action"], json!("errors"), "a yes to nothing is none");
    let sent = world.slack.submit("U2", &[("text", "2. Disk Cleanup")]).await;
    assert_eq!(sent.answer, json!(""), "{sent:?}");
    world.work().await;
    assert_eq!(world.ran(), ["Disk Cleanup {\"days\":7} MARIA-LT-01"]);
    let shown = world.slack.thread("C1", &thread)[0].shown();
    assert!(shown.contains("LEFT OUT by Ben, does not run"), "{shown}");
}

#[tokio::test]
async fn the_form_is_for_those_who_may_decide_and_a_plan_of_one_step_has_none() {
    let world = World::start().await;
    let (_, card) = card_of_two(&world).await;
    world.slack.click("U1", "C1", &card, "Approve some…").await;
    world.modal("U1").await;
    world.slack.submit("U1", &[("text", "1. Disk Cleanup")]).await;
    world.work().await;
    assert!(world.whispered("U1").await.contains("somebody else has to approve it"));
    assert!(world.ran().is_empty());
    let (_, one) = world.card().await;
    assert!(!one.buttons().iter().any(|it| it.starts_with("Approve some")), "{:?}", one.buttons());
}

#[tokio::test]
async fn a_standing_grant_is_signed_by_a_button_that_proves_who_clicks() {
    let world = World::start().await;
    let text = "grant disk cleanup with days 7 on Acme Logistics for 2 hours, 2 uses";
    let said = world.slack.mention("U1", "C1", text, None).await;
    world.work().await;
    let card = world.slack.thread("C1", &said.ts)[0].clone();
    assert!(card.shown().contains("Standing grant to sign"), "{}", card.shown());
    world.slack.click("U2", "C1", &card.ts, "Sign").await;
    world.work().await;
    assert!(world.whispered("U2").await.contains("Only a manager can sign"));
    world.slack.click("U3", "C1", &card.ts, "Sign").await;
    world.work().await;
    let shown = world.slack.message("C1", &card.ts).unwrap().shown();
    assert!(shown.contains("Cleo at") && shown.contains("2 uses, until"), "{shown}");

    let said = world.slack.mention("U1", "C1", "clean fs01", None).await;
    world.work().await;
    assert_eq!(world.ran(), ["Disk Cleanup {\"days\":7} FS01"]);
    let run = world.slack.thread("C1", &said.ts)[0].shown();
    assert!(run.contains("given ahead by the standing grant"), "{run}");
}
