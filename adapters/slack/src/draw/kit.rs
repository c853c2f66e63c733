//! Block Kit's pieces with Slack's documented limits built in.
//!
//! Source of the limits: Slack's Block Kit reference, as the validator crate in `judge/` knows them.

use slack_morphism::prelude::*;

use super::text::plain;

/// Text of one section.
pub(crate) const SECTION_MAX: usize = 3_000;
/// Fields of one section, and the text of one.
pub(crate) const FIELDS_MAX: usize = 10;
pub(crate) const FIELD_MAX: usize = 2_000;
pub(crate) const HEADER_MAX: usize = 150;
pub(crate) const BLOCKS_MAX: usize = 50;
pub(crate) const ELEMENTS_MAX: usize = 25;
pub(crate) const LABEL_MAX: usize = 75;
pub(crate) const VALUE_MAX: usize = 2_000;
pub(crate) const OPTIONS_MAX: usize = 100;
/// Label of an input, and what a person may type into one.
pub(crate) const INPUT_LABEL_MAX: usize = 2_000;
pub(crate) const INPUT_MAX: usize = 3_000;

/// `text` is escaped already.
pub(crate) fn mrkdwn(text: impl Into<String>) -> SlackBlockMarkDownText {
    // Verbatim: Slack makes no links and mentions of its own out of names.
    SlackBlockMarkDownText::new(text.into()).with_verbatim(true)
}

pub(crate) fn words(text: &str, max: usize) -> SlackBlockPlainText {
    SlackBlockPlainText::new(plain(text, max)).with_emoji(false)
}

pub(crate) fn only(text: &str, max: usize) -> SlackBlockPlainTextOnly {
    words(text, max).into()
}

pub(crate) fn header(text: &str) -> SlackBlock {
    SlackHeaderBlock::new(only(text, HEADER_MAX)).into()
}

/// `text` is escaped already and short enough.
pub(crate) fn section(text: impl Into<String>) -> SlackBlock {
    SlackSectionBlock::new().with_text(mrkdwn(text).into()).into()
}

pub(crate) fn context(text: impl Into<String>) -> SlackBlock {
    SlackContextBlock::new(vec![SlackContextBlockElement::MarkDown(mrkdwn(text))]).into()
}

pub(crate) fn button(label: &str, action_id: String, value: String) -> SlackBlockButtonElement {
    SlackBlockButtonElement::new(only(label, LABEL_MAX))
        .with_action_id(action_id.into())
        .with_value(value)
}

pub(crate) fn input(
    id: &str,
    label: &str,
    element: impl Into<SlackInputBlockElement>,
) -> SlackInputBlock {
    SlackInputBlock::new(only(label, INPUT_LABEL_MAX), element.into()).with_block_id(id.into())
}
