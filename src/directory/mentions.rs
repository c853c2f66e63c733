//! Which words of a sentence name a client or a host: for the grammar, before anything is resolved.
//!
//! Cheap and literal. "Patches for harbour dental" has a client in words 2 to 4; whether a device phrase
//! means one device is for [`crate::directory::resolver`] to say.

use crate::directory::fold::{fold, is_letters, push_squashed, squashed, words};
use crate::directory::lexicon::Field;
use crate::directory::names::Share;
use crate::directory::{Client, Device, Directory};

/// Words `start..end` name a client.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientSpan<'a> {
    pub start: usize,
    pub end: usize,
    /// The clients the words may mean; never empty, one if there is no doubt.
    pub clients: Vec<&'a Client>,
    pub said: NameSaid,
}

impl<'a> ClientSpan<'a> {
    /// The client, if the words mean one only.
    pub fn one(&self) -> Option<&'a Client> {
        if let [client] = self.clients.as_slice() { Some(client) } else { None }
    }
}

/// How much of the client's name was said. The less, the more the words around it have to speak for a
/// client: "hd" may be initials, and a hard disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameSaid {
    Whole,
    Start,
    Initials,
    Inside,
}

/// Words `start..end` are exactly the host name of `devices`, case and separators aside.
#[derive(Debug, Clone, PartialEq)]
pub struct HostSpan<'a> {
    pub start: usize,
    pub end: usize,
    /// Never empty; of different clients, or clones.
    pub devices: Vec<&'a Device>,
}

/// Words of a sentence that are looked at. Longer sentences name nothing after that.
const WORDS_MAX: usize = 200;

/// Words one host name may be typed in: `maria lt 01`, "Maria's MacBook Pro 2".
const HOST_WORDS_MAX: usize = 5;

