//! Turns what a person typed ("bluegum", "harbour dental") into one client, or says why it cannot.
//!
//! As careful as the resolver of devices: a report of the wrong client's machines is a leak.

use std::cmp::Reverse;

use crate::directory::fold::{fold, squashed, words};
use crate::directory::lexicon::Field;
use crate::directory::names::Share;
use crate::directory::query::Query;
use crate::directory::resolver::Phrase;
use crate::directory::spelling::likeness;
use crate::directory::{Client, Directory};

#[derive(Debug, Clone, PartialEq)]
pub enum ClientResolution<'a> {
    /// Exactly one client fits. Only this variant may be acted on.
    One(&'a Client),
    /// Several fit, or one does by a word that is not the start of its name; at most [`CLIENTS_MAX`].
    Several(Vec<&'a Client>),
    /// None fits; `closest` are the nearest names, possibly none.
    Unknown { closest: Vec<&'a Client> },
}

/// How many clients are offered.
pub const CLIENTS_MAX: usize = 10;

/// Nearest names that are offered.
const CLOSEST_MAX: usize = 5;

/// The least likeness worth showing.
const LIKENESS_MIN: u16 = 780;

/// Finds the client meant by `text`: its name, the first words of it, its initials where they are
/// unique, all of them with small slips. Every word has to be part of the name, filler aside.
pub fn resolve_client<'a>(text: &str, directory: &'a Directory) -> ClientResolution<'a> {
    let query = Query::new(&Phrase { text, client_hint: None }, directory);
    let full = query.words.full;
    let client = |number: &u32| &directory.clients()[*number as usize];
    match query.clients.as_slice() {
        [named] if named.mask == full && full != 0 => match named.hit.names.as_slice() {
            [one] if named.hit.share != Share::Inside => ClientResolution::One(client(one)),
            several => {
                ClientResolution::Several(several.iter().take(CLIENTS_MAX).map(client).collect())
            }
        },
        _ => ClientResolution::Unknown {
            closest: nearest(&query).iter().take(CLOSEST_MAX).map(client).collect(),
        },
    }
}

/// Clients that share a word with the text, or look like it.
fn nearest(query: &Query<'_>) -> Vec<u32> {
    let lexicon = &query.directory.index.lexicon;
    let typed = squashed(query.words.words.iter().map(|word| word.text()));
    let said = query.clients.iter().flat_map(|named| named.hit.names.iter().copied());
    let alike = query.words.bits().flat_map(|(_, word)| {
        let terms = lexicon.alike(word.text(), 2 * CLOSEST_MAX).into_iter();
        let fit = terms.filter(|term| likeness(word.text(), lexicon.word(*term)) >= LIKENESS_MIN);
        fit.flat_map(|term| lexicon.numbers(term, Field::Client)).collect::<Vec<_>>()
    });
    let mut near: Vec<u32> = said.chain(alike).collect();
    near.sort_unstable();
    near.dedup();
    near.sort_by_cached_key(|number| {
        let name = words(&fold(&query.directory.clients()[*number as usize].name));
        Reverse(likeness(&typed, &squashed(name.iter().map(String::as_str))))
    });
    near
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::testing::fleet;

    const CLIENTS: &str = "Bluegum_Vet_Pty_Ltd/A Harbour_Dental/A Harbour_Doors/A Acme/A \
        Acme_Foods/A Northside_Legal/A Studio_54/A Café_Zoë/A";

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let fleet = fleet(CLIENTS);
        let names = |clients: &[&Client]| {
            clients.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let answer = match resolve_client(text, &fleet) {
            ClientResolution::One(client) => format!("one: {}", client.name),
            ClientResolution::Several(clients) => format!("several: {}", names(&clients)),
            ClientResolution::Unknown { closest } => format!("unknown: {}", names(&closest)),
        };
        assert_eq!(answer, expected, "{text}");
    }

    #[test]
    fn clients_as_people_call_them() {
        check("bluegum", "one: Bluegum Vet Pty Ltd");
        check("Bluegum Vet", "one: Bluegum Vet Pty Ltd");
        check("bluegum's", "one: Bluegum Vet Pty Ltd");
        check("the client bluegum vet", "one: Bluegum Vet Pty Ltd");
        check("blugum vet", "one: Bluegum Vet Pty Ltd");
        check("bv", "one: Bluegum Vet Pty Ltd");
        check("harbour", "several: Harbour Dental, Harbour Doors");
        check("habrour dental", "one: Harbour Dental");
        check("hd", "unknown: ");
        check("acme", "one: Acme");
        check("acem", "one: Acme");
        check("acme foods", "one: Acme Foods");
        check("foods", "several: Acme Foods");
        check("cafe zoe", "one: Café Zoë");
        check("studio 54", "one: Studio 54");
        check("studio 45", "unknown: Studio 54");
        check("northside legal", "one: Northside Legal");
        check("northsid", "unknown: Northside Legal");
        check(
            "acme and harbour dental",
            "unknown: Acme, Harbour Dental, Acme Foods, Harbour Doors",
        );
        check("bluegum cafe", "unknown: Bluegum Vet Pty Ltd, Café Zoë");
        check("initech", "unknown: ");
        check("", "unknown: ");
        check(&"bluegum ".repeat(500), "unknown: Bluegum Vet Pty Ltd");
    }
}
