use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::support::samples;
use crate::support::world::{Page, World, read};

/// As a probe does: by address, without a session.
async fn probe(world: &World, path: &str) -> Page {
    let request = Request::get(path).header(header::HOST, "10.0.0.7:8080");
    read(world.send(request.body(Body::empty()).unwrap()).await).await
}

#[tokio::test]
async fn it_is_ready_while_the_store_answers() {
    let world = World::signed(None).await;
    assert_eq!(probe(&world, "/healthz").await.status, StatusCode::OK);
    assert_eq!(probe(&world, "/readyz").await.status, StatusCode::OK);
    world.store.set_broken(true);
    assert_eq!(probe(&world, "/healthz").await.status, StatusCode::OK);
    assert_eq!(probe(&world, "/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(probe(&world, "/metrics").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_gauges_count() {
    let world = World::signed(None).await;
    let approval = samples::approval("a1", "console/console/x", world.now());
    world.store.with(|state| state.approvals.push(approval));
    let page = probe(&world, "/metrics").await;
    insta::assert_snapshot!(page.body);
}
