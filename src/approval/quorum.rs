//! How many yeses an approval takes, and whose.

use serde::{Deserialize, Serialize};

use crate::ids::PersonId;
use crate::policy::who::describe;

/// What it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    /// How many different approvers must say yes; at least 1.
    pub needed: u8,
    /// An operator allowed the requester to approve. Off unless switched on; the audit shows it.
    pub self_approval: bool,
    /// Who must be among them. One person may meet several; `needed` counts people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
}

/// So many of these people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// As rules write it; empty: anyone with an approver's role.
    pub who: Vec<String>,
    pub count: u8,
    /// Who may, too, when nobody did for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
    /// Who has met it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<PersonId>,
}

/// The next people, after a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Then {
    pub after_mins: u32,
    /// As rules write it.
    pub who: Vec<String>,
}

impl Need {
    pub fn new(who: Vec<String>, count: u8) -> Self {
        Self { who, count, then: None, by: Vec::new() }
    }

    /// The minutes until the next people come in, if they are to.
    pub fn escalates_after(&self) -> Option<u32> {
        self.then.as_ref().filter(|_| self.missing() > 0).map(|then| then.after_mins)
    }

    /// Whether they are to after so many minutes.
    pub(super) fn is_due(&self, passed_mins: i64) -> bool {
        self.escalates_after().is_some_and(|after| i64::from(after) <= passed_mins)
    }

    /// Lets the next people in, and says who they are.
    pub(super) fn escalate(&mut self) -> Vec<String> {
        let more = self.then.take().map(|then| then.who).unwrap_or_default();
        self.who.extend(more.iter().cloned());
        more
    }

    /// How many are missing yet.
    pub fn missing(&self) -> usize {
        usize::from(self.count).saturating_sub(self.by.len())
    }
}

impl Default for Quorum {
    fn default() -> Self {
        Self { needed: 1, self_approval: false, needs: Vec::new() }
    }
}

impl Quorum {
    /// Whether `decisions` different people are enough, and the right ones are among them.
    pub fn is_reached(&self, decisions: usize) -> bool {
        decisions >= usize::from(self.needed.max(1))
            && self.needs.iter().all(|need| need.missing() == 0)
    }

    /// "2 people other than the requester, among them 1 of the role manager".
    pub fn sentence(&self) -> String {
        let people = match self.needed {
            0 | 1 => "one person".to_owned(),
            needed => format!("{needed} people"),
        };
        let mut text = match (self.self_approval, self.needed) {
            (true, 0 | 1) => "one approval; the requester may give it".to_owned(),
            (true, _) => format!("{people}; the requester may be one of them"),
            (false, _) => format!("{people} other than the requester"),
        };
        let named: Vec<&Need> = self.needs.iter().filter(|need| !need.who.is_empty()).collect();
        let all_from_one = named.len() == 1
            && self.needs.len() == 1
            && named.iter().all(|need| need.count >= self.needed);
        let parts: Vec<String> = named
            .iter()
            .map(|need| {
                let then = need.then.as_ref().map_or_else(String::new, |then| {
                    format!(" (after {} min also {})", then.after_mins, describe(&then.who))
                });
                match (all_from_one, need.count) {
                    (true, _) => format!("{}{then}", describe(&need.who)),
                    (false, count) => format!("{count} of {}{then}", describe(&need.who)),
                }
            })
            .collect();
        if !parts.is_empty() {
            let lead = if all_from_one { ": " } else { ", among them " };
            text.push_str(lead);
            text.push_str(&parts.join(" and "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quorum(needed: u8, needs: &[(&[&str], u8)]) -> Quorum {
        let need = |(who, count): &(&[&str], u8)| {
            Need::new(who.iter().map(|it| (*it).to_owned()).collect(), *count)
        };
        Quorum { needed, self_approval: false, needs: needs.iter().map(need).collect() }
    }

    #[test]
    fn it_is_reached_by_enough_people_and_the_right_ones() {
        let mut two = quorum(2, &[(&["role:approver"], 1), (&["role:manager"], 1)]);
        assert!(!two.is_reached(2), "nobody of those named");
        two.needs[0].by = vec![PersonId::new("ben")];
        assert!(!two.is_reached(2), "no manager");
        two.needs[1].by = vec![PersonId::new("ben")];
        assert!(!two.is_reached(1), "one person who is both is still one person");
        assert!(two.is_reached(2));
    }

    #[test]
    fn a_card_says_whom_it_takes() {
        for (quorum, sentence) in [
            (quorum(1, &[]), "one person other than the requester"),
            (quorum(2, &[]), "2 people other than the requester"),
            (quorum(2, &[(&[], 2)]), "2 people other than the requester"),
            (quorum(1, &[(&["Ben"], 1)]), "one person other than the requester: Ben"),
            (
                quorum(2, &[(&["role:manager", "Ben"], 2)]),
                "2 people other than the requester: the role manager or Ben",
            ),
            (
                quorum(2, &[(&[], 1), (&["requester:manager"], 1)]),
                "2 people other than the requester, among them 1 of the requester's manager",
            ),
        ] {
            assert_eq!(quorum.sentence(), sentence);
        }
        let own = Quorum { self_approval: true, ..Quorum::default() };
        assert_eq!(own.sentence(), "one approval; the requester may give it");
    }
}
