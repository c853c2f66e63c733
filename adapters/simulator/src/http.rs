//! Requests and answers as plain values, so that the products are ordinary functions over memory.

use axum::http::Method;
use serde::Serialize;
use serde::ser::Serializer;

pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The query string as sent, without the question mark.
    pub(crate) query: String,
    pub(crate) bearer: Option<String>,
    /// The header as sent.
    pub(crate) authorization: String,
    /// Automate's `ClientId`.
    pub(crate) client_id: Option<String>,
    pub(crate) content_type: String,
    /// Control's `CTRLAuthHeader`.
    pub(crate) control_secret: Option<String>,
    /// The `Origin` header, which Control compares.
    pub(crate) control_origin: Option<String>,
    pub(crate) body: Vec<u8>,
    /// `http://host:port` as the caller wrote it, for links back.
    pub(crate) origin: String,
}

impl Request {
    pub(crate) fn parameters(&self) -> Parameters {
        let uri = format!("/?{}", self.query).parse().unwrap_or_default();
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri);
        Parameters(pairs.map(|it| it.0).unwrap_or_default())
    }
}

/// The decoded query string.
pub(crate) struct Parameters(pub(crate) Vec<(String, String)>);

impl Parameters {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    /// The non-empty parts of a comma-separated value.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        split_list(self.get(name).unwrap_or_default())
    }

    /// The first name that is not one of `known`.
    pub(crate) fn unknown(&self, known: &[&str]) -> Option<&str> {
        self.0.iter().map(|it| it.0.as_str()).find(|it| !known.contains(it))
    }
}

pub(crate) fn split_list(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect()
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self { status, content_type: "application/json", headers: Vec::new(), body }
    }

    pub(crate) fn ok(body: &impl Serialize) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            headers: Vec::new(),
            body: text.into(),
        }
    }

    pub(crate) fn html(status: u16, text: &str) -> Self {
        Self { status, content_type: "text/html", headers: Vec::new(), body: text.into() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content_type: "text/plain", headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// A JSON array written straight from an iterator, so a list of 100,000 devices is never built twice.
pub(crate) struct Each<F>(pub(crate) F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: IntoIterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}
