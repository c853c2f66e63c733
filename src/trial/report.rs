//! What came of the trials of some days: how often the plan was what somebody did.
//!
//! Counted from the store alone. What a person said and what the product shows are set against each other; where
//! they differ it counts for nobody and is listed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::Call;
use crate::tool::ToolName;
use crate::trial::{Did, Seen, Trial};
use crate::words;

/// Fewer than this prove nothing.
pub const ENOUGH: usize = 10;

/// From this share on it is ready: one in ten is what people do otherwise among themselves.
pub const READY_PERCENT: usize = 90;

/// Differences that are listed, the newest.
const DIFFERENCES_MAX: usize = 20;

/// What one call of a trial comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    JustSo,
    Otherwise,
    NotDone,
    /// A person says one thing, the product shows another.
    Differs,
    CannotTell,
    /// The product is still looked at.
    Open,
}

/// Without a word of anybody the product decides, and without the product the word.
pub fn outcome(said: Option<Did>, seen: &Seen, is_looked_at: bool) -> Outcome {
    match (said, seen) {
        (None | Some(Did::JustThis), Seen::Done { .. }) => Outcome::JustSo,
        (Some(Did::Otherwise | Did::Nothing), Seen::Done { .. }) => Outcome::Differs,
        (_, Seen::NotLooked | Seen::Partly { .. } | Seen::Nothing) if is_looked_at => Outcome::Open,
        (Some(Did::JustThis), Seen::NotLooked | Seen::CannotTell { .. }) => Outcome::JustSo,
        (Some(Did::JustThis), Seen::Partly { .. } | Seen::Nothing) => Outcome::Differs,
        (None | Some(Did::Otherwise), Seen::Partly { .. }) => Outcome::Otherwise,
        (Some(Did::Otherwise), Seen::NotLooked | Seen::Nothing | Seen::CannotTell { .. }) => {
            Outcome::Otherwise
        }
        (Some(Did::Nothing), Seen::Partly { .. }) => Outcome::Differs,
        (Some(Did::Nothing), Seen::NotLooked | Seen::Nothing | Seen::CannotTell { .. }) => {
            Outcome::NotDone
        }
        (None, Seen::Nothing) => Outcome::NotDone,
        (None, Seen::NotLooked | Seen::CannotTell { .. }) => Outcome::CannotTell,
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub proposed: usize,
    pub just_so: usize,
    pub otherwise: usize,
    pub not_done: usize,
    pub differs: usize,
    pub cannot_tell: usize,
    pub open: usize,
}

impl Counts {
    fn add(&mut self, outcome: Outcome) {
        self.proposed += 1;
        *match outcome {
            Outcome::JustSo => &mut self.just_so,
            Outcome::Otherwise => &mut self.otherwise,
            Outcome::NotDone => &mut self.not_done,
            Outcome::Differs => &mut self.differs,
            Outcome::CannotTell => &mut self.cannot_tell,
            Outcome::Open => &mut self.open,
        } += 1;
    }

    /// Those that can be judged.
    pub fn judged(&self) -> usize {
        self.just_so + self.otherwise + self.not_done + self.differs
    }

    /// Done just so, of what can be judged.
    pub fn percent(&self) -> Option<usize> {
        (self.judged() > 0).then(|| self.just_so * 100 / self.judged())
    }

    /// "23 of 25 at Acme were what the tech did: ready to execute".
    fn sentence(&self, at: &str) -> String {
        let (just_so, judged) = (self.just_so, self.judged());
        let lead = format!("{just_so} of {judged} at {at} were what the tech did");
        match self.percent() {
            None => format!("nothing to judge at {at} yet"),
            Some(_) if judged < ENOUGH => {
                format!("{lead}: too few to say, {ENOUGH} are needed")
            }
            Some(percent) if percent >= READY_PERCENT => format!("{lead}: ready to execute"),
            Some(_) => format!("{lead}: not ready, {READY_PERCENT} % are needed"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfTool {
    pub tool: ToolName,
    pub title: String,
    #[serde(flatten)]
    pub counts: Counts,
    pub percent: Option<usize>,
    pub sentence: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfClient {
    pub client: String,
    #[serde(flatten)]
    pub counts: Counts,
    pub percent: Option<usize>,
    pub sentence: String,
    pub tools: Vec<OfTool>,
}

/// Where a person and the product do not agree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub code: String,
    pub call: String,
    pub said: String,
    pub seen: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub days: u32,
    pub plans: usize,
    pub clients: Vec<OfClient>,
    pub differences: Vec<Difference>,
}

impl Report {
    /// Of `trials`, newest first, asked in the last `days`. A call on devices of several clients counts for each.
    pub fn of(trials: &[Trial], days: u32) -> Self {
        let mut all: BTreeMap<String, BTreeMap<ToolName, (String, Counts)>> = BTreeMap::new();
        let mut differences = Vec::new();
        for trial in trials {
            let did = trial.said.as_ref().map(|said| said.did);
            for (index, (call, seen)) in (0..).zip(trial.plan.calls.iter().zip(&trial.seen)) {
                if !trial.is_judged(index) {
                    continue;
                }
                let outcome = outcome(did, seen, trial.look_at.is_some());
                for client in clients(call) {
                    let tools = all.entry(client).or_default();
                    let new = || (call.title.clone(), Counts::default());
                    tools.entry(call.tool.clone()).or_insert_with(new).1.add(outcome);
                }
                if let (Outcome::Differs, Some(said)) = (outcome, &trial.said)
                    && differences.len() < DIFFERENCES_MAX
                {
                    differences.push(Difference {
                        code: trial.code.clone(),
                        call: call.sentence(),
                        said: format!("{} said {}", said.by, said.did.sentence()),
                        seen: seen.sentence(),
                    });
                }
            }
        }
        let clients = all.into_iter().map(|(client, tools)| of_client(client, tools)).collect();
        Self { days, plans: trials.len(), clients, differences }
    }

    /// As lines for a person.
    pub fn text(&self) -> String {
        let plans = words::count(self.plans, "plan");
        let mut lines = vec![format!("{plans} that nothing ran of, in {} days", self.days)];
        for it in &self.clients {
            lines.push(words::sentence(&it.sentence));
            let rows = it.tools.iter().map(|it| format!("  {}: {}", it.title, it.counts.row()));
            lines.extend(rows);
        }
        if !self.differences.is_empty() {
            lines.push("Where people and products differ, which counts as not the same:".into());
            lines.extend(self.differences.iter().map(|it| format!("  {}", it.line())));
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

impl Counts {
    /// "4 proposed, 2 done just so, 1 done otherwise, 0 not done, 1 still looked at".
    pub fn row(&self) -> String {
        let mut parts = vec![
            format!("{} proposed", self.proposed),
            format!("{} done just so", self.just_so),
            format!("{} done otherwise", self.otherwise),
            format!("{} not done", self.not_done),
        ];
        let rare = [
            (self.differs, "told differently"),
            (self.cannot_tell, "cannot tell"),
            (self.open, "still looked at"),
        ];
        let rare = rare.into_iter().filter(|(count, _)| *count > 0);
        parts.extend(rare.map(|(count, what)| format!("{count} {what}")));
        parts.join(", ")
    }
}

impl Difference {
    pub fn line(&self) -> String {
        format!("{} {}: {}; the product: {}", self.code, self.call, self.said, self.seen)
    }
}

fn of_client(client: String, tools: BTreeMap<ToolName, (String, Counts)>) -> OfClient {
    let mut sum = Counts::default();
    let tools: Vec<OfTool> = tools
        .into_iter()
        .map(|(tool, (title, counts))| {
            sum = sum.and(counts);
            let sentence = counts.sentence(&client);
            OfTool { tool, title, counts, percent: counts.percent(), sentence }
        })
        .collect();
    let sentence = sum.sentence(&client);
    OfClient { client, counts: sum, percent: sum.percent(), sentence, tools }
}

impl Counts {
    fn and(self, other: Self) -> Self {
        Self {
            proposed: self.proposed + other.proposed,
            just_so: self.just_so + other.just_so,
            otherwise: self.otherwise + other.otherwise,
            not_done: self.not_done + other.not_done,
            differs: self.differs + other.differs,
            cannot_tell: self.cannot_tell + other.cannot_tell,
            open: self.open + other.open,
        }
    }
}

/// The clients of a call, each once.
fn clients(call: &Call) -> Vec<String> {
    let named = call.client.iter().map(|it| it.name.clone());
    let mut all: Vec<String> =
        named.chain(call.targets.iter().map(|it| it.client_name.clone())).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        all.push("no client".to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PersonId;
    use crate::trial::Said;
    use crate::trial::tests::trial;

    fn seen(word: &str) -> Seen {
        let evidence = vec!["it ran".to_owned()];
        match word {
            "done" => Seen::Done { evidence },
            "partly" => Seen::Partly { evidence },
            "nothing" => Seen::Nothing,
            "cannot" => Seen::CannotTell { why: "no list".into() },
            _ => Seen::NotLooked,
        }
    }

    #[test]
    fn every_pair_of_word_and_sight_has_its_outcome() {
        use Did::{JustThis, Nothing, Otherwise};
        use Outcome::{CannotTell, Differs, JustSo, NotDone, Open};
        let words = ["done", "partly", "nothing", "cannot", "not looked"];
        let table = [
            (None, [JustSo, Outcome::Otherwise, NotDone, CannotTell, CannotTell]),
            (Some(JustThis), [JustSo, Differs, Differs, JustSo, JustSo]),
            (
                Some(Otherwise),
                [
                    Differs,
                    Outcome::Otherwise,
                    Outcome::Otherwise,
                    Outcome::Otherwise,
                    Outcome::Otherwise,
                ],
            ),
            (Some(Nothing), [Differs, Differs, NotDone, NotDone, NotDone]),
        ];
        for (said, row) in table {
            for (word, expected) in words.into_iter().zip(row) {
                assert_eq!(outcome(said, &seen(word), false), expected, "{said:?} and {word}");
                let while_looking = match word {
                    "done" | "cannot" => expected,
                    _ => Open,
                };
                assert_eq!(outcome(said, &seen(word), true), while_looking, "{said:?} and {word}");
            }
        }
    }

    fn over(said: Option<Did>, word: &str) -> Trial {
        let said = said.map(|did| Said { did, by: PersonId::new("ana"), at: trial().asked_at });
        Trial { said, seen: vec![seen(word)], look_at: None, ..trial() }
    }

    fn sentence(just_so: usize, not_done: usize) -> String {
        let mut all = vec![over(None, "done"); just_so];
        all.extend(vec![over(None, "nothing"); not_done]);
        Report::of(&all, 30).clients.remove(0).sentence
    }

    #[test]
    fn the_sentence_says_what_the_share_means() {
        let client = Report::of(&[over(None, "done")], 30).clients.remove(0).client;
        let check = |just_so, not_done, expected: &str| {
            assert_eq!(sentence(just_so, not_done).replace(&client, "X"), expected);
        };
        check(23, 2, "23 of 25 at X were what the tech did: ready to execute");
        check(9, 1, "9 of 10 at X were what the tech did: ready to execute");
        check(9, 2, "9 of 11 at X were what the tech did: not ready, 90 % are needed");
        check(9, 0, "9 of 9 at X were what the tech did: too few to say, 10 are needed");
        let cannot = Report::of(&[over(None, "cannot")], 30).clients.remove(0).sentence;
        assert_eq!(cannot, format!("nothing to judge at {client} yet"));
    }

    #[test]
    fn what_differs_is_listed_and_is_not_the_same() {
        let report = Report::of(&[over(Some(Did::JustThis), "nothing")], 30);
        let counts = report.clients[0].counts;
        assert_eq!((counts.differs, counts.just_so, counts.percent()), (1, 0, Some(0)));
        let line = report.differences[0].line();
        assert!(line.contains("ana said just this was done; the product: nothing of it"), "{line}");
    }
}
