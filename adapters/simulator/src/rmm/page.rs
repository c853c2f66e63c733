//! Pages that name the next one in a `Link` header.

use std::ops::Range;

use crate::http::{Answer, Request};

/// Which part of `total` things a request gets, by its `cursor`.
pub(crate) struct Page<'r> {
    pub(crate) range: Range<usize>,
    total: usize,
    request: &'r Request,
}

/// `Err` is the cursor that makes no sense.
pub(crate) fn page(request: &Request, total: usize, size: usize) -> Result<Page<'_>, String> {
    let parameters = request.parameters();
    let cursor = parameters.get("cursor").unwrap_or("0");
    let start: usize = cursor.parse().map_err(|_| cursor.to_owned())?;
    let start = start.min(total);
    Ok(Page { range: start..start.saturating_add(size).min(total), total, request })
}

impl Page<'_> {
    /// Adds the link to the next page, if there is one.
    pub(crate) fn link(&self, answer: Answer) -> Answer {
        match self.range.end < self.total {
            true => answer.header("Link", next(self.request, self.range.end)),
            false => answer,
        }
    }
}

/// A `Link` header that points at the same request with another cursor.
pub(crate) fn next(request: &Request, cursor: usize) -> String {
    let kept = request.query.split('&').filter(|it| !it.is_empty() && !it.starts_with("cursor="));
    let query: Vec<String> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    format!("<{}{}?{}>; rel=\"next\"", request.origin, request.path, query.join("&"))
}
