//! What was done instead of a plan that nothing ran of: `did 7F3K`, `did 7F3K otherwise`, `did 7F3K nothing`; and
//! `trials`, which tells how that comes out.

use crate::conversation::command::code_in;
use crate::trial::Did;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trials {
    Report { days: u32 },
    Say { code: String, did: Did },
}

/// How far back the report looks where nobody says.
const DAYS: u32 = 14;

pub fn parse(text: &str) -> Option<Trials> {
    let line = text.trim().trim_end_matches(['.', '!', '?']).to_lowercase();
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["trials"] | ["show" | "list", "trials"] => Some(Trials::Report { days: DAYS }),
        ["trials", days, "days" | "day"] => Some(Trials::Report { days: days.parse().ok()? }),
        ["did", code, what @ ..] => {
            let did = match what {
                [] | ["it" | "this"] | ["just", "this"] => Did::JustThis,
                ["otherwise"] | ["something", "else"] => Did::Otherwise,
                ["nothing"] | ["nothing", "was", "needed"] => Did::Nothing,
                _ => return None,
            };
            Some(Trials::Say { code: code_in(code)?, did })
        }
        _ => None,
    }
}

/// The line that says so.
pub fn typed(code: &str, did: Did) -> String {
    match did {
        Did::JustThis => format!("did {code}"),
        Did::Otherwise => format!("did {code} otherwise"),
        Did::Nothing => format!("did {code} nothing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_behind_did_is_a_word_on_a_trial_and_nothing_else_is() {
        for did in Did::ALL {
            let said = Some(Trials::Say { code: "7F3K".into(), did });
            assert_eq!(parse(&typed("7F3K", did)), said);
        }
        let said = |did| Some(Trials::Say { code: "7F3K".into(), did });
        assert_eq!(parse("Did 7f3k just this."), said(Did::JustThis));
        assert_eq!(parse("did 7F3K something else"), said(Did::Otherwise));
        assert_eq!(parse("did 7F3K nothing was needed!"), said(Did::Nothing));
        assert_eq!(parse("Trials"), Some(Trials::Report { days: DAYS }));
        assert_eq!(parse("trials 30 days"), Some(Trials::Report { days: 30 }));
        for text in
            ["did it", "did 7F3K work", "did maria log on", "trials of maria", "trials x days"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
