//! Where the product is and who we are there.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// `[connectwise_rmm]` of the config file.
#[derive(Debug, Clone)]
pub struct Config {
    /// "Client ID" of the product's page Integrations → API Access.
    pub client_id: String,
    /// "API Key" of the same page; it is shown there once.
    pub client_secret: SecretString,
    pub region: Region,
    /// Stands for scheme, host and any leading path of the real product. Plain http on loopback only.
    pub base_url: Option<String>,
    /// Where a ticket is shown, with `{id}` and `{number}`. Without it a link exists in `na` only, for the
    /// product publishes none.
    pub ticket_url: Option<String>,
}

/// One of the product's three clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Region {
    #[default]
    Au,
    Na,
    Eu,
}

impl Region {
    const ALL: [Self; 3] = [Self::Au, Self::Na, Self::Eu];

    pub fn key(self) -> &'static str {
        match self {
            Self::Au => "au",
            Self::Na => "na",
            Self::Eu => "eu",
        }
    }

    /// Source: partner OpenAPI file, "servers".
    pub(crate) fn url(self) -> &'static str {
        match self {
            Self::Au => "https://openapi.service.auplatform.connectwise.com",
            Self::Na => "https://openapi.service.itsupport247.net",
            Self::Eu => "https://openapi.service.euplatform.connectwise.com",
        }
    }

    /// How client ids of this region begin. Good for a warning, not for a decision.
    fn prefix(self) -> &'static str {
        match self {
            Self::Au => "0e32",
            Self::Na => "0e30",
            Self::Eu => "0e31",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for Region {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let text = text.trim();
        let found = Self::ALL.into_iter().find(|region| region.key().eq_ignore_ascii_case(text));
        found.ok_or_else(|| ConfigError::Region(text.to_owned()))
    }
}

/// What is wrong with the settings, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("“{0}” is no region of ConnectWise RMM; use au, na or eu")]
    Region(String),
    #[error(
        "client_id is empty; copy the Client ID from Integrations → API Access in ConnectWise RMM"
    )]
    NoClientId,
    #[error(
        "client_secret is empty; copy the API Key from Integrations → API Access in ConnectWise RMM, or make a new one"
    )]
    NoSecret,
    #[error("base_url “{url}” cannot be used: {why}")]
    BaseUrl { url: String, why: String },
    #[error("ticket_url “{0}” has neither {{id}} nor {{number}} in it")]
    TicketUrl(String),
    #[error("no HTTP client can be made here: {0}; are the system's CA certificates installed?")]
    Http(String),
}

/// Says that client id and region do not seem to belong together; `None` when nothing looks odd.
pub fn region_warning(client_id: &str, region: Region) -> Option<String> {
    let id = client_id.trim().to_ascii_lowercase();
    let seems = Region::ALL.into_iter().find(|it| id.starts_with(it.prefix()))?;
    (seems != region).then(|| {
        format!("this client id looks like region {seems}, but the region is set to {region}")
    })
}

impl Config {
    /// The checked base address, without a slash at its end.
    pub(crate) fn base(&self) -> Result<Url, ConfigError> {
        if self.client_id.trim().is_empty() {
            return Err(ConfigError::NoClientId);
        }
        if self.client_secret.expose_secret().trim().is_empty() {
            return Err(ConfigError::NoSecret);
        }
        if let Some(url) = &self.ticket_url
            && !url.contains("{id}")
            && !url.contains("{number}")
        {
            return Err(ConfigError::TicketUrl(url.clone()));
        }
        let text = self.base_url.as_deref().unwrap_or_else(|| self.region.url());
        parse_base(text.trim())
    }
}

fn parse_base(text: &str) -> Result<Url, ConfigError> {
    let bad = |why: &str| ConfigError::BaseUrl { url: text.to_owned(), why: why.to_owned() };
    let mut url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(bad("plain http is accepted on loopback only; use https")),
        _ => return Err(bad("it must begin with https://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it must not hold a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it must not have a query or fragment"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, expected: &str) {
        let got = match parse_base(base) {
            Ok(url) => url.as_str().trim_end_matches('/').to_owned(),
            Err(ConfigError::BaseUrl { why, .. }) => why,
            Err(other) => other.to_string(),
        };
        assert_eq!(got, expected, "{base}");
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        check("http://127.0.0.1:9000/", "http://127.0.0.1:9000");
        check("http://localhost:9000/rmm/", "http://localhost:9000/rmm");
        check("http://[::1]:9000", "http://[::1]:9000");
        check("https://openapi.example.com", "https://openapi.example.com");
        check("http://10.0.0.5", "plain http is accepted on loopback only; use https");
        check("http://127.0.0.1.example.com", "plain http is accepted on loopback only; use https");
        check("ftp://example.com", "it must begin with https://");
        check("https://me:x@example.com", "it must not hold a user name or password");
    }

    #[test]
    fn a_client_id_of_another_region_is_noticed() {
        assert_eq!(region_warning("0e32abc", Region::Au), None);
        assert_eq!(region_warning("abc", Region::Au), None);
        let warning = region_warning("0E30abc", Region::Au).unwrap();
        assert_eq!(warning, "this client id looks like region na, but the region is set to au");
    }
}
