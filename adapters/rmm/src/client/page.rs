//! Lists in pages: follows `Link: <…>; rel="next"` and trusts none of it.

use std::collections::HashSet;

use countersign::ports::CallError;
use reqwest::Url;

use super::budget::Lane;
use super::error::{PRODUCT, unreadable};
use super::{Ask, Client, Reply};

/// Pages of one list: 100,000 endpoints at 500 a page, and as many again.
const PAGES_MAX: usize = 400;

/// The address of the next page in one `Link` header, as sent.
pub(super) fn next_of(header: &str) -> Option<String> {
    // Addresses stand in angle brackets, so a comma between two links is one behind a bracket's parameters.
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>')?;
        let address = &rest[start + 1..end];
        let after = &rest[end + 1..];
        let parameters = after.split('<').next().unwrap_or_default();
        let is_next = parameters.split(';').any(|parameter| {
            let parameter = parameter.trim().trim_end_matches(',').trim();
            parameter.split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value
                        .trim()
                        .trim_matches('"')
                        .split(' ')
                        .any(|it| it.eq_ignore_ascii_case("next"))
            })
        });
        if is_next {
            return Some(address.to_owned());
        }
        rest = after;
    }
    None
}

impl Client {
    /// All pages of a list call, in order.
    ///
    /// - Takes a call whose first answer may name a next page.
    /// - Gives the pages as they came; 404 is an empty list, for that is how the product says "none".
    /// - Fails like [`Client::send`]; also when a link leads to another origin, repeats, or never ends.
    /// - Costs one request per page.
    pub(crate) async fn pages(&self, ask: &Ask, lane: Lane) -> Result<Vec<Reply>, CallError> {
        let first = self.send(ask, lane).await?;
        if first.status == 404 {
            return Ok(Vec::new());
        }
        self.following(first.ok(ask)?, ask, lane).await
    }

    /// `first` and the pages it leads to.
    pub(crate) async fn following(
        &self,
        first: Reply,
        ask: &Ask,
        lane: Lane,
    ) -> Result<Vec<Reply>, CallError> {
        let mut seen = HashSet::from([self.url_of(ask)]);
        let mut here = self.url_of(ask);
        let mut pages = vec![first];
        while let Some(next) = pages.last().and_then(|page| page.next.clone()) {
            let url = here.join(&next).map_err(|_| bad_link(ask, "cannot be read"))?;
            if !same_origin(&url, &here) {
                return Err(bad_link(ask, "leads to another server"));
            }
            if !seen.insert(url.clone()) {
                return Err(bad_link(ask, "leads back to a page already read"));
            }
            if pages.len() >= PAGES_MAX {
                return Err(bad_link(ask, "goes on without end"));
            }
            let reply = self.send_to(&url, ask, lane).await?;
            if reply.status == 404 {
                break;
            }
            pages.push(reply.ok(ask)?);
            here = url;
        }
        Ok(pages)
    }
}

fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

fn bad_link(ask: &Ask, why: &str) -> CallError {
    let error = unreadable(ask, &format!("its link to the next page {why}"));
    tracing::warn!(product = PRODUCT, "{error}");
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<&str>) {
        assert_eq!(next_of(header).as_deref(), expected, "{header}");
    }

    #[test]
    fn the_next_page_is_found_among_links() {
        check("<https://x.example/a?cursor=2>; rel=\"next\"", Some("https://x.example/a?cursor=2"));
        check("</a?b=1,2>; rel=prev, </a?b=3,4>; rel=next", Some("/a?b=3,4"));
        check("</a>; title=\"x\"; rel=\"last next\"", Some("/a"));
        check("</a>; rel=\"prev\"", None);
        check("</a>; rel=\"nextish\"", None);
        check("garbage", None);
        check("<broken; rel=next", None);
    }
}
