//! The page of one ticket, for people who follow the link in a demo.

use crate::rmm::CreatedTicket;

/// Everything on it is escaped: a summary may hold what a person typed.
pub(crate) fn page(ticket: &CreatedTicket) -> String {
    let rows = [
        ("Board", ticket.board.as_str()),
        ("Client", ticket.client.as_deref().unwrap_or("none")),
        ("Priority", ticket.priority.as_str()),
        ("Source", ticket.source.as_str()),
    ];
    let rows: String =
        rows.iter().map(|(name, value)| format!("<dt>{name}<dd>{}", escape(value))).collect();
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content='width=device-width, initial-scale=1'>\
         <title>Ticket {number}</title>\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui;max-width:44rem;margin:2rem auto;\
         padding:0 1rem}}dt{{font-weight:600}}dd{{margin:0 0 .5rem}}pre{{white-space:pre-wrap}}</style>\
         <p>Pretend ConnectWise RMM<h1>Ticket {number}</h1><p>{summary}<dl>{rows}</dl><pre>{description}</pre>",
        number = escape(&ticket.number),
        summary = escape(&ticket.summary),
        description = escape(&ticket.description),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_ticket_is_text_on_the_page() {
        assert_eq!(escape("<b a=\"x\">&"), "&lt;b a=&quot;x&quot;&gt;&amp;");
    }
}
