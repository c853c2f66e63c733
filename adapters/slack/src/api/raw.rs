//! Plain requests, where the headers of the answer matter or the address is not a method.

use axum::body::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use secrecy::{ExposeSecret as _, SecretString};

type Body = Full<Bytes>;

/// More than any answer that is looked at.
const ANSWER_BYTES_MAX: usize = 1 << 20;

pub(crate) struct Raw {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    connector: HttpsConnector<HttpConnector>,
    tls: ClientConfig,
    url: String,
}

pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Raw {
    pub(super) fn new(url: &str) -> std::io::Result<Self> {
        // Named, because another crate in the binary may bring a second provider, and then the default panics.
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(std::io::Error::other)?
            .with_native_roots()?
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector.clone());
        Ok(Self { client, connector, tls, url: url.to_owned() })
    }

    pub(super) fn connector(&self) -> HttpsConnector<HttpConnector> {
        self.connector.clone()
    }

    pub(crate) fn tls(&self) -> ClientConfig {
        self.tls.clone()
    }

    /// A method without parameters, with everything the answer says.
    pub(crate) async fn method(
        &self,
        name: &str,
        token: &SecretString,
    ) -> Result<Answered, String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/{name}", self.url))
            .header(AUTHORIZATION, format!("Bearer {}", token.expose_secret().trim()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, "").await
    }

    /// A method that takes a form and no token.
    pub(super) async fn form(&self, name: &str, body: &str) -> Result<Answered, String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/{name}", self.url))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body).await
    }

    pub(super) async fn put_bytes(&self, url: &str, bytes: Vec<u8>) -> Result<Answered, String> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(CONTENT_TYPE, "application/octet-stream");
        self.send_bytes(request, bytes.into()).await
    }

    pub(crate) async fn send(
        &self,
        request: http::request::Builder,
        body: &str,
    ) -> Result<Answered, String> {
        self.send_bytes(request, Bytes::copy_from_slice(body.as_bytes())).await
    }

    async fn send_bytes(
        &self,
        request: http::request::Builder,
        body: Bytes,
    ) -> Result<Answered, String> {
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| error.to_string())?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        Ok(Answered { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}
