//! Whether a form was posted by a page of this console.

use axum::http::{HeaderMap, header};

/// What the browser says must all be in favour, and it must say something: a request with neither
/// `Sec-Fetch-Site` nor `Origin` is refused.
///
/// `Origin` may be the host that was asked, or the public address where a proxy rewrites `Host`.
pub(crate) fn is_own(headers: &HeaderMap, host: &str, public_origin: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    let fetched = text("sec-fetch-site").map(|site| site == "same-origin");
    let posted = text(header::ORIGIN.as_str()).map(|origin| {
        let origin = origin.to_ascii_lowercase();
        let same = origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
        same || public_origin.is_some_and(|public| public == origin)
    });
    match (fetched, posted) {
        (None, None) => false,
        (fetched, posted) => fetched.unwrap_or(true) && posted.unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fetch_site: Option<&str>, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [("sec-fetch-site", fetch_site), ("origin", origin)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        is_own(&headers, "localhost:8080", Some("https://bot.example.com"))
    }

    #[test]
    fn every_word_of_the_browser_must_be_in_favour() {
        assert!(check(Some("same-origin"), Some("http://localhost:8080")));
        assert!(check(None, Some("http://localhost:8080")));
        assert!(check(None, Some("https://bot.example.com")));
        assert!(check(Some("same-origin"), None));

        assert!(!check(None, None));
        assert!(!check(Some("cross-site"), Some("http://localhost:8080")));
        assert!(!check(Some("same-site"), None));
        assert!(!check(Some("none"), None));
        assert!(!check(Some("same-origin"), Some("https://evil.example")));
        assert!(!check(None, Some("null")));
        assert!(!check(None, Some("http://localhost:9090")));
        assert!(!check(None, Some("https://bot.example.com.evil.example")));
    }
}
