use countersign::audit::{Entry, NewEntry, Verifier};
use serde_json::json;

use crate::support::world::World;

async fn world_with(entries: i64) -> World {
    let world = World::demo().await;
    for index in 1..=entries {
        let is_outcome = index % 10 == 0;
        world.store.log(NewEntry {
            at: world.now(),
            actor: if is_outcome { "countersign" } else { "ana" }.into(),
            kind: if is_outcome { "outcome" } else { "request" },
            subject: json!({"request": format!("req-{index}")}),
            text: format!("entry number {index}"),
            client: Some("Bluegum Vet".into()),
        });
    }
    world
}

#[tokio::test]
async fn the_newest_entries_come_first_and_older_ones_on_the_next_page() {
    let world = world_with(120).await;
    let ana = world.browser("ana");
    let page = ana.get("/audit").await;
    assert!(page.body.contains("Entries 1 to <strong>120</strong> hold together"));
    assert!(page.body.contains("id=\"entry-120\"") && page.body.contains("id=\"entry-71\""));
    assert!(!page.body.contains("id=\"entry-70\""));
    assert!(page.body.find("entry-120\"") < page.body.find("entry-119\""));
    assert!(page.body.contains("before=71"));
    let last = ana.get("/audit?before=21").await;
    assert!(last.body.contains("id=\"entry-20\"") && last.body.contains("id=\"entry-1\""));
    assert!(!last.body.contains(">Older<"));
}

#[tokio::test]
async fn filters_look_through_all_pages() {
    let world = world_with(700).await;
    let ana = world.browser("ana");
    let kind = ana.get("/audit?kind=outcome").await;
    assert!(kind.body.contains("id=\"entry-700\"") && kind.body.contains("id=\"entry-210\""));
    assert!(!kind.body.contains("id=\"entry-699\""));
    let text = ana.get("/audit?text=NUMBER%2033&actor=ana").await;
    assert!(text.body.contains("id=\"entry-33\"") && text.body.contains("id=\"entry-339\""));
    assert!(!text.body.contains("id=\"entry-330\""), "an outcome, by somebody else");
    let subject = ana.get("/audit?text=req-345").await;
    assert!(subject.body.contains("id=\"entry-345\""));
    let none = ana.get("/audit?text=zzz").await;
    assert!(none.body.contains("No entry fits the filter"));
}

#[tokio::test]
async fn a_changed_entry_and_a_cut_log_show_at_the_top() {
    let world = world_with(30).await;
    world.store.with(|state| state.entries[6].text = "nothing happened".into());
    let page = world.browser("ana").get("/audit").await;
    assert!(page.body.contains("Broken") && page.body.contains("entry 7 was changed"));

    let world = world_with(30).await;
    world.browser("ana").get("/audit").await;
    world.store.with(|state| state.entries.truncate(20));
    let page = world.browser("ana").get("/audit").await;
    assert!(
        page.body.contains("the last entries were cut off"),
        "{}",
        page.part("class=\"panel", "</div>")
    );
}

#[tokio::test]
async fn the_download_is_the_whole_log_and_can_be_verified() {
    let world = world_with(1_203).await;
    let page = world.browser("ana").get("/audit.jsonl").await;
    assert_eq!(page.header("content-type"), "application/x-ndjson");
    assert!(page.header("content-disposition").contains("countersign-audit.jsonl"));
    let mut verifier = Verifier::default();
    let entries: Vec<Entry> =
        page.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    entries.iter().for_each(|entry| verifier.check(entry).unwrap());
    assert_eq!(verifier.finish(1_203, &entries[1_202].hash), Ok(1_203));
}

#[tokio::test]
async fn an_empty_log_is_fine() {
    let world = World::demo().await;
    let page = world.browser("ana").get("/audit").await;
    assert!(
        page.body.contains("The log is empty") && page.body.contains("Nothing has happened yet")
    );
}
