use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::support::world::{World, read};

async fn post(world: &World, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = Request::post("/ask")
        .header(header::HOST, "localhost:8080")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = "key=00000000000000000000000000000000&text=reboot+everything";
    world.send(request.body(Body::from(body)).unwrap()).await.status()
}

#[tokio::test]
async fn a_form_from_another_site_does_nothing() {
    let world = World::demo().await;
    for headers in [
        vec![],
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8080")],
        vec![("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
    ] {
        assert_eq!(post(&world, &headers).await, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert!(world.store.with(|state| state.inbox.is_empty()));
    let own = [("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8080")];
    assert_eq!(post(&world, &own).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_sign_in_takes_no_foreign_form_either() {
    let world = World::signed(None).await;
    for path in ["/sign-in", "/sign-out", "/tools/policy", "/approvals/a1/click"] {
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::ORIGIN, "https://evil.example");
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn a_foreign_host_gets_no_page() {
    let world = World::signed(Some("https://bot.example.com")).await;
    for (host, expected) in [
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("localhost.evil.example:8080", StatusCode::MISDIRECTED_REQUEST),
        ("bot.example.com", StatusCode::OK),
        ("localhost:8080", StatusCode::OK),
        ("[::1]:8080", StatusCode::OK),
    ] {
        for path in ["/sign-in", "/assets/console.js"] {
            let request = Request::get(path).header(header::HOST, host);
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status(), expected, "{host} {path}");
        }
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let world = World::signed(None).await;
    for (host, path) in [
        ("localhost", "/"),
        ("localhost", "/sign-in"),
        ("localhost", "/nowhere"),
        ("localhost", "/assets/console.css"),
        ("evil.example", "/"),
    ] {
        let request = Request::get(path).header(header::HOST, host).body(Body::empty()).unwrap();
        let page = read(world.send(request).await).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self';"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        let may_be_kept = path.starts_with("/assets/");
        assert_eq!(page.header("cache-control") == "no-store", !may_be_kept, "{path}");
    }
}

#[tokio::test]
async fn no_page_needs_what_its_own_policy_forbids() {
    let world = World::demo().await;
    for path in ["/", "/approvals", "/audit", "/tools", "/devices?q=dc01", "/nowhere"] {
        let page = world.browser("olga").get(path).await;
        assert!(!page.body.contains(" style="), "{path}");
        assert!(!page.body.contains("<style"), "{path}");
        assert!(!page.body.contains(" onclick"), "{path}");
        let scripts = page.body.matches("<script").count();
        let own = page.body.matches("<script src=\"/assets/console.js?v=").count();
        assert_eq!((scripts, own), (1, 1), "{path}");
    }
}
