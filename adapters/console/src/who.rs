//! Who is asking: the signed-in person, or in the demo the person that was picked.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use countersign::digest::Digest;
use countersign::directory::Person;
use countersign::ids::PersonId;
use countersign::ports::{StoreError, TokenKind};

use crate::app::App;
use crate::show::percent_encoded;
use crate::trouble::Trouble;

pub(crate) const SESSION_COOKIE: &str = "countersign_session";
pub(crate) const DEMO_COOKIE: &str = "countersign_demo_person";

/// The person a page is drawn for.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub(crate) person: Person,
    /// Digest of the session's secret; `None` in the demo.
    pub(crate) session: Option<Digest>,
    /// Path and query of this request.
    pub(crate) path: String,
}

/// Lets through with a [`Viewer`], sends pages to the sign-in and refuses everything else.
pub(crate) async fn require(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned();
    let found = match app.is_demo() {
        true => picked(&app, request.headers()).map(|person| (person, None)),
        false => match signed_in(&app, request.headers()).await {
            Ok(found) => found.map(|(person, session)| (person, Some(session))),
            Err(error) => return Trouble::Store(error).into_response(),
        },
    };
    let Some((person, session)) = found else {
        let is_page = request.method() == Method::GET && !request.uri().path().ends_with("/live");
        return match (app.is_demo(), is_page) {
            (true, _) => Trouble::NoPeople.into_response(),
            (false, true) => {
                Redirect::to(&format!("/sign-in?next={}", percent_encoded(&path))).into_response()
            }
            (false, false) => Trouble::SignedOut.into_response(),
        };
    };
    if person.is_contact() && !is_for_contacts(request.uri().path()) {
        return match request.method() == Method::GET {
            true => Redirect::to("/approvals").into_response(),
            false => Trouble::NotAllowed(
                "A client's contact decides approvals, and nothing else.".into(),
            )
            .into_response(),
        };
    }
    request.extensions_mut().insert(Viewer { person, session, path });
    next.run(request).await
}

/// What somebody of a client gets to see: the cards about their client.
fn is_for_contacts(path: &str) -> bool {
    path == "/approvals" || path.starts_with("/approvals/") || path == "/demo/person"
}

/// Whether the session behind a live page is still good; in the demo it always is.
pub(crate) async fn is_still_good(app: &App, viewer: &Viewer) -> Result<bool, StoreError> {
    match &viewer.session {
        None => Ok(true),
        Some(session) => Ok(person_of(app, session).await?.is_some()),
    }
}

/// The person of the cookie, or the first who may ask.
fn picked(app: &App, headers: &HeaderMap) -> Option<Person> {
    let people = app.engine().people();
    cookie(headers, DEMO_COOKIE)
        .and_then(|mark| people.iter().find(|person| demo_mark(&person.id) == mark))
        .or_else(|| people.iter().find(|person| person.may_ask()))
        .or_else(|| people.iter().next())
        .cloned()
}

/// How the demo's cookie names a person: an id may hold what a cookie cannot.
pub(crate) fn demo_mark(person: &PersonId) -> String {
    Digest::of_bytes(person.as_str().as_bytes()).short().to_owned()
}

async fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<(Person, Digest)>, StoreError> {
    let Some(secret) = cookie(headers, SESSION_COOKIE) else { return Ok(None) };
    let session = Digest::of_bytes(secret.as_bytes());
    Ok(person_of(app, &session).await?.map(|person| (person, session)))
}

/// Somebody who was removed from the people is signed out with that.
async fn person_of(app: &App, session: &Digest) -> Result<Option<Person>, StoreError> {
    let id = app.store().take_token(TokenKind::Session, session, app.now()).await?;
    Ok(id.and_then(|id| app.engine().people().get(&id).cloned()))
}

/// The value of one cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// A path of this console, for going back to; anything else becomes the start page.
pub(crate) fn local_path(path: &str) -> &str {
    let is_local = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_never_leaves_the_console() {
        assert_eq!(local_path("/c/abc?x=1"), "/c/abc?x=1");
        for foreign in
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nb", "/ä"]
        {
            assert_eq!(local_path(foreign), "/", "{foreign}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "xa=1; a=2; ab=3".parse().unwrap());
        assert_eq!(cookie(&headers, "a"), Some("2"));
        assert_eq!(cookie(&headers, "b"), None);
    }
}
