//! The names this console answers to.

/// Loopback names, and the host of the public address.
#[derive(Debug)]
pub(crate) struct Hosts {
    /// `https://bot.example.com`, lower case, without a path.
    public_origin: Option<String>,
}

impl Hosts {
    pub(crate) fn new(public_url: Option<&str>) -> Self {
        let origin_of = |url: &str| {
            let url = url.trim().to_ascii_lowercase();
            let (scheme, rest) = url.split_once("://")?;
            let authority = rest.split(['/', '?', '#']).next()?;
            (!authority.is_empty()).then(|| format!("{scheme}://{authority}"))
        };
        Self { public_origin: public_url.and_then(origin_of) }
    }

    /// As a browser writes it into `Origin`.
    pub(crate) fn public_origin(&self) -> Option<&str> {
        self.public_origin.as_deref()
    }

    /// The port does not matter: a page on another port has another origin anyway.
    pub(crate) fn allow(&self, host: &str) -> bool {
        let name = name_of(host);
        let public = self
            .public_origin()
            .and_then(|origin| origin.split_once("://"))
            .map(|(_, authority)| name_of(authority));
        ["localhost", "127.0.0.1", "[::1]"].contains(&name.as_str())
            || public.is_some_and(|public| public == name)
    }
}

/// Without the port, lower case.
fn name_of(host: &str) -> String {
    let host = host.trim().to_ascii_lowercase();
    let end = match host.find(']') {
        Some(bracket) => bracket + 1,
        None => host.find(':').unwrap_or(host.len()),
    };
    host.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_the_public_host_are_answered_and_nothing_that_looks_like_them() {
        let hosts = Hosts::new(Some("https://Bot.Example.com/console/"));
        for good in
            ["localhost", "127.0.0.1:8080", "[::1]:8080", "bot.example.com", "BOT.example.com:443"]
        {
            assert!(hosts.allow(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "bot.example.com.evil.example",
            "evil.example:8080",
            "[::2]:80",
            ":8080",
        ] {
            assert!(!hosts.allow(bad), "{bad}");
        }
    }

    #[test]
    fn without_a_public_address_only_loopback_is_answered() {
        let hosts = Hosts::new(None);
        assert!(hosts.allow("localhost:1"));
        assert!(!hosts.allow("bot.example.com"));
        assert!(!Hosts::new(Some("https://")).allow(""));
    }
}
