//! The demo's person picker.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use countersign::ids::PersonId;
use serde::Deserialize;

use crate::app::Shared;
use crate::pages::Posted;
use crate::trouble::Trouble;
use crate::who::{DEMO_COOKIE, demo_mark, local_path};

#[derive(Deserialize)]
pub(crate) struct Picked {
    person: String,
    back: String,
}

/// The cookie is believed in the demo only.
pub(crate) async fn pick(
    State(app): Shared,
    Posted(picked): Posted<Picked>,
) -> Result<Response, Trouble> {
    if !app.is_demo() {
        return Err(Trouble::NotFound("page"));
    }
    let person = PersonId::new(picked.person);
    if app.engine().people().get(&person).is_none() {
        return Err(Trouble::NotFound("person of that name"));
    }
    let cookie = format!("{DEMO_COOKIE}={}; Path=/; HttpOnly; SameSite=Lax", demo_mark(&person));
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(local_path(&picked.back))).into_response())
}
