//! Other workspaces install the bot, use it, and take it out again.

use std::sync::Arc;

use countersign::ports::Vault;
use countersign_simulator::slack::{
    CLIENT_ID, CLIENT_SECRET, Delivered, Fault, FaultKind, Kind, Options,
};
use countersign_slack::Install;
use countersign_sql::{Key, SqlVault};
use serde_json::json;

use crate::support::{Setup, World};

async fn start() -> World {
    start_with(Options::default()).await
}

async fn start_with(slack: Options) -> World {
    let change = |config: &mut countersign_slack::Config| {
        config.public_url = Some("http://127.0.0.1:1".into());
        config.install = Some(Install {
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
            workspaces: vec!["T2".into()],
        });
    };
    let world = World::with(Setup { change, slack, ..Setup::default() }).await;
    world.slack.add_stranger("T2", "U5", "eve", "C20");
    world.slack.add_stranger("T2", "U6", "fay", "C20");
    world.slack.add_stranger("T3", "U7", "gus", "C30");
    world
}

struct Browser {
    location: String,
    cookie: String,
}

/// Opens the page with the button.
async fn begin(world: &World) -> Browser {
    let answer = world.get("/slack/install", None).await;
    assert_eq!(answer.status, 302);
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    Browser { location: answer.header("location"), cookie }
}

/// Path and query of an address.
fn path(url: &str) -> &str {
    url.strip_prefix("http://127.0.0.1:1").unwrap()
}

async fn install(world: &World, team: &str, user: &str) -> (u16, String) {
    let browser = begin(world).await;
    let back = world.slack.allow(&browser.location, team, user);
    let answer = world.get(path(&back), Some(&browser.cookie)).await;
    (answer.status, answer.body)
}

async fn mention(
    world: &World,
    team: &str,
    user: &str,
    channel: &str,
    text: &str,
) -> (String, Delivered) {
    let mut payload = world.slack.mention_payload(user, channel, text, None);
    payload = world.slack.event_of(team, payload["event"].take());
    let ts = payload["event"]["ts"].as_str().unwrap().to_owned();
    (ts, world.slack.deliver(Kind::Event, &payload, 0).await)
}

#[tokio::test]
async fn a_listed_workspace_installs_asks_and_is_answered_where_it_asked() {
    let world = start().await;
    assert_eq!(install(&world, "T2", "U5").await.0, 200);
    let (ts, delivered) = mention(&world, "T2", "U5", "C20", "hello").await;
    assert!(delivered.acked);
    world.work().await;
    let thread = world.slack.thread("C20", &ts);
    assert_eq!(thread.len(), 1, "{thread:?} {:?}", world.slack.refusals());
    let (ts, _) = mention(&world, "T2", "U5", "C20", "clean fs01").await;
    world.work().await;
    let card = world.slack.thread("C20", &ts).remove(0);
    assert!(card.buttons().contains(&"Approve".to_owned()), "{card:?}");
    // Who is who there is told by the workspace and the id together: fay may not, and the other one may.
    let mut click = world.slack.click_payload("U6", "C20", &card.ts, "Approve");
    click["team"]["id"] = json!("T2");
    assert!(world.slack.deliver(Kind::Interaction, &click, 0).await.acked);
    world.work().await;
    assert_eq!(world.ran().len(), 1, "{:?}", world.slack.refusals());
}

#[tokio::test]
async fn the_token_outlives_a_restart_and_lies_sealed() {
    let world = start().await;
    install(&world, "T2", "U5").await;
    let file = std::fs::read(world.database()).unwrap();
    let log = std::fs::read(world.database().with_extension("db-wal")).unwrap_or_default();
    let holds = |bytes: &[u8]| bytes.windows(9).any(|it| it == b"xoxb-test");
    assert!(!holds(&file) && !holds(&log), "the token lies open in the database");
    let world = world.restart().await;
    let (ts, _) = mention(&world, "T2", "U5", "C20", "hello").await;
    world.work().await;
    assert_eq!(world.slack.thread("C20", &ts).len(), 1);
}

#[tokio::test]
async fn a_workspace_that_is_not_listed_is_turned_away_and_its_token_ended() {
    let world = start().await;
    let (status, words) = install(&world, "T3", "U7").await;
    assert_eq!(status, 403);
    assert!(words.contains("not on the operator's list"), "{words}");
    assert!(!world.slack.is_installed("T3"));
}

#[tokio::test]
async fn an_installation_for_a_whole_organisation_is_turned_away() {
    let world = start().await;
    let browser = begin(&world).await;
    let back = world.slack.allow_for_all(&browser.location, "T2", "U5");
    assert_eq!(world.get(path(&back), Some(&browser.cookie)).await.status, 403);
    assert!(!world.slack.is_installed("T2"));
}

