//! One exchange over HTTP: no retry, no redirect, every size and time bounded, four at a time.

use std::time::Duration;

use reqwest::{Method, Url, header};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::config::{ConfigError, is_loopback};

/// Below the base address.
const API: &str = "/cwa/api/v1";

/// Requests under way at once on one server: no limit is published, and the server's database is one.
const IN_FLIGHT_MAX: usize = 4;

/// Connecting, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// Kept connections are given up before a server's front door would cut them, so that a write does not go
/// out on a dying line.
const IDLE: Duration = Duration::from_secs(20);

/// Largest answer that is read. A page of 1,000 computers has about 1 MB, unprojected about 20.
const BODY_BYTES_MAX: usize = 48 << 20;

pub(super) struct Http {
    client: reqwest::Client,
    base: Url,
    client_id: String,
    places: Semaphore,
}

/// What goes out.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) bearer: Option<&'a str>,
    pub(super) body: Option<&'a Value>,
    pub(super) wait: Duration,
}

/// What came back, whatever the status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) retry_after: Option<Duration>,
    /// `Total-Count`: rows on all pages, where the server tells it.
    pub(crate) total: Option<u64>,
}

/// No answer, or half of one.
#[derive(Debug)]
pub(super) struct Broken {
    /// Whether anything may have reached the server.
    pub(super) sent: bool,
    pub(super) detail: String,
}

impl Http {
    pub(super) fn new(base: Url, client_id: &str) -> Result<Self, ConfigError> {
        // Building a client without a provider panics; a second install is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
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
        let places = Semaphore::new(IN_FLIGHT_MAX);
        Ok(Self { client, base, client_id: client_id.to_owned(), places })
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// The address of a path such as `/Computers` with its query.
    pub(super) fn url(&self, path: &str, query: &[(&'static str, String)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{API}{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(super) async fn exchange(&self, out: Outgoing<'_>) -> Result<Reply, Broken> {
        let closed = || Broken { sent: false, detail: "the client is shut down".into() };
        let _place = self.places.acquire().await.map_err(|_| closed())?;
        let mut request = self
            .client
            .request(out.method, out.url)
            .timeout(out.wait)
            .header("ClientId", &self.client_id)
            // Most routes can answer XML as well.
            .header(header::ACCEPT, "application/json");
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
                    reply.body.extend_from_slice(&piece);
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
    let number = |name: &str| {
        response.headers().get(name).and_then(|it| it.to_str().ok()?.trim().parse::<u64>().ok())
    };
    Reply {
        status: response.status().as_u16(),
        body: Vec::new(),
        retry_after: number("Retry-After").map(Duration::from_secs),
        total: number("Total-Count"),
    }
}

/// The message of an error and of everything behind it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
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
