//! Where the server is, who we are there, and what its properties mean.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// The extension "RESTful API Manager", as on every server that was seen. A setting all the same.
pub const EXTENSION: &str = "2d558935-686a-4bd0-9991-07539f5fe749";

/// Rows after which a list was seen to end without a word. ASSUMED to be the same everywhere, so a setting.
pub const LIST_CAP: usize = 1_000;

/// `[connectwise_control]` of the config file.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server's address with any leading path, such as `https://help.example.com`. Plain http on
    /// loopback only.
    pub url: String,
    /// `RESTfulAuthenticationSecret` of the extension.
    pub secret: SecretString,
    /// What is sent as `Origin`, where `RESTfulAllowedOrigin` is filled with something other than `url`.
    pub origin: Option<String>,
    /// GUID of the extension.
    pub extension: String,
    /// The custom property, 1 to 8, that holds the name of the client.
    pub client_name_property: u8,
    /// The custom property, 1 to 8, that holds the site.
    pub site_property: u8,
    /// Whether a person at the machine has to agree before somebody looks at their screen.
    pub require_consent: bool,
    /// The session group that a join link goes through; it must be visible to the technicians.
    pub session_group: String,
    /// Rows after which a list may be cut.
    pub list_cap: usize,
}

/// What is wrong with the settings, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("url “{url}” cannot be used: {why}")]
    Url { url: String, why: String },
    #[error(
        "secret is empty; write the RESTfulAuthenticationSecret of the extension RESTful API Manager"
    )]
    NoSecret,
    #[error("secret cannot be sent; a header takes visible ASCII characters only")]
    Secret,
    #[error("origin “{0}” cannot be sent; write it as in RESTfulAllowedOrigin")]
    Origin(String),
    #[error("extension “{0}” is no GUID; leave it out for the usual one")]
    Extension(String),
    #[error("{key} is {value}; Control has the custom properties 1 to 8")]
    Property { key: &'static str, value: u8 },
    #[error("client_name_property and site_property are both {0}; give each its own")]
    OneProperty(u8),
    #[error("list_cap is {0}; use 100 to 100000")]
    ListCap(usize),
    #[error("no HTTP client can be made here: {0}; are the system's CA certificates installed?")]
    Http(String),
}

impl Config {
    /// All that is wrong.
    pub fn problems(&self) -> Vec<ConfigError> {
        let mut problems: Vec<ConfigError> = self.base().err().into_iter().collect();
        let secret = self.secret.expose_secret();
        if secret.trim().is_empty() {
            problems.push(ConfigError::NoSecret);
        } else if !is_visible(secret) {
            problems.push(ConfigError::Secret);
        }
        if let Some(origin) = self.origin.as_ref().filter(|it| !is_visible(it) || it.is_empty()) {
            problems.push(ConfigError::Origin(origin.clone()));
        }
        if uuid::Uuid::parse_str(&self.extension).is_err() {
            problems.push(ConfigError::Extension(self.extension.clone()));
        }
        let properties = [
            ("client_name_property", self.client_name_property),
            ("site_property", self.site_property),
        ];
        for (key, value) in properties {
            if !(1..=8).contains(&value) {
                problems.push(ConfigError::Property { key, value });
            }
        }
        if self.client_name_property == self.site_property {
            problems.push(ConfigError::OneProperty(self.site_property));
        }
        if !(100..=100_000).contains(&self.list_cap) {
            problems.push(ConfigError::ListCap(self.list_cap));
        }
        problems
    }

    /// The checked address, its path without a slash at the end.
    pub(crate) fn base(&self) -> Result<Url, ConfigError> {
        let text = self.url.trim();
        let bad = |why: &str| ConfigError::Url { url: text.to_owned(), why: why.to_owned() };
        if text.is_empty() {
            return Err(bad("write the address of the server, such as https://help.example.com"));
        }
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
        if path.to_ascii_lowercase().contains("/app_extensions") {
            return Err(bad("leave /App_Extensions and what follows out, it is appended"));
        }
        url.set_path(&path);
        Ok(url)
    }

    /// What is sent as `Origin`: scheme, host and port of the server unless the config says otherwise.
    pub(crate) fn origin(&self) -> Result<String, ConfigError> {
        match &self.origin {
            Some(origin) => Ok(origin.trim().to_owned()),
            None => Ok(self.base()?.origin().ascii_serialization()),
        }
    }
}

fn is_visible(text: &str) -> bool {
    text.bytes().all(|it| (0x20..0x7f).contains(&it))
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

    fn config(url: &str) -> Config {
        Config {
            url: url.into(),
            secret: "pretend".to_owned().into(),
            origin: None,
            extension: EXTENSION.into(),
            client_name_property: 1,
            site_property: 2,
            require_consent: true,
            session_group: "All Machines".into(),
            list_cap: LIST_CAP,
        }
    }

    fn check(url: &str, expected: &str) {
        let got = match config(url).base() {
            Ok(url) => url.as_str().to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(got.contains(expected), "{url}: {got}");
    }

    #[test]
    fn an_address_may_have_a_path_and_is_plain_on_loopback_only() {
        check("https://help.example.com/", "https://help.example.com/");
        check("https://example.com/route/one/", "https://example.com/route/one");
        check("http://127.0.0.1:9000", "http://127.0.0.1:9000/");
        check("http://help.example.com", "loopback only");
        check("help.example.com", "cannot be used");
        check("https://me:x@help.example.com", "must not hold a user name");
        check("https://help.example.com/App_Extensions/x", "leave /App_Extensions");
        check("", "write the address");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut wrong = config("");
        wrong.secret = String::new().into();
        wrong.extension = "x".into();
        wrong.site_property = 9;
        wrong.list_cap = 1;
        assert_eq!(wrong.problems().len(), 5, "{:?}", wrong.problems());
        let mut one = config("https://help.example.com");
        one.site_property = 1;
        assert_eq!(one.problems(), [ConfigError::OneProperty(1)]);
        assert!(config("https://help.example.com").problems().is_empty());
    }
}