#[tokio::test]
async fn nobody_finishes_what_another_browser_began() {
    let world = start().await;
    let (mine, theirs) = (begin(&world).await, begin(&world).await);
    let back = world.slack.allow(&mine.location, "T2", "U5");
    for cookie in [None, Some(theirs.cookie.as_str())] {
        let answer = world.get(path(&back), cookie).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    // A state that nobody signed, in both places.
    let forged = "1790000000.00.00";
    let cookie = format!("countersign_slack_install={forged}");
    let answer = world.get(&format!("/slack/installed?code=c&state={forged}"), Some(&cookie)).await;
    assert_eq!(answer.status, 400);
    assert_eq!(world.slack.calls("oauth.v2.access"), 0);
}

#[tokio::test]
async fn a_code_that_slack_refuses_and_a_no_install_nothing() {
    let world = start().await;
    let browser = begin(&world).await;
    world.slack.fault(Fault::once("oauth.v2.access", FaultKind::Refused("invalid_code")));
    let back = world.slack.allow(&browser.location, "T2", "U5");
    assert_eq!(world.get(path(&back), Some(&browser.cookie)).await.status, 502);
    let state = back.split("state=").nth(1).unwrap();
    let no = format!("/slack/installed?error=access_denied&state={state}");
    let answer = world.get(&no, Some(&browser.cookie)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "Nothing was installed."));
}

#[tokio::test]
async fn a_workspace_that_takes_the_app_out_is_forgotten() {
    let world = start().await;
    install(&world, "T2", "U5").await;
    let gone = json!({ "type": "app_uninstalled" });
    // One that comes late, after it was installed anew, changes nothing.
    let payload = world.slack.event_of("T2", gone.clone());
    assert!(world.slack.deliver(Kind::Event, &payload, 0).await.acked);
    assert!(world.vault().open("slack/T2").await.unwrap().is_some());
    world.slack.uninstall("T2");
    let payload = world.slack.event_of("T2", gone);
    assert!(world.slack.deliver(Kind::Event, &payload, 0).await.acked);
    assert!(world.vault().open("slack/T2").await.unwrap().is_none());
    let audit = world.engine.store().audit(0, 100).await.unwrap();
    let told: Vec<&str> =
        audit.iter().filter(|it| it.kind == "workspace").map(|it| it.text.as_str()).collect();
    assert_eq!(
        told,
        ["installed in the Slack workspace T2", "removed from the Slack workspace T2"]
    );
}

#[tokio::test]
async fn the_same_user_id_in_another_workspace_is_somebody_else() {
    let world = start().await;
    install(&world, "T2", "U5").await;
    // Ben of our own workspace is U2; there is a U2 over there as well.
    let (ts, _) = mention(&world, "T2", "U5", "C20", "clean fs01").await;
    world.work().await;
    let card = world.slack.thread("C20", &ts).remove(0);
    world.slack.add_stranger("T2", "U2", "not-ben", "C20");
    let mut click = world.slack.click_payload("U2", "C20", &card.ts, "Approve");
    click["team"]["id"] = json!("T2");
    world.slack.deliver(Kind::Interaction, &click, 0).await;
    world.work().await;
    assert!(world.ran().is_empty());
    assert!(world.whispered("U2").await.contains("do not know this account"));
}

#[tokio::test]
async fn check_tells_which_workspace_lacks_the_app() {
    let world = start().await;
    let of_workspaces = async |world: &World| -> Vec<(bool, String)> {
        let checks = world.bot.check().await.into_iter();
        checks.filter(|it| it.what == "Slack workspace").map(|it| (it.ok, it.detail)).collect()
    };
    let before = of_workspaces(&world).await;
    assert!(!before[0].0 && before[0].1.contains("/slack/install"), "{before:?}");
    install(&world, "T2", "U5").await;
    assert_eq!(of_workspaces(&world).await, [(true, "T2 is t2".to_owned())]);
    world.slack.uninstall("T2");
    let after = of_workspaces(&world).await;
    assert!(!after[0].0 && after[0].1.contains("invalid_auth"), "{after:?}");
}

#[tokio::test]
async fn another_key_cannot_read_what_was_sealed() {
    let world = start().await;
    install(&world, "T2", "U5").await;
    let other = Key::parse(&"c".repeat(64).into()).unwrap();
    let fault = SqlVault::new(Arc::clone(&world.store), other).open("slack/T2").await.unwrap_err();
    assert!(fault.to_string().contains("another [store] key"), "{fault}");
}
