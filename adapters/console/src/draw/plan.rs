//! A plan: what would happen, on which device of which client, by which pathway.

use std::collections::BTreeMap;

use countersign::mask::mask;
use countersign::plan::{Call, Plan, Target};
use maud::{Markup, html};
use serde_json::Value;

use crate::draw::badge;
use crate::show;

/// Devices of one call that are listed; the rest is counted and opens on demand.
const TARGETS_SHOWN: usize = 5;

/// `left_out`: who took a step out, by step, counted from 0.
pub(crate) fn draw(plan: &Plan, left_out: &BTreeMap<u32, String>) -> Markup {
    html! {
        @if let [call] = plan.calls.as_slice() {
            (draw_call(call))
        } @else {
            ol class="steps" {
                @for (step, call) in (0..).zip(&plan.calls) {
                    li {
                        p class="step" {
                            (call.title)
                            @if let Some(by) = left_out.get(&step) { " " (badge("tone-bad", &format!("left out by {by}"))) }
                        }
                        @if !left_out.contains_key(&step) { (draw_call(call)) }
                    }
                }
            }
        }
    }
}

fn draw_call(call: &Call) -> Markup {
    let (shown, rest) = call.targets.split_at(call.targets.len().min(TARGETS_SHOWN));
    html! {
        dl class="fields" {
            @if !call.targets.is_empty() {
                div {
                    dt { @if call.targets.len() == 1 { "Device" } @else { "Devices" } }
                    dd {
                        ul class="targets" { @for target in shown { (draw_target(target)) } }
                        @if !rest.is_empty() {
                            details {
                                summary { "and " (show::counted(rest.len(), "more device", "more devices")) }
                                ul class="targets" { @for target in rest { (draw_target(target)) } }
                            }
                        }
                    }
                }
            }
            @if let Some(client) = &call.client { div { dt { "Client" } dd { (client.name) } } }
            @for (name, value) in &call.arguments { div { dt { (name) } dd { (argument(value)) } } }
            div { dt { "Through" } dd { (call.product.label()) " " code { (call.tool.short()) } } }
        }
    }
}

fn draw_target(target: &Target) -> Markup {
    html! {
        li {
            p class="target" {
                strong { (target.name) } " " span class="client" { (target.client_name) }
                @if let Some(site) = &target.site_name { span class="client" { ", " (site) } }
            }
            p class="marks" {
                @if target.server { (badge("tone-waiting", "server")) }
                @match target.online {
                    Some(true) => (badge("tone-good", "online")),
                    Some(false) => (badge("tone-ended", "offline")),
                    None => (badge("tone-ended", "online state unknown")),
                }
                @if let Some(user) = &target.user { span class="client" { "last user " (user) } }
                @if target.from_outside { (badge("tone-bad", "named by outside text, not by the requester")) }
            }
            @if !target.why.is_empty() { p class="note" { "Found by: " (target.why.join("; ")) } }
        }
    }
}

/// Text without its quotes, everything else as JSON; secrets masked.
fn argument(value: &Value) -> Markup {
    match value {
        Value::String(text) => html! { span class="value" { (mask(text)) } },
        Value::Null => html! { span class="client" { "none" } },
        other => html! { code { (mask(&other.to_string())) } },
    }
}
