//! What a person can do with an approval besides a plain yes or no: say why not, or change the parameters.

use countersign::approval::Approval;
use countersign::mask::mask;
use countersign::plan::Call;
use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::app::App;
use crate::draw::Forms;

/// Longest reason of a denial; the core cuts there, too.
const REASON_MAX: usize = 500;

/// The names of the fields of an edit begin with this.
pub(crate) const ARGUMENT: &str = "argument.";

pub(crate) fn deny(approval: &Approval, forms: &Forms) -> Markup {
    let (key, number) = forms.key();
    let id = format!("{}-r{number}", forms.item());
    html! {
        details class="more" {
            summary { "Deny with a reason" }
            form class="stacked" method="post" action=(format!("/approvals/{}/deny", approval.id)) data-swap {
                (key)
                label for=(id) { "Reason, for the requester" }
                input id=(id) name="reason" required maxlength=(REASON_MAX) autocomplete="off";
                button class="button stop" { "Deny" }
            }
        }
    }
}

/// A yes to some steps; nothing where there is only one.
pub(crate) fn some(approval: &Approval, forms: &Forms) -> Markup {
    let kept = approval.kept();
    if kept.len() < 2 {
        return html! {};
    }
    let (key, number) = forms.key();
    html! {
        details class="more" {
            summary { "Approve some steps" }
            form class="stacked" method="post" action=(format!("/approvals/{}/some", approval.id)) data-swap {
                (key)
                input type="hidden" name="seen" value=(approval.offered());
                fieldset {
                    legend { "What may run" }
                    @for (step, call) in kept {
                        @let id = format!("{}-s{number}-{step}", forms.item());
                        label class="tick" for=(id) {
                            input id=(id) type="checkbox" name="step" value=(step) checked;
                            " " (step + 1) ". " (call.sentence())
                        }
                    }
                }
                p class="note" { "A step without a tick is left out for good, whoever else approves." }
                button class="button go" { "Approve these" }
            }
        }
    }
}

/// One form per call that takes parameters.
pub(crate) fn edit(app: &App, approval: &Approval, forms: &Forms) -> Markup {
    let catalogue = app.engine().catalogue();
    let several = approval.plan.calls.len() > 1;
    html! {
        @for (step, call) in approval.plan.calls.iter().enumerate() {
            @let tool = catalogue.get(&call.tool);
            @let parameters = parameters(tool.map(|tool| &tool.schema), call);
            @if !parameters.is_empty() {
                details class="more" {
                    summary { "Change the parameters" @if several { " of " (call.title) } }
                    (edit_form(approval, step, &parameters, forms))
                }
            }
        }
    }
}

fn edit_form(
    approval: &Approval,
    step: usize,
    parameters: &[Parameter<'_>],
    forms: &Forms,
) -> Markup {
    let (key, number) = forms.key();
    html! {
        form class="stacked" method="post" action=(format!("/approvals/{}/edit", approval.id)) data-swap {
            (key)
            input type="hidden" name="step" value=(step);
            @for (index, parameter) in parameters.iter().enumerate() {
                @let id = format!("{}-e{number}-{index}", forms.item());
                label for=(id) { (parameter.title) @if parameter.required { " (needed)" } }
                (field(&id, parameter))
            }
            p class="note" { "This asks anew, in your name: somebody else has to approve the changed plan." }
            button class="button" { "Ask with these" }
        }
    }
}

/// One argument of a call, as its tool's schema describes it.
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    title: &'a str,
    pub(crate) schema: &'a Value,
    required: bool,
    pub(crate) value: Option<&'a Value>,
}

/// What the schema lists, then what the call has beside it.
pub(crate) fn parameters<'a>(schema: Option<&'a Value>, call: &'a Call) -> Vec<Parameter<'a>> {
    let listed: Option<&Map<String, Value>> =
        schema.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    let required: Vec<&str> =
        schema.into_iter().flat_map(countersign::tool::schema::required).collect();
    let names = listed.into_iter().flat_map(Map::keys);
    let others =
        call.arguments.keys().filter(|name| !listed.is_some_and(|it| it.contains_key(*name)));
    names
        .chain(others)
        .map(|name| {
            let schema = listed.and_then(|it| it.get(name)).unwrap_or(&Value::Null);
            Parameter {
                name,
                title: schema.get("title").and_then(Value::as_str).unwrap_or(name),
                schema,
                required: required.contains(&name.as_str()),
                value: call.arguments.get(name),
            }
        })
        .collect()
}

impl Parameter<'_> {
    /// What the field shows; a secret is not shown, and a field that stays empty keeps it.
    fn shown(&self) -> String {
        let text = match self.value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        if mask(&text) == text { text } else { String::new() }
    }

    pub(crate) fn is_secret(&self) -> bool {
        self.value.is_some_and(|value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            mask(&text) != text
        })
    }

    /// `boolean`, `integer`, `number`, `string` or something that is written as JSON.
    pub(crate) fn kind(&self) -> &str {
        let of_value = match self.value {
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Number(_)) => "number",
            Some(Value::Array(_)) => "array",
            Some(Value::Object(_)) => "object",
            Some(Value::String(_) | Value::Null) | None => "string",
        };
        match self.schema.get("type") {
            Some(Value::String(kind)) => kind,
            Some(Value::Array(kinds)) => kinds
                .iter()
                .filter_map(Value::as_str)
                .find(|kind| *kind != "null")
                .unwrap_or(of_value),
            _ => of_value,
        }
    }

    /// What can be picked, where the schema says.
    fn options(&self) -> Vec<String> {
        let listed = self.schema.get("enum").and_then(Value::as_array);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match (listed, self.kind()) {
            (Some(options), _) => options.iter().map(text).collect(),
            (None, "boolean") => vec!["true".into(), "false".into()],
            (None, _) => vec![],
        }
    }
}

fn field(id: &str, parameter: &Parameter<'_>) -> Markup {
    let name = format!("{ARGUMENT}{}", parameter.name);
    let (shown, options) = (parameter.shown(), parameter.options());
    let is_number = matches!(parameter.kind(), "integer" | "number");
    html! {
        @if options.is_empty() {
            input id=(id) name=(name) value=(shown) autocomplete="off" inputmode=[is_number.then_some("decimal")]
                required[parameter.required && !parameter.is_secret()]
                placeholder=[parameter.is_secret().then_some("secret; stays as it is when empty")];
        } @else {
            select id=(id) name=(name) {
                @if !parameter.required || !options.contains(&shown) { option value="" { "not set" } }
                @for option in &options { option value=(option) selected[*option == shown] { (option) } }
            }
        }
    }
}
