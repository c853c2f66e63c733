//! Reads the many spellings of a user: `BLUEGUM\maria`, `maria@bluegum.example`, `Lopez, Maria`, `MariaLopez`.

use crate::directory::fold::{fold, squashed, words};
use crate::directory::vocabulary::{is_first_name, is_shared_account};

/// A user as words, first name first where the spelling tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Account {
    pub words: Vec<String>,
    /// Words of the domain or mail domain.
    pub domain: Vec<String>,
}

impl Account {
    pub(super) fn parse(user: &str) -> Self {
        let (domain, name) = match (user.rsplit_once('\\'), user.split_once('@')) {
            (Some((domain, name)), _) => (domain, name),
            (None, Some((name, domain))) => (domain, name),
            (None, None) => ("", user),
        };
        let name = match name.split_once(',') {
            Some((last, first)) => format!("{first} {last}"),
            None => split_camel_case(name),
        };
        Self { words: words(&fold(&name)), domain: words(&fold(domain)) }
    }

    /// One key for all spellings with the same words.
    pub(super) fn key(&self) -> String {
        self.words.join(" ")
    }

    /// `marialopez` of "Maria Lopez".
    pub(super) fn joined(&self) -> Option<String> {
        (self.words.len() > 1).then(|| squashed(self.words.iter().map(String::as_str)))
    }

    /// `mlopez` of "Maria Lopez": what many a domain would call her.
    pub(super) fn short(&self) -> Option<String> {
        match self.words.as_slice() {
            [first, .., last] => initial_and_name(first, last),
            _ => None,
        }
    }

    /// `maria` of `marial`: what a domain calls its second Maria.
    pub(super) fn first_name(&self) -> Option<&str> {
        let [only] = self.words.as_slice() else { return None };
        let (last, _) = only.char_indices().last()?;
        let name = &only[..last];
        (is_first_name(name) && !is_first_name(only)).then_some(name)
    }

    /// Nobody in particular: an administrator, a kiosk's user.
    pub(super) fn is_shared(&self) -> bool {
        self.words.iter().any(|word| is_shared_account(word))
    }
}

fn initial_and_name(first: &str, last: &str) -> Option<String> {
    first.chars().next().map(|initial| format!("{initial}{last}"))
}

/// The account names that two words of a person may have become, either way round, shortest proof first.
pub(super) fn account_names(one: &str, other: &str) -> [Option<String>; 4] {
    [
        initial_and_name(one, other),
        initial_and_name(other, one),
        other.chars().next().map(|initial| format!("{one}{initial}")),
        one.chars().next().map(|initial| format!("{other}{initial}")),
    ]
}

fn split_camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    let mut lower_before = false;
    for c in name.chars() {
        if c.is_uppercase() && lower_before {
            out.push(' ');
        }
        lower_before = c.is_lowercase();
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(user: &str, expected: &str) {
        let account = Account::parse(user);
        assert_eq!(format!("{} | {}", account.key(), account.domain.join(" ")), expected);
    }

    #[test]
    fn every_product_spells_users_its_own_way() {
        check(r"BLUEGUM\maria", "maria | bluegum");
        check("maria@bluegum.example", "maria | bluegum example");
        check("Maria Lopez", "maria lopez | ");
        check("mlopez", "mlopez | ");
        check("maria.lopez", "maria lopez | ");
        check("Lopez, Maria", "maria lopez | ");
        check(r"AzureAD\MariaLopez", "maria lopez | azuread");
        check("José O’Brien", "jose obrien | ");
        check("", " | ");
        check("\\", " | ");
    }

    #[test]
    fn a_name_knows_its_short_forms() {
        let maria = Account::parse("Maria Lopez");
        assert_eq!(maria.short().as_deref(), Some("mlopez"));
        assert_eq!(maria.joined().as_deref(), Some("marialopez"));
        assert_eq!(Account::parse("maria").short(), None);
        assert_eq!(Account::parse("marial").first_name(), Some("maria"));
        assert_eq!(Account::parse("marian").first_name(), None);
    }
}
