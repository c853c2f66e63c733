//! What policy would say of a request, and which rules would fire: nothing is done.

use serde_json::{Value, json};

use crate::conversation::consider::Considered;
use crate::conversation::{Context, Engine};
use crate::directory::Person;
use crate::policy::explain::Explained;
use crate::ports::StoreError;

/// The answer to "what would happen if this person asked this".
#[derive(Debug, Clone, PartialEq)]
pub enum Explanation {
    /// Each call of the plan, as lines and as an object.
    Calls(Vec<(String, Value)>),
    /// There is no plan to explain: a question, a refusal, small talk.
    NoPlan(Considered),
}

impl Engine {
    /// Explains what `text` would come to if `person` wrote it now.
    pub async fn explain(&self, person: &Person, text: &str) -> Result<Explanation, StoreError> {
        let table = self.store().policies().await?;
        let (directory, catalogue) = (self.directory(), self.catalogue());
        let rules = self.rules_of(&table);
        let considering =
            self.considering((&directory, &catalogue), (&table, &rules), person, self.now());
        let mut context = Context::default();
        let considered = considering.text(text, &mut context).await;
        let considered = self.settle(&considering, considered, &mut context).await?;
        let (Considered::Plan { plan, .. } | Considered::Stopped { plan, .. }) = &considered else {
            return Ok(Explanation::NoPlan(considered));
        };
        let grants = self.store().open_standing_grants().await?;
        let mut calls: Vec<(String, Value)> = Vec::new();
        for call in &plan.calls {
            let explained = Explained::of(considering.case(call, text));
            let (mut lines, mut object) = (explained.text(), explained.json());
            let ruling = considering.ruling(call, text);
            let standing = self.standing_lines(person, call, &ruling, &grants).await;
            standing.iter().for_each(|line| lines.push_str(&format!("  {line}\n")));
            if !standing.is_empty() {
                object["standing_grants"] = json!(standing);
            }
            calls.push((lines, object));
        }
        if let Some(why) = self.over_caps(&plan.calls).await? {
            calls.push((
                format!("the plan: is refused\n  because: {why}\n"),
                json!({ "over_caps": why }),
            ));
        }
        Ok(Explanation::Calls(calls))
    }
}
