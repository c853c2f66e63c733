//! Text on its way out and in. Everything that is drawn may hold outside text, so all of it is escaped.

/// Slack's three special characters; escaping `<` is what keeps a device named `<!channel>` from paging
/// everybody.
fn escaped(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}

/// For `mrkdwn` and the top-level `text`.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match escaped(c) {
            Some(entity) => out.push_str(entity),
            None => out.push(c),
        }
    }
    out
}

/// Escaped, at most `max` characters, with an ellipsis when something was cut. An entity stays whole.
pub(crate) fn escape_within(text: &str, max: usize) -> String {
    match pieces(text, max.saturating_sub(1)).as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first, ..] => format!("{}…", first.trim_end()),
    }
}

/// Escaped pieces of at most `max` characters each, broken at a line end where there is one in the second
/// half. No piece is empty.
pub(crate) fn pieces(text: &str, max: usize) -> Vec<String> {
    let max = max.max(8);
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut length = 0;
    for c in text.chars() {
        let mut one = [0; 4];
        let add: &str = escaped(c).unwrap_or_else(|| c.encode_utf8(&mut one));
        let added = add.chars().count();
        if length + added > max {
            let tail = match piece.rfind('\n') {
                Some(at) if at > piece.len() / 2 => piece.split_off(at),
                _ => String::new(),
            };
            push(&mut pieces, std::mem::take(&mut piece));
            piece = tail.trim_start_matches('\n').to_owned();
            length = piece.chars().count();
        }
        piece.push_str(add);
        length += added;
    }
    push(&mut pieces, piece);
    pieces
}

fn push(pieces: &mut Vec<String>, piece: String) {
    if !piece.trim().is_empty() {
        pieces.push(piece);
    }
}

/// For `plain_text` and table cells, which Slack shows as they are: cut to `max` characters, never empty.
/// What would be a mention elsewhere is broken up all the same.
pub(crate) fn plain(text: &str, max: usize) -> String {
    let mut text = text.replace(['\r', '\0'], "");
    for mention in ["<@", "<#", "<!"] {
        text = text.replace(mention, &mention.replace('<', "‹"));
    }
    let text = text.trim();
    if text.is_empty() {
        return "–".to_owned();
    }
    countersign::words::cut(text, max.saturating_sub(1))
}

/// What a person wrote, as they see it: mentions of the bot are gone, other mentions and links are words.
pub(crate) fn read(
    text: &str,
    bot: Option<&str>,
    name_of: impl Fn(&str) -> Option<String>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find('>') else { break };
        out.push_str(&mention(&rest[1..end], bot, &name_of));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    let out = out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    out.trim().to_owned()
}

/// The inside of `<…>`.
fn mention(inside: &str, bot: Option<&str>, name_of: impl Fn(&str) -> Option<String>) -> String {
    let (target, label) = match inside.split_once('|') {
        Some((target, label)) => (target, Some(label).filter(|label| !label.is_empty())),
        None => (inside, None),
    };
    let mut letters = target.chars();
    match letters.next() {
        Some('@') if Some(letters.as_str()) == bot => String::new(),
        Some('@') => {
            let id = letters.as_str();
            name_of(id).or_else(|| label.map(str::to_owned)).unwrap_or_else(|| id.to_owned())
        }
        Some('#') => format!("#{}", label.unwrap_or(letters.as_str())),
        Some('!') => label.unwrap_or(letters.as_str()).to_owned(),
        // A link: Slack makes one of "fs01.acme.example" too, and the label is what the person wrote.
        _ => label.unwrap_or(target.strip_prefix("mailto:").unwrap_or(target)).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_text_mentions_nobody() {
        assert_eq!(escape("<!channel> & <@U1>"), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
        assert_eq!(plain("<!here> FS01", 75), "‹!here> FS01");
        assert_eq!(plain("  ", 75), "–");
    }

    #[test]
    fn a_cut_never_splits_an_entity() {
        let all = pieces(&"a<b".repeat(10), 12);
        assert!(all.iter().all(|piece| piece.chars().count() <= 12), "{all:?}");
        assert!(all.iter().all(|piece| !piece.ends_with("&l") && !piece.starts_with("t;")));
        assert_eq!(all.concat(), escape(&"a<b".repeat(10)));
        assert_eq!(escape_within(&"x".repeat(20), 10), format!("{}…", "x".repeat(9)));
        assert_eq!(escape_within("short", 10), "short");
    }

    #[test]
    fn lines_stay_whole_where_they_can() {
        assert_eq!(pieces("one two\nthree four\nfive", 20), ["one two\nthree four", "five"]);
    }

    fn check(wrote: &str, reads: &str) {
        let name_of = |id: &str| (id == "U2").then(|| "Ben".to_owned());
        assert_eq!(read(wrote, Some("UBOT"), name_of), reads, "{wrote}");
    }

    #[test]
    fn a_message_reads_as_the_person_wrote_it() {
        check("<@UBOT> reboot fs01", "reboot fs01");
        check("<@UBOT|countersign>: reboot fs01", ": reboot fs01");
        check("ask <@U2> and <@U3|cleo>", "ask Ben and cleo");
        check("ping <http://fs01.acme.example|fs01.acme.example>", "ping fs01.acme.example");
        check("mail <mailto:a@b.example|a@b.example>", "mail a@b.example");
        check("in <#C1|ops> for <!subteam^S1|@helpdesk>", "in #ops for @helpdesk");
        check("free &lt; 5 GB &amp;&amp; &gt; 1", "free < 5 GB && > 1");
        check("&amp;lt;", "&lt;");
        check("a < b", "a < b");
    }
}
