//! Draws the core's values: messages, approvals, plans. maud escapes every string.

pub(crate) mod approval;
mod blocks;
mod forms;
pub(crate) mod more;
pub(crate) mod plan;
pub(crate) mod transcript;

use countersign::digest::Digest;
use maud::{Markup, html};

pub(crate) use blocks::message;
pub(crate) use forms::{Forms, single_key as forms_key};

/// One piece of a live page, swapped on its own when its `version` differs.
pub(crate) struct Item {
    /// Stays the same while the piece is the same; letters, digits and `-`.
    id: String,
    version: String,
    html: Markup,
}

impl Item {
    /// A piece whose version is its text without the keys of its forms, which differ with every drawing.
    pub(crate) fn new(
        id: String,
        class: &str,
        draw: impl FnOnce(&Forms) -> Markup,
        url: &str,
    ) -> Self {
        let forms = Forms::new(url, &id);
        let html = draw(&forms);
        let plain = html.0.replace(forms.nonce(), "");
        Self::versioned(id, class, &plain, html)
    }

    /// A piece that knows what its version is: everything that is shown, save what the passing of time
    /// alone changes.
    pub(crate) fn versioned(id: String, class: &str, version: &str, html: Markup) -> Self {
        let version = short(&format!("{class}\n{version}"));
        let html = html! { article id=(id) class=(class) data-v=(version) { (html) } };
        Self { id, version, html }
    }
}

/// A live page: its pieces in order, and the hash that says whether it changed.
pub(crate) struct Fragment {
    pub(crate) html: Markup,
    pub(crate) hash: String,
}

impl Fragment {
    pub(crate) fn of(items: Vec<Item>) -> Self {
        let known: Vec<String> =
            items.iter().map(|item| format!("{} {}", item.id, item.version)).collect();
        Self { html: html! { @for item in &items { (item.html) } }, hash: short(&known.join("\n")) }
    }
}

fn short(text: &str) -> String {
    Digest::of_bytes(text.as_bytes()).as_str().get(..16).unwrap_or_default().to_owned()
}

/// `text` as part of an element's id.
pub(crate) fn id_part(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_plain { text.to_owned() } else { short(text) }
}

/// A coloured word: the state in words first, colour second.
pub(crate) fn badge(tone: &str, word: &str) -> Markup {
    html! { span class=(format!("badge {tone}")) { (word) } }
}
