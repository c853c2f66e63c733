//! What is around every page: head, navigation, who is speaking.

use axum::response::{Html, IntoResponse, Response};
use countersign::directory::{Person, Role};
use maud::{DOCTYPE, Markup, html};

use crate::app::{App, WAITING_MAX};
use crate::draw::transcript::initial;
use crate::pages::assets;
use crate::trouble::Trouble;
use crate::who::Viewer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Chat,
    Approvals,
    Tools,
    Devices,
    Links,
    Audit,
}

impl Section {
    const ALL: [Self; 6] =
        [Self::Chat, Self::Approvals, Self::Tools, Self::Devices, Self::Links, Self::Audit];

    fn label(self) -> &'static str {
        match self {
            Self::Chat => "Chat",
            Self::Approvals => "Approvals",
            Self::Tools => "Tools",
            Self::Devices => "Devices",
            Self::Links => "Links",
            Self::Audit => "Audit",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Chat => "/",
            Self::Approvals => "/approvals",
            Self::Tools => "/tools",
            Self::Devices => "/devices",
            Self::Links => "/links",
            Self::Audit => "/audit",
        }
    }
}

/// A page for `viewer`. `main` is the content of `<main>`; `class` says how it is laid out.
pub(crate) async fn page(
    app: &App,
    viewer: &Viewer,
    section: Section,
    title: &str,
    class: &str,
    main: &Markup,
) -> Result<Response, Trouble> {
    let is_contact = viewer.person.is_contact();
    // How much waits for others is no business of a client's contact.
    let waiting = if is_contact { 0 } else { app.waiting().await? };
    let markup = document(
        title,
        app.is_demo().then_some("is-demo"),
        &html! {
            header class="top" {
                a class="brand" href="/" {
                    img src="/assets/mark.svg" alt="" width="24" height="24";
                    span { "Countersign" }
                }
                nav aria-label="Pages" { ul { @for it in Section::ALL { @if !is_contact || it == Section::Approvals { (nav_link(it, section, waiting)) } } } }
                @if !app.is_demo() { (account(&viewer.person)) }
            }
            @if app.is_demo() { (picker(app, viewer)) }
            @if !app.engine().is_read() { (starting()) }
            (notices())
            main id="main" class=(class) tabindex="-1" { (main) }
        },
    );
    Ok(Html(markup.into_string()).into_response())
}

/// A page that needs neither store nor viewer: errors and the sign-in.
pub(crate) fn bare(title: &str, words: &Markup) -> Html<String> {
    let body = html! {
        header class="top" {
            a class="brand" href="/" {
                img src="/assets/mark.svg" alt="" width="24" height="24";
                span { "Countersign" }
            }
        }
        main id="main" class="bare" tabindex="-1" {
            div class="panel" { h1 { (title) } div id="words" { (words) } }
        }
    };
    Html(document(title, None, &body).into_string())
}

fn document(title: &str, class: Option<&str>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Countersign" }
                link rel="icon" href="/assets/mark.svg" type="image/svg+xml";
                link rel="stylesheet" href=(assets::css_url());
                script src=(assets::js_url()) defer {}
            }
            body class=[class] {
                a class="skip" href="#main" { "Skip to the content" }
                (body)
            }
        }
    }
}

fn nav_link(it: Section, here: Section, waiting: usize) -> Markup {
    let current = (it == here).then_some("page");
    html! {
        li {
            a href=(it.path()) aria-current=[current] {
                (it.label())
                @if it == Section::Approvals {
                    " "
                    span id="waiting" class="count" hidden[waiting == 0] {
                        span class="number" { (badge_number(waiting)) }
                        span class="sr" { " waiting" }
                    }
                }
            }
        }
    }
}

fn badge_number(waiting: usize) -> String {
    if waiting >= WAITING_MAX as usize { "99+".into() } else { waiting.to_string() }
}

fn account(person: &Person) -> Markup {
    html! {
        form class="account" method="post" action="/sign-out" {
            span class="avatar small" aria-hidden="true" { (initial(&person.name)) }
            span class="account-name" { (person.name) }
            button class="button quiet" { "Sign out" }
        }
    }
}

/// The demo's stand-in for signing in: one tap makes the visitor somebody else.
fn picker(app: &App, viewer: &Viewer) -> Markup {
    html! {
        form class="picker" method="post" action="/demo/person" aria-label="Demo: who is speaking" {
            input type="hidden" name="back" value=(viewer.path);
            p { strong { "Demo" } ": speaking as" }
            div class="people" {
                @for person in app.engine().people().iter() {
                    @let is_current = person.id == viewer.person.id;
                    button name="person" value=(person.id) aria-pressed=(is_current.to_string()) {
                        span class="avatar small" aria-hidden="true" { (initial(&person.name)) }
                        span class="person-name" { (person.name) }
                        span class="person-roles" { (roles(person)) }
                    }
                }
            }
        }
    }
}

fn roles(person: &Person) -> String {
    let words: Vec<&str> = person.roles.iter().copied().map(Role::key).collect();
    words.join(", ")
}

/// In the first seconds with a large directory.
fn starting() -> Markup {
    html! {
        p class="starting" role="status" {
            "Countersign has just started and still reads its devices. Messages are kept and answered in a moment; lists may be empty until then."
        }
    }
}

/// Filled by the script: what is announced, what went wrong, and whether the page is still live.
fn notices() -> Markup {
    html! {
        p id="notice" class="notice" role="alert" hidden {}
        p id="link-state" class="link-state" role="status" aria-live="polite" {}
        p id="announce" class="sr" role="status" aria-live="polite" {}
    }
}
