//! Takes secrets out of text before it reaches chat, log, audit or a prompt.
//!
//! Three kinds are recognised: a value behind a telling word (`password: …`), long random-looking
//! tokens, and the licence keys of Windows. Masking too much costs a look at the device; too little
//! costs a key.

const MASK: &str = "••••••";

/// Words whose value is secret; compared without case, `_` and `-`.
const TELLING: [&str; 20] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "clientsecret",
    "token",
    "accesstoken",
    "installertoken",
    "apikey",
    "authorization",
    "bearer",
    "productkey",
    "licensekey",
    "keycontent",
    "presharedkey",
    "psk",
    "recoverykey",
    "encryptionkey",
    "privatekey",
];

/// Shortest run of token characters that counts as a token by itself. UUIDs (36, with hyphens in fixed
/// places) and SHA digests in hexadecimal are let through: results name tasks by them.
const TOKEN_LENGTH_MIN: usize = 28;

/// `text` with every secret replaced.
pub fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        mask_line(line, &mut out);
    }
    out
}

/// `Key Content    : …`, as many tools print their settings: a name of several words, a colon, a value.
fn is_setting(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_at(line.find([':', '='])? + 1);
    let plain = name[..name.len() - 1].trim();
    let words = plain.split_whitespace().count();
    ((2..=4).contains(&words) && is_telling(plain) && !value.trim().is_empty())
        .then_some((name, value))
}

fn mask_line(line: &str, out: &mut String) {
    if let Some((name, value)) = is_setting(line) {
        let gap = value.len() - value.trim_start().len();
        out.push_str(name);
        out.push_str(&value[..gap]);
        out.push_str(MASK);
        return;
    }
    let mut rest = line;
    let mut value_is_secret = false;
    while !rest.is_empty() {
        let is_gap = |c: char| {
            c.is_whitespace()
                || matches!(c, '"' | '\'' | ',' | ';' | '{' | '}' | '(' | ')' | '<' | '>')
        };
        let gap = rest.find(|c: char| !is_gap(c)).unwrap_or(rest.len());
        out.push_str(&rest[..gap]);
        rest = &rest[gap..];
        let end = rest.find(is_gap).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        if word.is_empty() {
            continue;
        }
        if matches!(word, ":" | "=" | "is" | "->") && value_is_secret {
            out.push_str(word);
            continue;
        }
        if let Some(address) = masked_address(word) {
            out.push_str(&address);
            value_is_secret = false;
            continue;
        }
        if let Some(split) = word.find([':', '=']) {
            let (name, value) = word.split_at(split + 1);
            let value = value.trim_start_matches(['=', ':']);
            if is_telling(&name[..split]) {
                out.push_str(name);
                if value.is_empty() {
                    value_is_secret = true;
                } else {
                    out.push_str(MASK);
                    // `Authorization: Bearer …` has one more word.
                    value_is_secret = is_telling(value);
                }
                continue;
            }
        }
        if value_is_secret {
            out.push_str(if is_telling(word) { word } else { MASK });
            value_is_secret = is_telling(word);
        } else if is_token(word) {
            out.push_str(MASK);
        } else {
            out.push_str(word);
            value_is_secret = is_telling(word) && starts_with_separator(rest);
        }
    }
}

/// `https://server/agent?InstallerToken=…`: a secret in the query of an address.
fn masked_address(word: &str) -> Option<String> {
    let (before, query) = word.split_once('?')?;
    let is_secret = |part: &str| part.split_once('=').is_some_and(|(name, _)| is_telling(name));
    query.split('&').any(is_secret).then(|| {
        let part = |part: &str| match part.split_once('=') {
            Some((name, _)) if is_telling(name) => format!("{name}={MASK}"),
            _ => part.to_owned(),
        };
        format!("{before}?{}", query.split('&').map(part).collect::<Vec<_>>().join("&"))
    })
}

/// `password : x`, `Bearer x`: the value stands behind a gap.
fn starts_with_separator(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['"', '\'', ' ', '\t']);
    rest.starts_with([':', '=']) || rest.starts_with("->")
}

fn is_telling(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    TELLING.iter().any(|word| plain == *word || (plain.len() > word.len() && plain.ends_with(word)))
}

fn is_token(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ':', '!', '?']);
    is_licence_key(word) || is_random(word)
}

/// Five groups of five capitals and digits.
fn is_licence_key(word: &str) -> bool {
    let mut groups = word.split('-');
    let fits = |group: &str| {
        group.len() == 5 && group.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    groups.clone().count() == 5 && groups.all(fits)
}

fn is_random(word: &str) -> bool {
    let is_token_char =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/' | '=');
    if word.len() < TOKEN_LENGTH_MIN || !word.chars().all(is_token_char) {
        return false;
    }
    let is_hex_like = word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    // A path or a sentence of hyphens has no digits between capitals and small letters.
    let has = |test: fn(&char) -> bool| word.chars().any(|c| test(&c));
    let mixed =
        has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
    let separators = word.chars().filter(|c| matches!(c, '/' | '.')).count();
    !is_hex_like && mixed && separators * 8 < word.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, masked: &str) {
        assert_eq!(mask(text), masked, "{text}");
    }

    #[test]
    fn secrets_go_and_the_rest_stays() {
        check("free space on C: 41.2 GB", "free space on C: 41.2 GB");
        check("password: hunter2 ok", "password: •••••• ok");
        check("Password = hunter2", "Password = ••••••");
        check("db_password=hunter2;x=1", "db_password=••••••;x=1");
        check("{\"apiKey\": \"abc\", \"n\": 1}", "{\"apiKey\": \"••••••\", \"n\": 1}");
        check("Authorization: Bearer abc.def", "Authorization: Bearer ••••••");
        check("key AAAAA-BBBBB-CCCCC-DDDDD-12345 found", "key •••••• found");
        check("got aB3dE5gH7jK9mN1pQ3sT5vW7yZ9b end", "got •••••• end");
        check(
            "task a4d7c9e2-3f51-4b08-8c6a-0e9b7f2d1a10 done",
            "task a4d7c9e2-3f51-4b08-8c6a-0e9b7f2d1a10 done",
        );
        check(
            "C:/Windows/Logs/CBS/CBS.log of MARIA-LT-01",
            "C:/Windows/Logs/CBS/CBS.log of MARIA-LT-01",
        );
        check("    Key Content    : open sesame", "    Key Content    : ••••••");
        check("Pre-shared key = x y", "Pre-shared key = ••••••");
        check("Key figures : 5", "Key figures : 5");
        check(
            "GET https://a.example/x?id=5&InstallerToken=0a1b2c&v=1 ok",
            "GET https://a.example/x?id=5&InstallerToken=••••••&v=1 ok",
        );
        check("what is x?y=1", "what is x?y=1");
        check("the password was changed", "the password was changed");
    }
}
