//! Where the server is and who we are there.

use std::fmt;
use std::str::FromStr;

use countersign::ports::CallError;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::client::refused;

/// `[connectwise_automate]` of the config file.
#[derive(Debug, Clone)]
pub struct Config {
    /// Host name of the server, such as `automate.example.com`: no scheme, no slash. Always HTTPS.
    pub server: String,
    /// User name of the integrator account.
    pub username: String,
    pub password: SecretString,
    /// The value of the `ClientId` header, a GUID from developer.connectwise.com/ClientID. Servers since
    /// 2020.11 refuse every call without it. Not a secret.
    pub client_id_header: String,
    /// Stands for scheme, host and any leading path of the real server. Plain http on loopback only.
    pub base_url: Option<String>,
    /// Whether an alert may be cleared through the API, and how.
    pub clear_alerts: ClearAlerts,
}

/// No route that clears an alert is documented, so this is a setting and not a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClearAlerts {
    /// Not at all; the tool says where to clear it instead.
    Off,
    /// `DELETE /Alerts/{id}`, which is ASSUMED; whether it helped is read afterwards.
    #[default]
    Delete,
}

impl ClearAlerts {
    pub fn key(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for ClearAlerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for ClearAlerts {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let known = [Self::Off, Self::Delete];
        let found = known.into_iter().find(|it| it.key().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| ConfigError::ClearAlerts(text.trim().to_owned()))
    }
}

/// What is wrong with the settings, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "server is empty; write the host name of the Automate server, such as automate.example.com"
    )]
    NoServer,
    #[error("server “{given}” {why}; write only the host name, such as {better}")]
    Server { given: String, why: &'static str, better: String },
    #[error("username is empty; write the user name of the integrator account")]
    NoUser,
    #[error("password is empty; write the password of the integrator account")]
    NoPassword,
    #[error(
        "client_id_header is empty; Automate refuses every call without the ClientId header, so get a ClientId at developer.connectwise.com/ClientID"
    )]
    NoClientId,
    #[error(
        "client_id_header “{0}” is no ClientId; it is a GUID such as 00000000-0000-0000-0000-000000000000, from developer.connectwise.com/ClientID"
    )]
    ClientId(String),
    #[error("base_url “{url}” cannot be used: {why}")]
    BaseUrl { url: String, why: String },
    #[error("clear_alerts “{0}” is not known; use delete or off")]
    ClearAlerts(String),
    #[error("no HTTP client can be made here: {0}; are the system's CA certificates installed?")]
    Http(String),
}

impl Config {
    /// All that is wrong.
    pub fn problems(&self) -> Vec<ConfigError> {
        let client_id = self.client_id_header.trim();
        let header = match client_id {
            "" => Some(ConfigError::NoClientId),
            _ if !is_guid(client_id) => Some(ConfigError::ClientId(client_id.to_owned())),
            _ => None,
        };
        let user = self.username.trim().is_empty().then_some(ConfigError::NoUser);
        let password = self.password.expose_secret().is_empty().then_some(ConfigError::NoPassword);
        [self.address().err(), user, password, header].into_iter().flatten().collect()
    }

    /// The checked base address, without a slash at its end.
    pub(crate) fn base(&self) -> Result<Url, ConfigError> {
        match self.problems().into_iter().next() {
            Some(problem) => Err(problem),
            None => self.address(),
        }
    }

    /// How machines reach the server, whatever way this process takes.
    pub(crate) fn public_url(&self) -> Result<String, CallError> {
        let host = server_name(&self.server).map_err(|error| refused(error.to_string()))?;
        Ok(format!("https://{host}"))
    }

    fn address(&self) -> Result<Url, ConfigError> {
        match &self.base_url {
            Some(url) => parse_base(url.trim()),
            None => {
                let host = server_name(&self.server)?;
                let url = format!("https://{host}");
                Url::parse(&url)
                    .map_err(|error| ConfigError::BaseUrl { url, why: error.to_string() })
            }
        }
    }
}

/// The host name, with a port if there is one.
fn server_name(text: &str) -> Result<&str, ConfigError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ConfigError::NoServer);
    }
    let wrong = |why: &'static str| {
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let bare = bare.split(['/', '?', '#']).next().unwrap_or_default();
        let bare = bare.rsplit('@').next().unwrap_or_default();
        let better =
            if is_host(bare) { bare.to_owned() } else { "automate.example.com".to_owned() };
        Err(ConfigError::Server { given: text.to_owned(), why, better })
    };
    if text.contains("://") {
        return wrong("begins with a scheme");
    }
    if text.contains('/') {
        return wrong("has a slash in it");
    }
    if is_host(text) { Ok(text) } else { wrong("is no host name") }
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "443"));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label) && port.parse::<u16>().is_ok()
}

fn is_guid(text: &str) -> bool {
    let mut groups = text.split('-');
    let fits = [8, 4, 4, 4, 12].into_iter().all(|length| {
        groups
            .next()
            .is_some_and(|it| it.len() == length && it.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    fits && groups.next().is_none()
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
    if path.to_ascii_lowercase().ends_with("/cwa/api/v1") {
        return Err(bad("leave /cwa/api/v1 out, it is appended"));
    }
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

    fn config(server: &str) -> Config {
        Config {
            server: server.into(),
            username: "countersign".into(),
            password: "pretend".to_owned().into(),
            client_id_header: "00000000-0000-0000-0000-000000000000".into(),
            base_url: None,
            clear_alerts: ClearAlerts::default(),
        }
    }

    fn check(server: &str, expected: &str) {
        let got = match config(server).base() {
            Ok(url) => url.as_str().trim_end_matches('/').to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{server}");
    }

    #[test]
    fn a_server_is_a_host_name_and_nothing_else() {
        check("automate.example.com", "https://automate.example.com");
        check(" rmm ", "https://rmm");
        check("automate.example.com:8443", "https://automate.example.com:8443");
        let tail = "; write only the host name, such as automate.example.com";
        for (given, why) in [
            ("https://automate.example.com", "begins with a scheme"),
            ("http://me:x@automate.example.com/", "begins with a scheme"),
            ("automate.example.com/", "has a slash in it"),
            ("automate.example.com/cwa/api/v1", "has a slash in it"),
            ("automate example", "is no host name"),
        ] {
            check(given, &format!("server “{given}” {why}{tail}"));
        }
    }

    #[test]
    fn what_is_missing_is_named_with_the_way_out() {
        let without = |change: fn(&mut Config)| {
            let mut config = config("a.example.com");
            change(&mut config);
            config.base().unwrap_err()
        };
        assert_eq!(without(|it| it.server = " ".into()), ConfigError::NoServer);
        assert_eq!(without(|it| it.username = String::new()), ConfigError::NoUser);
        assert_eq!(without(|it| it.password = String::new().into()), ConfigError::NoPassword);
        assert_eq!(without(|it| it.client_id_header = String::new()), ConfigError::NoClientId);
        let odd = without(|it| it.client_id_header = "my company".into());
        assert_eq!(odd, ConfigError::ClientId("my company".into()));
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        let base = |url: &str| Config { base_url: Some(url.into()), ..config("x") }.base().is_ok();
        assert!(base("http://127.0.0.1:9000/"));
        assert!(base("https://gate.example.com/automate"));
        assert!(!base("http://10.0.0.5"));
        assert!(!base("https://gate.example.com/cwa/api/v1/"));
    }
}
