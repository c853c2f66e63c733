//! `[connectwise_rmm]`, `[connectwise_automate]` and `[connectwise_control]`.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::read::{Flag, Number, Reader};
use super::sections::{Automate, Automation, Control, Rmm};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RmmRaw {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    client_secret_file: Option<String>,
    region: Option<String>,
    base_url: Option<String>,
    ticket_url: Option<String>,
    sync_mins: Option<Number>,
    pub(super) runs_at_once: Option<Number>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AutomateRaw {
    server: Option<String>,
    username: Option<String>,
    password: Option<SecretString>,
    password_file: Option<String>,
    client_id_header: Option<String>,
    base_url: Option<String>,
    clear_alerts: Option<String>,
    sync_mins: Option<Number>,
    pub(super) runs_at_once: Option<Number>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ControlRaw {
    url: Option<String>,
    secret: Option<SecretString>,
    secret_file: Option<String>,
    origin: Option<String>,
    extension: Option<String>,
    client_name_property: Option<Number>,
    site_property: Option<Number>,
    require_consent: Option<Flag>,
    session_group: Option<String>,
    list_cap: Option<Number>,
    inventory_hours: Option<Number>,
    trigger_secret: Option<SecretString>,
    trigger_secret_file: Option<String>,
    sync_mins: Option<Number>,
    pub(super) runs_at_once: Option<Number>,
}

impl Reader {
    pub(super) fn rmm(&mut self, raw: RmmRaw) -> Option<Rmm> {
        let before = self.problems.len();
        let client_id = raw.client_id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        if client_id.is_none() {
            self.problem(
                "connectwise_rmm.client_id",
                "not set; generate one in the Asio portal under Integrations, API Access",
            );
        }
        let secret =
            self.secret("connectwise_rmm.client_secret", raw.client_secret, raw.client_secret_file);
        let region = raw.region.unwrap_or_else(|| "au".into());
        if !matches!(region.as_str(), "au" | "na" | "eu") {
            self.problem(
                "connectwise_rmm.region",
                format!("“{region}” is no region; use au, na or eu"),
            );
        }
        if let Some(url) = &raw.base_url
            && !url.starts_with("https://")
            && !is_loopback_http(url)
        {
            self.problem(
                "connectwise_rmm.base_url",
                "plain http is accepted on loopback only; use https://",
            );
        }
        if let Some(url) = &raw.ticket_url
            && !url.starts_with("https://")
            && !is_loopback_http(url)
        {
            self.problem("connectwise_rmm.ticket_url", "begin it with https://");
        }
        let sync_mins = self.number("connectwise_rmm.sync_mins", raw.sync_mins, 15, 1..=1440);
        if self.problems.len() > before {
            return None;
        }
        Some(Rmm {
            client_id: client_id?,
            client_secret: secret?,
            region,
            base_url: raw.base_url,
            ticket_url: raw.ticket_url,
            automation: Automation { sync_mins },
        })
    }

    pub(super) fn automate(&mut self, raw: AutomateRaw) -> Option<Automate> {
        const AT: &str = "connectwise_automate";
        let before = self.problems.len();
        let password =
            self.secret("connectwise_automate.password", raw.password, raw.password_file);
        let clear_alerts = match raw.clear_alerts.as_deref().map(str::parse) {
            None => countersign_automate::ClearAlerts::default(),
            Some(Ok(clear_alerts)) => clear_alerts,
            Some(Err(error)) => {
                self.problem(AT, error.to_string());
                countersign_automate::ClearAlerts::default()
            }
        };
        let config = countersign_automate::Config {
            server: raw.server.unwrap_or_default(),
            username: raw.username.unwrap_or_default(),
            // An absent one is told of already; it must not be told of twice.
            password: password.clone().unwrap_or_else(|| SecretString::from("absent")),
            client_id_header: raw.client_id_header.unwrap_or_default(),
            base_url: raw.base_url,
            clear_alerts,
        };
        for problem in config.problems() {
            self.problem(AT, problem.to_string());
        }
        let sync_mins = self.number("connectwise_automate.sync_mins", raw.sync_mins, 15, 1..=1440);
        if self.problems.len() > before {
            return None;
        }
        Some(Automate { server: config, automation: Automation { sync_mins } })
    }
}

impl Reader {
    pub(super) fn control(&mut self, raw: ControlRaw) -> Option<Control> {
        const AT: &str = "connectwise_control";
        let before = self.problems.len();
        let secret = self.secret("connectwise_control.secret", raw.secret, raw.secret_file);
        let mut property = |key: &str, given, usual| {
            let number = self.number(&format!("{AT}.{key}"), given, usual, 1..=8);
            u8::try_from(number).unwrap_or_default()
        };
        let client_name_property = property("client_name_property", raw.client_name_property, 1);
        let site_property = property("site_property", raw.site_property, 2);
        let list_cap = self.number(
            "connectwise_control.list_cap",
            raw.list_cap,
            u32::try_from(countersign_control::LIST_CAP).unwrap_or(u32::MAX),
            100..=100_000,
        );
        let config = countersign_control::Config {
            url: raw.url.unwrap_or_default(),
            // An absent one is told of already; it must not be told of twice.
            secret: secret.unwrap_or_else(|| SecretString::from("absent")),
            origin: raw.origin,
            extension: raw.extension.unwrap_or_else(|| countersign_control::EXTENSION.into()),
            client_name_property,
            site_property,
            // What protects people is on unless somebody says otherwise.
            require_consent: raw.require_consent.is_none()
                || self.flag("connectwise_control.require_consent", raw.require_consent),
            session_group: raw.session_group.unwrap_or_else(|| "All Machines".into()),
            list_cap: usize::try_from(list_cap).unwrap_or(usize::MAX),
        };
        for problem in config.problems() {
            self.problem(AT, problem.to_string());
        }
        let trigger_secret = match raw.trigger_secret.is_some() || raw.trigger_secret_file.is_some()
        {
            false => None,
            true => {
                const KEY: &str = "connectwise_control.trigger_secret";
                let secret = self.secret(KEY, raw.trigger_secret, raw.trigger_secret_file);
                if secret.as_ref().is_some_and(|it| !is_key(it.expose_secret())) {
                    self.problem(KEY, "write 16 to 200 letters, digits, - and _; for example: openssl rand -hex 24");
                }
                secret
            }
        };
        let inventory_hours =
            self.number("connectwise_control.inventory_hours", raw.inventory_hours, 24, 0..=720);
        let sync_mins = self.number("connectwise_control.sync_mins", raw.sync_mins, 15, 1..=1440);
        if self.problems.len() > before {
            return None;
        }
        Some(Control {
            server: config,
            inventory_hours,
            trigger_secret,
            automation: Automation { sync_mins },
        })
    }
}

/// A part of an address that nobody guesses.
fn is_key(text: &str) -> bool {
    (16..=200).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_')
}

fn is_loopback_http(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host
        .rsplit_once(':')
        .map_or(host, |(host, port)| if port.parse::<u16>().is_ok() { host } else { rest });
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for (url, fits) in [
            ("http://127.0.0.1:4000", true),
            ("http://localhost/x", true),
            ("http://[::1]:80/x", true),
            ("http://127.0.0.1.evil.example", false),
            ("http://example.com", false),
            ("ftp://127.0.0.1", false),
        ] {
            assert_eq!(is_loopback_http(url), fits, "{url}");
        }
    }
}
