//! A call as it came over the wire: JSON, a form or a query, as Slack takes them all.

use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::{Map, Value};

pub(super) struct Call {
    pub(super) method: String,
    pub(super) token: String,
    parameters: Map<String, Value>,
}

impl Call {
    pub(super) fn read(
        method: &str,
        headers: &HeaderMap,
        query: Option<&str>,
        body: &Bytes,
    ) -> Self {
        let named =
            |name: &str| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let mut parameters = Map::new();
        let mut add = |form: &[u8]| {
            for (name, value) in form_urlencoded::parse(form) {
                parameters.insert(name.into_owned(), Value::String(value.into_owned()));
            }
        };
        add(query.unwrap_or_default().as_bytes());
        if named("content-type").starts_with("application/json") {
            if let Ok(Value::Object(json)) = serde_json::from_slice(body) {
                parameters.extend(json);
            }
        } else {
            add(body);
        }
        let bearer = named("authorization").strip_prefix("Bearer ").map(str::to_owned);
        let token = bearer.or_else(|| parameters.get("token")?.as_str().map(str::to_owned));
        Self { method: method.to_owned(), token: token.unwrap_or_default(), parameters }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str().filter(|it| !it.is_empty())
    }

    /// A structure, which a form carries as text.
    pub(super) fn json(&self, name: &str) -> Option<Value> {
        match self.parameters.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            Value::Null => None,
            value => Some(value.clone()),
        }
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.parameters.get(name), Some(Value::Bool(true)))
            || matches!(self.text(name), Some("true" | "1"))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.parameters.get(name).is_some_and(|it| !it.is_null())
    }
}
