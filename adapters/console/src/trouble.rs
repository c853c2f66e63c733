//! What goes wrong on the way to a page, each with what to do about it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use countersign::conversation::{CancelError, HaltError, LinkError, PolicyError};
use countersign::ports::StoreError;
use maud::{Markup, html};

use crate::pages::layout;

/// Variants differ in what the person can do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the console was asked for by a foreign name")]
    ForeignHost,
    #[error("a form came from another site")]
    ForeignOrigin,
    #[error("not signed in")]
    SignedOut,
    #[error("nobody is configured")]
    NoPeople,
    #[error("there is no {0}")]
    NotFound(&'static str),
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// The form is damaged; not something a person can cause with the pages as they are.
    #[error("a form cannot be read: {detail}")]
    Form { status: StatusCode, detail: String },
    /// What a person filled in is not what the field wants.
    #[error("a field does not fit: {0}")]
    Unfit(String),
    #[error("a page took too long")]
    TooSlow,
    #[error("too many live pages")]
    TooManyStreams,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkError> for Trouble {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::NotAdmin => {
                Self::NotAllowed("Only a person with the role admin can link clients.".into())
            }
            LinkError::NoSuchClient { .. } | LinkError::SeveralClients { .. } => {
                Self::NotFound("client of that name")
            }
            LinkError::Taken { .. } => Self::NotAllowed(format!("Nothing was linked: {error}.")),
            LinkError::Store(error) => Self::Store(error),
        }
    }
}

impl From<PolicyError> for Trouble {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::NotAdmin => {
                Self::NotAllowed("Only a person with the role admin can change policies.".into())
            }
            PolicyError::NoSuchTool(_) => Self::NotFound("tool of that name"),
            PolicyError::Store(error) => Self::Store(error),
        }
    }
}

impl From<CancelError> for Trouble {
    fn from(error: CancelError) -> Self {
        let sentence = countersign::words::sentence(&error.to_string());
        match error {
            CancelError::MayNot => Self::NotAllowed(sentence),
            CancelError::Unknown(_) | CancelError::Sent(_) => Self::Unfit(sentence),
            CancelError::Store(error) => Self::Store(error),
        }
    }
}

impl From<HaltError> for Trouble {
    fn from(error: HaltError) -> Self {
        let sentence = countersign::words::sentence(&error.to_string());
        match error {
            HaltError::MayNotHalt | HaltError::MayNotResume => Self::NotAllowed(sentence),
            HaltError::Unknown(_) | HaltError::NotHalted(_) => Self::Unfit(sentence),
            HaltError::Store(error) => Self::Store(error),
        }
    }
}

impl Trouble {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin | Self::NotAllowed(_) => StatusCode::FORBIDDEN,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Form { status, .. } => *status,
            Self::Unfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoPeople | Self::TooManyStreams | Self::TooSlow => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Store(StoreError::Lost { .. }) => StatusCode::CONFLICT,
            Self::Store(StoreError::Broken { .. } | StoreError::Unreadable { .. }) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Title, and what to do.
    fn words(&self) -> (&'static str, Markup) {
        match self {
            Self::ForeignHost => (
                "This is not an address of this console",
                html! { p { "The console answers on this machine under " code { "localhost" } " and under the host of " code { "server.public_url" } ". To reach it under another name, set that key and start it again." } },
            ),
            Self::ForeignOrigin => (
                "This form did not come from the console",
                html! { p { "Nothing was done. Open the page here and try again. If you did that already, a proxy in between removes the " code { "Origin" } " header or " code { "server.public_url" } " is not the address you use." } },
            ),
            Self::SignedOut => (
                "You are not signed in",
                html! { p { "Nothing was done. " a href="/sign-in" { "Sign in" } " and try again." } },
            ),
            Self::NoPeople => (
                "Nobody is configured",
                html! { p { "Add at least one " code { "[[people]]" } " entry to " code { "countersign.toml" } " and start Countersign again." } },
            ),
            Self::NotFound(what) => (
                "Not found",
                html! { p { "There is no " (what) " here. It may have been mistyped, or it is gone. " a href="/" { "Go to the conversations" } "." } },
            ),
            Self::NotAllowed(why) => (
                "Not allowed",
                html! { p { (why) " Nothing was changed." } p { a href="/tools" { "Back to the tools" } } },
            ),
            Self::Form { detail, .. } => (
                "This form cannot be read",
                html! { p { "Nothing was done: " (detail) ". Go back, reload the page and try again." } },
            ),
            Self::Unfit(detail) => (
                "This does not fit",
                html! { p { (detail) " Nothing was done; change it and send it again." } },
            ),
            Self::TooSlow => (
                "This takes too long",
                html! {
                    p { "The store has not answered in time. " a href="/" { "Try again" } " in a moment." }
                    p { "If you sent something, it may have arrived: look at the conversation before you send it again." }
                },
            ),
            Self::TooManyStreams => (
                "Too many live pages are open",
                html! { p { "Close a few tabs and reload. The page itself works, it only does not update by itself." } },
            ),
            Self::Store(StoreError::Lost { .. }) => (
                "Somebody was faster",
                html! { p { "This was changed in the meantime, so nothing was done. Reload the page to see how it is now." } },
            ),
            Self::Store(_) => (
                "The store cannot be used",
                html! {
                    p { "Nothing ran and nothing was changed. Countersign does not act while it cannot write down what it does." }
                    p { "Try again in a moment. If it stays like this, an admin finds the cause in the log or with " code { "countersign check" } "." }
                },
            ),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        match &self {
            Self::Store(error) => tracing::error!(error = %error, "a page failed: {error}"),
            other => tracing::debug!(error = %other, "a page was refused: {other}"),
        }
        let (title, words) = self.words();
        (self.status(), layout::bare(title, &words)).into_response()
    }
}