impl Directory {
    /// The spans of `words` that name clients, longest first where they overlap, given in order of place.
    /// Takes words as typed; a possessive s is no part of a name. Costs some lookups a word.
    pub fn clients_named_in(&self, words: &[&str]) -> Vec<ClientSpan<'_>> {
        let spellings: Vec<Vec<String>> =
            words.iter().take(WORDS_MAX).map(|word| spellings(word)).collect();
        let index = &self.index;
        let spans = index
            .clients
            .spans(spellings.len(), |place| spellings[place].iter().map(String::as_str).collect());
        let named = spans.into_iter().map(|(span, hit)| ClientSpan {
            start: span.start,
            end: span.end,
            clients: hit.names.iter().map(|client| &self.clients()[*client as usize]).collect(),
            said: match hit.share {
                Share::Whole => NameSaid::Whole,
                Share::Start => NameSaid::Start,
                Share::Initials => NameSaid::Initials,
                Share::Inside => NameSaid::Inside,
            },
        });
        named.collect()
    }

    /// The spans of `words` that are exactly a known host name, longest first where they overlap, given
    /// in order of place. Digits have to be typed as they are; nothing is guessed.
    pub fn hosts_named_in(&self, words: &[&str]) -> Vec<HostSpan<'_>> {
        let words = &words[..words.len().min(WORDS_MAX)];
        let folded: Vec<String> =
            words.iter().map(|word| trimmed(&fold(word)).to_owned()).collect();
        let mut found: Vec<HostSpan<'_>> = Vec::new();
        for length in (1..=words.len().min(HOST_WORDS_MAX)).rev() {
            for start in 0..=words.len() - length {
                let end = start + length;
                if found.iter().any(|taken| start < taken.end && taken.start < end) {
                    continue;
                }
                let mut devices = self.with_host(&folded[start..end], "");
                if devices.is_empty() {
                    devices = self.with_host(&folded[start..end], "'s");
                }
                if !devices.is_empty() {
                    found.push(HostSpan { start, end, devices });
                }
            }
        }
        found.sort_by_key(|span| span.start);
        found
    }

    /// Devices called as typed, `ending` aside.
    fn with_host(&self, typed: &[String], ending: &str) -> Vec<&Device> {
        let mut key = String::new();
        let Some((last, before)) = typed.split_last() else { return Vec::new() };
        let last = last.strip_suffix(ending).unwrap_or(last);
        for word in before.iter().map(String::as_str).chain([last]) {
            // A word without letters or digits is no part of a name.
            let parts = words(word);
            if parts.is_empty() {
                return Vec::new();
            }
            parts.iter().for_each(|part| push_squashed(&mut key, part));
        }
        let lexicon = &self.index.lexicon;
        let Some(term) = lexicon.find(&key) else { return Vec::new() };
        let typed = digits(&typed.concat());
        let same = |device: &&Device| digits(&device.name) == typed;
        let devices = lexicon.numbers(term, Field::WholeHost);
        devices.map(|device| &self.devices()[device as usize]).filter(same).collect()
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Folded, without the punctuation around it and a possessive ending.
fn plain(word: &str) -> String {
    let folded = fold(word);
    let inner = trimmed(&folded);
    inner.strip_suffix("'s").unwrap_or(inner).to_owned()
}

fn trimmed(folded: &str) -> &str {
    folded.trim_matches(|c: char| !c.is_alphanumeric())
}

/// The ways to read a word in a name, the typed one first.
fn spellings(word: &str) -> Vec<String> {
    let text = squashed(words(&plain(word)).iter().map(String::as_str));
    if text.is_empty() {
        // Matches no name, so that a dash between two words keeps them apart.
        return vec!["-".to_owned()];
    }
    let mut spellings = vec![text];
    if is_letters(&spellings[0]) && spellings[0].len() > 3 {
        let (with, without) = (format!("{}s", spellings[0]), spellings[0].strip_suffix('s'));
        spellings.extend(without.map(str::to_owned).into_iter().chain([with]).collect::<Vec<_>>());
    }
    spellings
}

#[cfg(test)]
mod tests {
    use crate::directory::testing::fleet;

    const FLEET: &str = "Bluegum_Vet_Pty_Ltd/MARIA-LT-01 Harbour_Dental/DC01 Harbour_Doors/DC01 \
        Acme/FS01 Acme_Foods/SERVER Maria’s_Cafe/Maria’s_MacBook_Pro Happy_Days/DC1";

    #[track_caller]
    fn clients(sentence: &str, expected: &str) {
        let (fleet, words) = (fleet(FLEET), sentence.split(' ').collect::<Vec<_>>());
        let spans = fleet.clients_named_in(&words).into_iter().map(|span| {
            let names: Vec<_> = span.clients.iter().map(|it| it.name.as_str()).collect();
            format!("{}..{} {:?} {}", span.start, span.end, span.said, names.join("|"))
        });
        assert_eq!(spans.collect::<Vec<_>>().join(", "), expected, "{sentence}");
    }

    #[track_caller]
    fn hosts(sentence: &str, expected: &str) {
        let (fleet, words) = (fleet(FLEET), sentence.split(' ').collect::<Vec<_>>());
        let spans = fleet.hosts_named_in(&words).into_iter().map(|span| {
            let clients: Vec<_> = span.devices.iter().map(|it| it.client.as_str()).collect();
            format!("{}..{} {}", span.start, span.end, clients.join("|"))
        });
        assert_eq!(spans.collect::<Vec<_>>().join(", "), expected, "{sentence}");
    }

    #[test]
    fn clients_in_a_sentence() {
        clients("patches for harbour dental", "2..4 Whole Harbour Dental");
        clients("patches for Harbour Dental, please", "2..4 Whole Harbour Dental");
        clients("harbour dental's dc01", "0..2 Whole Harbour Dental");
        clients("servers at harbour", "2..3 Start Harbour Dental|Harbour Doors");
        clients("bluegum's tickets", "0..1 Start Bluegum Vet Pty Ltd");
        clients("acme foods and acme", "0..2 Whole Acme Foods, 3..4 Whole Acme");
        clients("maria's cafe", "0..2 Whole Maria’s Cafe");
        clients("check hd space", "");
        clients("patches for bvp - bv", "4..5 Initials Bluegum Vet Pty Ltd");
        clients("", "");
        clients("nothing - at all", "");
    }

    #[test]
    fn hosts_in_a_sentence() {
        hosts("restart dc01 now", "1..2 Harbour Dental|Harbour Doors");
        hosts("reboot maria-lt-01?", "1..2 Bluegum Vet Pty Ltd");
        hosts("reboot maria lt 01", "1..4 Bluegum Vet Pty Ltd");
        hosts("reboot maria lt 1", "");
        hosts("is dc1 up", "1..2 Happy Days");
        hosts("clean maria’s macbook pro", "1..4 Maria’s Cafe");
        hosts("fs01's disk and dc02", "0..1 Acme");
        hosts("", "");
    }
}
