//! One exchange over HTTP: no retry, no redirect, every size and time bounded, four at a time.

use std::time::Duration;

use reqwest::{Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::config::{Config, ConfigError, is_loopback};

/// Requests under way at once: no limit is published, and retry storms were seen to bring servers down.
const IN_FLIGHT_MAX: usize = 4;

/// Connecting, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// Kept connections are given up before a server's front door would cut them, so that a write does not go
/// out on a dying line.
const IDLE: Duration = Duration::from_secs(20);

/// Largest answer that is read. A thousand sessions have about 2 MB; details of one hold a week of output.
const BODY_BYTES_MAX: usize = 48 << 20;

pub(super) struct Http {
    client: reqwest::Client,
    /// Up to `Service.ashx`, without a slash behind it.
    service: Url,
    origin: String,
    secret: SecretString,
    places: Semaphore,
}

/// What came back, whatever the status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) retry_after: Option<Duration>,
}

/// No answer, or half of one.
#[derive(Debug)]
pub(super) struct Broken {
    /// Whether anything may have reached the server.
    pub(super) sent: bool,
    pub(super) detail: String,
}

impl Http {
    pub(super) fn new(config: &Config) -> Result<Self, ConfigError> {
        if let Some(problem) = config.problems().into_iter().next() {
            return Err(problem);
        }
        // Building a client without a provider panics; a second install is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut service = config.base()?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false);
        if is_loopback(&service) {
            builder = builder.no_proxy();
        }
        if service.scheme() == "http" {
            // No TLS, so the system needs no certificates.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| ConfigError::Http(chain(&error)))?;
        let below = service.path().trim_end_matches('/').to_owned();
        service.set_path(&format!("{below}/App_Extensions/{}/Service.ashx", config.extension));
        Ok(Self {
            client,
            service,
            origin: config.origin()?,
            secret: config.secret.clone(),
            places: Semaphore::new(IN_FLIGHT_MAX),
        })
    }

    /// Calls a method with positional arguments. POST works for every method; a GET with a body does not
    /// pass every proxy.
    pub(super) async fn exchange(
        &self,
        method: &str,
        arguments: &Value,
        wait: Duration,
    ) -> Result<Reply, Broken> {
        let closed = || Broken { sent: false, detail: "the client is shut down".into() };
        let _place = self.places.acquire().await.map_err(|_| closed())?;
        let mut url = self.service.clone();
        url.set_path(&format!("{}/{method}", self.service.path()));
        let mut secret = header::HeaderValue::from_str(self.secret.expose_secret())
            .map_err(|error| Broken { sent: false, detail: error.to_string() })?;
        secret.set_sensitive(true);
        let request = self
            .client
            .post(url)
            .timeout(wait)
            .header("CTRLAuthHeader", secret)
            .header(header::ORIGIN, &self.origin)
            .header(header::ACCEPT, "application/json")
            .json(arguments);
        let mut response = request.send().await.map_err(|error| Broken {
            sent: !(error.is_connect() || error.is_builder()),
            detail: chain(&error.without_url()),
        })?;
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|it| it.to_str().ok()?.trim().parse().ok());
        let mut reply = Reply {
            status: response.status().as_u16(),
            body: Vec::new(),
            retry_after: retry_after.map(Duration::from_secs),
        };
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
