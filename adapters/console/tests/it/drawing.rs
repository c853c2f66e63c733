//! What people see, snapshotted whole; keys and asset digests are replaced.

use countersign::ids::PersonId;
use countersign::ports::Store;

use crate::support::samples;
use crate::support::world::{Page, World};

/// One tag per line, so that a difference can be read.
fn lines(html: &str) -> String {
    html.replace("><", ">\n<")
}

fn without_keys(text: &str) -> String {
    let mut out = String::new();
    for part in text.split_inclusive("name=\"key\" value=\"") {
        // The key is what follows the previous part's end.
        let rest =
            if out.is_empty() { part } else { part.find('"').map_or(part, |end| &part[end..]) };
        let is_after_key = out.ends_with("name=\"key\" value=\"");
        if is_after_key {
            out.push_str("[key]");
            out.push_str(rest);
        } else {
            out.push_str(part);
        }
    }
    out
}

fn main_of(page: &Page) -> String {
    lines(&without_keys(page.part("<main", "</main>")))
}

async fn chat(world: &World, messages: Vec<countersign::reply::Message>) -> String {
    let inbound = countersign::conversation::Inbound {
        event_id: "1".into(),
        thread: countersign::conversation::Thread {
            platform: countersign::directory::Platform::Console,
            channel: "console".into(),
            thread: "t1".into(),
        },
        account: countersign::directory::Account {
            platform: countersign::directory::Platform::Console,
            id: "ana".into(),
        },
        body: countersign::conversation::Body::Text("clean up\nmaria's laptop".into()),
        at: world.now(),
    };
    world.store.accept(&inbound).await.unwrap();
    for message in messages {
        world.later(1);
        world.store.post(&world.conversation("t1"), world.now(), message);
    }
    let page = world.browser("ana").get("/c/t1").await;
    lines(&without_keys(page.part("<div id=\"live\"", "<form class=\"composer\"")))
}

#[tokio::test]
async fn a_message_and_a_card_that_waits() {
    let world = World::demo().await;
    let approval = samples::approval("a1", "console/console/t1", world.now());
    insta::assert_snapshot!(chat(&world, vec![samples::approval_card(&approval)]).await);
}

#[tokio::test]
async fn progress_a_result_and_a_question() {
    let world = World::demo().await;
    let messages = vec![samples::running_card(4, 12), samples::result_card(), samples::question()];
    insta::assert_snapshot!(chat(&world, messages).await);
}

#[tokio::test]
async fn a_person_waits_for_an_answer_that_is_late() {
    let world = World::demo().await;
    chat(&world, vec![]).await;
    world.later(25);
    let page = world.browser("ana").get("/c/t1").await;
    assert!(page.body.contains("No answer yet. The message is stored"));
}

#[tokio::test]
async fn the_approvals_page() {
    let world = World::demo().await;
    let mut slack = samples::approval("a2", "slack/C024BE91L/1700000000.000100", world.now());
    slack.plan.calls[0].targets[0].from_outside = true;
    let mut done = samples::approval("a1", "console/console/t1", world.now());
    let by_ben = countersign::approval::Decision {
        on_behalf_of: None,
        by: PersonId::new("ben"),
        at: world.now(),
        left_out: vec![],
        to: None,
    };
    done.decisions = vec![by_ben];
    done.state = countersign::approval::State::Approved { at: world.now() };
    world.store.with(|state| state.approvals.extend([done, slack]));
    insta::assert_snapshot!(main_of(&world.browser("mara").get("/approvals").await));
}

#[tokio::test]
async fn the_start_page_and_its_frame() {
    let world = World::demo().await;
    let page = world.browser("ana").get("/").await;
    let body = without_keys(page.part("<body", "</body>"));
    insta::assert_snapshot!(lines(&body));
}

#[tokio::test]
async fn the_tools_of_an_admin() {
    let world = World::demo().await;
    insta::assert_snapshot!(main_of(&world.browser("olga").get("/tools?q=disk").await));
}

#[tokio::test]
async fn the_page_of_a_store_in_trouble() {
    let world = World::demo().await;
    world.store.set_broken(true);
    insta::assert_snapshot!(main_of(&world.browser("ana").get("/").await));
}

#[tokio::test]
async fn the_sign_in_page() {
    let world = World::signed(None).await;
    insta::assert_snapshot!(main_of(&world.browser("ana").get("/sign-in?next=/tools").await));
}
