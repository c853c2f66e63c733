//! Filter expressions, with every text in them quoted.

/// Every Access session; a server refuses an empty filter.
pub(crate) const ALL: &str = "SessionType = 'Access'";

/// The Access sessions whose id begins with `digits`, which are hexadecimal.
pub(crate) fn beginning(digits: &str) -> String {
    format!("{ALL} AND SessionID LIKE {}", quoted(&format!("{digits}%")))
}

/// A literal. Control characters cannot be in a name that a server took, so they are left out.
pub(crate) fn quoted(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_literal_is_doubled() {
        assert_eq!(quoted("O'Brien & Sons"), "'O''Brien & Sons'");
        assert_eq!(quoted("a\nb"), "'ab'");
        assert_eq!(beginning("3f"), "SessionType = 'Access' AND SessionID LIKE '3f%'");
    }
}
