//! Buttons: each a form of its own, so that it works without a script.

use std::cell::Cell;

use countersign::reply::{Action, ButtonStyle};
use maud::{Markup, html};

use crate::random;

/// Makes the forms of one piece of a page. Every form gets a key of its own, anew with every drawing:
/// the same drawing clicked twice is one event, a later one is another.
pub(crate) struct Forms {
    /// Where clicks are posted.
    url: String,
    item: String,
    nonce: String,
    made: Cell<u32>,
}

impl Forms {
    pub(crate) fn new(url: &str, item: &str) -> Self {
        Self {
            url: url.to_owned(),
            item: item.to_owned(),
            nonce: random::nonce(),
            made: Cell::new(0),
        }
    }

    pub(crate) fn item(&self) -> &str {
        &self.item
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The hidden key of one form, and a number for its ids.
    pub(crate) fn key(&self) -> (Markup, u32) {
        let number = self.made.get();
        self.made.set(number + 1);
        let key = format!("{}-{number}", self.nonce);
        (html! { input type="hidden" name="key" value=(key); }, number)
    }

    /// The action travels as JSON; it carries no authority.
    pub(crate) fn button(&self, label: &str, style: ButtonStyle, action: &Action) -> Markup {
        let class = match style {
            ButtonStyle::Plain => "button",
            ButtonStyle::Go => "button go",
            ButtonStyle::Stop => "button stop",
        };
        self.form(action, |id| html! { button id=(id) class=(class) { (label) } })
    }

    pub(crate) fn choice(&self, label: &str, detail: &str, action: &Action) -> Markup {
        self.form(action, |id| {
            html! {
                button id=(id) class="choice" {
                    span class="choice-label" { (label) }
                    @if !detail.is_empty() { span class="choice-detail" { (detail) } }
                }
            }
        })
    }

    fn form(&self, action: &Action, button: impl FnOnce(&str) -> Markup) -> Markup {
        let (key, number) = self.key();
        let action = serde_json::to_string(action).unwrap_or_default();
        html! {
            form method="post" action=(self.url) data-swap {
                (key)
                input type="hidden" name="action" value=(action);
                (button(&format!("{}-b{number}", self.item)))
            }
        }
    }
}

/// The hidden key of a form outside of any piece.
pub(crate) fn single_key() -> Markup {
    html! { input type="hidden" name="key" value=(random::nonce()); }
}
