use axum::http::StatusCode;
use countersign::digest::Digest;
use countersign::ids::PersonId;
use countersign_console::sign_in_link;

use crate::support::world::{Browser, World, button};

async fn link(world: &World, person: &str) -> String {
    let person = PersonId::new(person);
    sign_in_link(world.store.as_ref(), &person, "https://bot.example.com/", world.now())
        .await
        .unwrap()
}

/// Opens a link, presses the button and keeps the cookie.
async fn sign_in<'a>(world: &'a World, link: &str) -> Browser<'a> {
    let stranger = Browser { world, cookie: String::new() };
    let path = link.trim_start_matches("https://bot.example.com");
    let page = stranger.get(path).await;
    let (url, fields) = button(&page.body, "Sign in");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let answer = stranger.post(&url, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    Browser { world, cookie }
}

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_sign_in_and_nothing_is_taken() {
    let world = World::signed(None).await;
    // The demo's cookie is worth nothing here.
    let stranger = world.browser("ana");
    for path in ["/", "/c/abc", "/approvals", "/audit", "/audit.jsonl", "/tools", "/devices?q=x"] {
        let page = stranger.get(path).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(page.header("location").starts_with("/sign-in?next=/"), "{path}");
    }
    for path in ["/c/abc/live", "/approvals/live"] {
        assert_eq!(stranger.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let key = "0".repeat(32);
    for path in [
        "/ask",
        "/c/abc/say",
        "/c/abc/click",
        "/approvals/a1/click",
        "/tools/policy",
        "/demo/person",
    ] {
        let answer = stranger.post(path, &[("key", &key), ("text", "reboot")]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert!(world.store.with(|state| state.inbox.is_empty()));
}

#[tokio::test]
async fn a_link_signs_in_once() {
    let world = World::signed(None).await;
    let link = link(&world, "ana").await;
    assert!(link.starts_with("https://bot.example.com/sign-in?token="));
    let ana = sign_in(&world, &link).await;
    let page = ana.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Sign out") && page.body.contains("Ana"));
    assert!(!page.body.contains("speaking as"));

    let token = link.rsplit('=').next().unwrap();
    let again = Browser { world: &world, cookie: String::new() };
    let answer = again.post("/sign-in", &[("token", token)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains("used already"));
}

#[tokio::test]
async fn looking_at_a_link_does_not_use_it_up() {
    let world = World::signed(None).await;
    let link = link(&world, "ana").await;
    let preview = Browser { world: &world, cookie: String::new() };
    preview.get(link.trim_start_matches("https://bot.example.com")).await;
    sign_in(&world, &link).await;
}

#[tokio::test]
async fn a_whole_link_can_be_pasted() {
    let world = World::signed(None).await;
    let link = link(&world, "ana").await;
    let stranger = Browser { world: &world, cookie: String::new() };
    let answer =
        stranger.post("/sign-in", &[("token", &format!(" {link} ")), ("next", "/tools")]).await;
    assert_eq!(answer.header("location"), "/tools");
}

#[tokio::test]
async fn only_digests_are_kept_and_the_cookie_is_guarded() {
    for (public_url, is_secure) in [(Some("https://bot.example.com"), true), (None, false)] {
        let world = World::signed(public_url).await;
        let link = link(&world, "ana").await;
        let token = link.rsplit('=').next().unwrap().to_owned();
        let kept = world.store.with(|state| state.tokens[0].1.clone());
        assert_eq!(kept, Digest::of_bytes(token.as_bytes()));

        let stranger = Browser { world: &world, cookie: String::new() };
        let answer = stranger.post("/sign-in", &[("token", &token)]).await;
        let cookie = answer.header("set-cookie");
        let secret = cookie.split([';', '=']).nth(1).unwrap();
        assert_eq!(secret.len(), 64, "256 bits");
        assert!(cookie.starts_with("countersign_session="));
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"));
        assert!(cookie.contains("; Max-Age=43200"));
        assert_eq!(cookie.contains("; Secure"), is_secure);
        let kept = world.store.with(|state| state.tokens[0].1.clone());
        assert_eq!(kept, Digest::of_bytes(secret.as_bytes()));
    }
}

#[tokio::test]
async fn links_and_sessions_end_by_themselves() {
    let world = World::signed(None).await;
    let link = link(&world, "ana").await;
    let late = self::link(&world, "ana").await;
    let ana = sign_in(&world, &link).await;

    world.later(15 * 60);
    let token = late.rsplit('=').next().unwrap();
    let stranger = Browser { world: &world, cookie: String::new() };
    assert_eq!(
        stranger.post("/sign-in", &[("token", token)]).await.status,
        StatusCode::UNAUTHORIZED
    );

    assert_eq!(ana.get("/").await.status, StatusCode::OK);
    world.later(12 * 60 * 60);
    assert_eq!(ana.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let world = World::signed(None).await;
    let ana = sign_in(&world, &link(&world, "ana").await).await;
    let out = ana.post("/sign-out", &[]).await;
    assert_eq!(out.header("location"), "/sign-in");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(ana.get("/").await.status, StatusCode::SEE_OTHER, "the old cookie is worth nothing");
}

#[tokio::test]
async fn somebody_who_is_no_longer_known_is_signed_out() {
    let world = World::signed(None).await;
    let link = link(&world, "eve").await;
    let stranger = Browser { world: &world, cookie: String::new() };
    let answer = stranger.post("/sign-in", &[("token", link.rsplit('=').next().unwrap())]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
