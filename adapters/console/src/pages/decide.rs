//! A denial with its reason, and a plan with other parameters.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use countersign::digest::Digest;
use countersign::ids::ApprovalId;
use countersign::reply::Action;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::app::Shared;
use crate::draw::more::{ARGUMENT, Parameter, parameters};
use crate::event::Key;
use crate::pages::approvals::{post, read};
use crate::pages::{Posted, Viewing};
use crate::trouble::Trouble;

#[derive(Deserialize)]
pub(crate) struct Denied {
    key: String,
    reason: String,
}

pub(crate) async fn deny(
    State(app): Shared,
    Extension(viewer): Viewing,
    Path(id): Path<String>,
    Posted(denied): Posted<Denied>,
) -> Result<Response, Trouble> {
    let key = Key::parse(&denied.key)?;
    let approval = read(&app, &ApprovalId::new(id)).await?;
    let reason = Some(denied.reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let action = Action::Deny { approval: approval.id.clone(), reason };
    post(&app, &viewer, &approval, &key, action).await
}

/// A yes to some steps.
pub(crate) async fn some(
    State(app): Shared,
    Extension(viewer): Viewing,
    Path(id): Path<String>,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Result<Response, Trouble> {
    let all = |name: &str| -> Vec<&str> {
        fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    };
    let key = Key::parse(all("key").first().copied().unwrap_or_default())?;
    let approval = read(&app, &ApprovalId::new(id)).await?;
    let seen = Digest::from_stored(all("seen").first().copied().unwrap_or_default());
    let steps: Result<Vec<u32>, _> = all("step").into_iter().map(str::parse).collect();
    let steps = steps.map_err(|_| damaged("it names a step that is no number".into()))?;
    if steps.is_empty() {
        let text = "Tick at least one step. To stop all of them, deny it.";
        return Err(Trouble::Unfit(text.into()));
    }
    let action = Action::Approve { approval: approval.id.clone(), seen, steps: Some(steps) };
    post(&app, &viewer, &approval, &key, action).await
}

/// The core checks the arguments against the tool's schema and asks anew.
pub(crate) async fn edit(
    State(app): Shared,
    Extension(viewer): Viewing,
    Path(id): Path<String>,
    Posted(fields): Posted<Vec<(String, String)>>,
) -> Result<Response, Trouble> {
    let get = |name: &str| {
        fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    };
    let key = Key::parse(get("key"))?;
    let approval = read(&app, &ApprovalId::new(id)).await?;
    let step: u32 = get("step").parse().map_err(|_| damaged("it names no step".into()))?;
    let call = usize::try_from(step)
        .ok()
        .and_then(|step| approval.plan.calls.get(step))
        .ok_or_else(|| damaged("the plan has no such step".into()))?;
    let catalogue = app.engine().catalogue();
    let schema = catalogue.get(&call.tool).map(|tool| &tool.schema);
    let mut arguments = Map::new();
    for parameter in parameters(schema, call) {
        let text = get(&format!("{ARGUMENT}{}", parameter.name));
        if let Some(value) = value_of(&parameter, text)? {
            arguments.insert(parameter.name.to_owned(), value);
        }
    }
    let action = Action::Edit { approval: approval.id.clone(), step, arguments };
    post(&app, &viewer, &approval, &key, action).await
}

/// `None` leaves the argument out.
fn value_of(parameter: &Parameter<'_>, text: &str) -> Result<Option<Value>, Trouble> {
    if text.trim().is_empty() {
        let kept = parameter.value.filter(|_| parameter.is_secret());
        return Ok(kept.cloned());
    }
    let wrong = |wanted: &str| {
        Trouble::Unfit(format!("“{}” wants {wanted}, and “{text}” is none.", parameter.name))
    };
    // A value that was not touched stays exactly what it was.
    let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let untouched = parameter.value.filter(|value| written(value) == text);
    if let Some(value) = untouched {
        return Ok(Some(value.clone()));
    }
    let value = match parameter.kind() {
        "string" => Value::from(text),
        "boolean" => Value::from(text.trim().parse::<bool>().map_err(|_| wrong("true or false"))?),
        "integer" => Value::from(text.trim().parse::<i64>().map_err(|_| wrong("a whole number"))?),
        "number" => serde_json::from_str::<serde_json::Number>(text.trim())
            .map(Value::Number)
            .map_err(|_| wrong("a number"))?,
        _ => serde_json::from_str(text).map_err(|_| wrong("JSON"))?,
    };
    Ok(Some(value))
}

fn damaged(detail: String) -> Trouble {
    Trouble::Form { status: StatusCode::BAD_REQUEST, detail }
}
