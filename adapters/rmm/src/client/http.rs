//! One exchange over HTTP: no retry, no redirect, every size and time bounded.

use std::time::Duration;

use reqwest::{Method, Url, header};
use serde_json::Value;

use crate::config::{ConfigError, is_loopback};

/// Connecting, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// Longest time from the first byte sent to the last byte read. A list of 100,000 endpoints takes the
/// product a while.
pub(super) const WITHIN_MAX: Duration = Duration::from_secs(60);

/// Kept connections are given up before the product's gateway would cut them, so that a write does not
/// go out on a dying line.
const IDLE: Duration = Duration::from_secs(20);

/// Largest answer that is read. A v1 list of 100,000 endpoints has about 20 MB.
const BODY_BYTES_MAX: usize = 48 << 20;

pub(super) struct Http {
    client: reqwest::Client,
    base: Url,
}

/// What goes out.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    /// Below the base address, or a whole address on the same origin.
    pub(super) url: Url,
    pub(super) bearer: Option<&'a str>,
    pub(super) body: Option<&'a Value>,
    /// From the first byte sent to the last byte read.
    pub(super) within: Duration,
}

/// What came back, whatever the status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The address behind `rel="next"`, as sent.
    pub(crate) next: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// `Remaining` and `Reset` (epoch seconds) of the rate limit.
    pub(crate) remaining: Option<u64>,
    pub(crate) reset: Option<i64>,
}

/// No answer, or half of one.
#[derive(Debug)]
pub(super) struct Broken {
    /// Whether anything may have reached the product.
    pub(super) sent: bool,
    pub(super) detail: String,
}

impl Http {
    pub(super) fn new(base: Url) -> Result<Self, ConfigError> {
        // Building a client without a provider panics; a second install is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(WITHIN_MAX)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        if base.scheme() == "http" {
            // No TLS, so the system needs no certificates.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| ConfigError::Http(chain(&error)))?;
        Ok(Self { client, base })
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// The address of a path such as `/api/platform/v1/company/companies` with its query.
    pub(super) fn url(&self, path: &str, query: &[(&'static str, String)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(super) async fn exchange(&self, out: Outgoing<'_>) -> Result<Reply, Broken> {
        let mut request = self
            .client
            .request(out.method, out.url)
            .timeout(out.within)
            .header(header::ACCEPT, "application/json")
            .header("X-Request-ID", uuid::Uuid::new_v4().to_string());
        if let Some(bearer) = out.bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(body) = out.body {
            request = request.json(body);
        }
        let mut response = request.send().await.map_err(|error| Broken {
            sent: !(error.is_connect() || error.is_builder()),
            detail: chain(&error.without_url()),
        })?;
        let mut reply = head(&response);
        loop {
            match response.chunk().await {
                Ok(Some(piece)) if reply.body.len() + piece.len() <= BODY_BYTES_MAX => {
                    reply.body.extend_from_slice(&piece)
                }
                Ok(Some(_)) => {
                    let detail = format!("the answer is longer than {} MB", BODY_BYTES_MAX >> 20);
                    return Err(Broken { sent: true, detail });
                }
                Ok(None) => return Ok(reply),
                // The status of a refusal says enough without its text.
                Err(_) if (400..500).contains(&reply.status) => return Ok(reply),
                Err(error) => {
                    let detail = format!("the answer broke off: {}", chain(&error.without_url()));
                    return Err(Broken { sent: true, detail });
                }
            }
        }
    }
}

fn head(response: &reqwest::Response) -> Reply {
    let text = |name: &str| response.headers().get(name).and_then(|it| it.to_str().ok());
    let limit = |plain: &str, prefixed: &str| text(plain).or_else(|| text(prefixed));
    let links = response.headers().get_all(header::LINK);
    Reply {
        status: response.status().as_u16(),
        body: Vec::new(),
        next: links.iter().filter_map(|it| it.to_str().ok()).find_map(super::page::next_of),
        retry_after: text("Retry-After")
            .and_then(|it| it.trim().parse().ok())
            .map(Duration::from_secs),
        remaining: limit("Remaining", "X-RateLimit-Remaining")
            .and_then(|it| it.trim().parse().ok()),
        reset: limit("Reset", "X-RateLimit-Reset").and_then(|it| it.trim().parse().ok()),
    }
}

/// The message of an error and of everything behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
