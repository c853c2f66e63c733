//! Buttons and picks.

use countersign::reply::{Action, Button, ButtonStyle, Choice};
use slack_morphism::prelude::*;

use super::kit::{ELEMENTS_MAX, LABEL_MAX, button};
use super::text::plain;
use crate::value::{Open, Value};

/// Prefix of everything of ours, so that clicks of other apps' leftovers are told apart.
const PREFIX: &str = "countersign";

/// Rows of buttons. Beside an approval stand two more that are answered here: a form to edit, and details.
/// `from` numbers them on, because an id must not come twice within a block.
pub(crate) fn rows(all: &[Button], editable: &[u32], from: usize) -> Vec<SlackBlock> {
    let mut elements: Vec<SlackActionBlockElement> = Vec::new();
    for (index, it) in all.iter().enumerate() {
        let Some(value) = Value::Act(it.action.clone()).encode() else { continue };
        let id = format!("{PREFIX}:{}:{}", kind(&it.action), from + index);
        let drawn = styled(button(&it.label, id, value), it.style);
        elements.push(drawn.into());
    }
    let approval = all.iter().find_map(|it| match &it.action {
        Action::Approve { approval, .. } => Some(approval),
        Action::ApproveSome { .. }
        | Action::Deny { .. }
        | Action::Edit { .. }
        | Action::Withdraw { .. }
        | Action::Pick { .. }
        | Action::Say { .. } => None,
    });
    if let Some(approval) = approval {
        for step in editable {
            let label = if editable.len() == 1 {
                "Edit…".to_owned()
            } else {
                format!("Edit step {}…", step + 1)
            };
            let open = Value::Open(Open::Edit { approval: approval.clone(), step: *step });
            elements.extend(open.encode().map(|value| {
                SlackActionBlockElement::from(button(
                    &label,
                    format!("{PREFIX}:edit:{step}"),
                    value,
                ))
            }));
        }
        let open = Value::Open(Open::Details { approval: approval.clone() });
        elements.extend(open.encode().map(|value| {
            SlackActionBlockElement::from(button("Details", format!("{PREFIX}:details"), value))
        }));
    }
    let mut blocks = Vec::new();
    let mut rest = elements.into_iter().peekable();
    while rest.peek().is_some() {
        let row = rest.by_ref().take(ELEMENTS_MAX).collect();
        blocks.push(SlackActionsBlock::new(row).into());
    }
    blocks
}

/// The button beside one answer of a question.
pub(super) fn choice(option: &Choice, index: usize) -> Option<SlackBlockButtonElement> {
    let value = Value::Act(option.action.clone()).encode()?;
    let drawn = button("Choose", format!("{PREFIX}:pick:{index}"), value);
    let spoken = SlackAccessibilityLabel(plain(&format!("Choose {}", option.label), LABEL_MAX));
    Some(drawn.with_accessibility_label(spoken))
}

fn styled(button: SlackBlockButtonElement, style: ButtonStyle) -> SlackBlockButtonElement {
    match style {
        ButtonStyle::Plain => button,
        ButtonStyle::Go => button.with_style(SlackBlockButtonStyle::Primary),
        ButtonStyle::Stop => button.with_style(SlackBlockButtonStyle::Danger),
    }
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Approve { .. } => "approve",
        Action::ApproveSome { .. } => "approve-some",
        Action::Deny { .. } => "deny",
        Action::Edit { .. } => "edit-as",
        Action::Withdraw { .. } => "withdraw",
        Action::Pick { .. } => "pick",
        Action::Say { .. } => "say",
    }
}
