//! `countersign check` finds each misconfiguration.

use countersign_simulator::slack::Options;
use countersign_slack::{Check, Config, Mode};
use jiff::SignedDuration;

use crate::support::{Setup, World};

async fn check(mode: Mode, slack: Options, change: fn(&mut Config)) -> Vec<Check> {
    World::with(Setup { mode, slack, change, ..Setup::default() }).await.bot.check().await
}

fn problems(checks: &[Check]) -> Vec<String> {
    checks.iter().filter(|it| !it.ok).map(|it| format!("{}: {}", it.what, it.detail)).collect()
}

/// Exactly one problem, which says this.
async fn finds(mode: Mode, change: fn(&mut Config), says: &str) {
    let checks = check(mode, Options::default(), change).await;
    let problems = problems(&checks);
    assert!(problems.iter().any(|it| it.contains(says)), "{says} is not in {problems:?}");
}

#[tokio::test]
async fn all_is_well_over_both_transports() {
    let checks = check(Mode::Socket, Options::default(), |_| {}).await;
    assert_eq!(problems(&checks), [""; 0], "{checks:?}");
    let world = World::start().await;
    let base = world.base.clone();
    let checks = world.with_public_url(&base).check().await;
    assert_eq!(problems(&checks), [""; 0], "{checks:?}");
}

#[tokio::test]
async fn each_misconfiguration_is_found() {
    finds(Mode::Socket, |it| it.bot_token = "xapp-test".into(), "is an app-level token").await;
    finds(Mode::Socket, |it| it.bot_token = "xoxp-test".into(), "is a user token").await;
    finds(Mode::Socket, |it| it.bot_token = "xoxb-old".into(), "invalid_auth; copy the token anew")
        .await;
    finds(Mode::Socket, |it| it.app_token = Some("xoxb-test".into()), "does not begin with xapp-")
        .await;
    finds(
        Mode::Socket,
        |it| it.app_token = Some("xapp-old".into()),
        "copy the app-level token anew",
    )
    .await;
    finds(Mode::Http, |it| it.signing_secret = Some("short".into()), "32 hexadecimal digits").await;
    finds(Mode::Http, |_| {}, "public_url is not set").await;
    finds(Mode::Http, |it| it.public_url = Some("http://127.0.0.1:1".into()), "cannot be reached")
        .await;
    finds(Mode::Socket, |it| it.approvals_channel = Some("C404".into()), "channel_not_found").await;
    finds(
        Mode::Socket,
        |it| it.api_url = Some("http://127.0.0.1:1/api".into()),
        "check the way out",
    )
    .await;
}

#[tokio::test]
async fn a_missing_scope_is_named_with_what_does_not_work() {
    let mut slack = Options::default();
    slack.scopes.retain(|it| it != "reactions:write");
    let checks = check(Mode::Socket, slack, |_| {}).await;
    assert_eq!(
        problems(&checks),
        [
            "Slack scopes: missing reactions:write (without it it cannot show that it has seen a message); add it under OAuth & Permissions, then reinstall the app"
        ]
    );
}

#[tokio::test]
async fn a_clock_that_is_off_is_found() {
    let slack = Options { skew: SignedDuration::from_mins(-10), ..Options::default() };
    let problems = problems(&check(Mode::Socket, slack, |_| {}).await);
    assert!(problems[0].starts_with("clock: is 10 min ahead of Slack's"), "{problems:?}");
}

#[tokio::test]
async fn another_secret_behind_the_public_address_is_found() {
    let world = World::start().await;
    let base = world.base.clone();
    let other = world.with_config(|it| {
        it.signing_secret = Some("00000000000000000000000000000002".into());
        it.public_url = Some(base.clone());
    });
    let problems = problems(&other.check().await);
    assert!(problems[0].contains("has another signing_secret"), "{problems:?}");
}

#[tokio::test]
async fn a_guest_among_the_approvers_is_found_before_the_click() {
    let world = World::with(Setup { mode: Mode::Socket, ..Setup::default() }).await;
    world.slack.change_user("U2", |user| user.is_restricted = true);
    let problems = problems(&world.bot.check().await);
    assert!(problems[0].starts_with("Slack people: Ben (U2): Guests"), "{problems:?}");
}
