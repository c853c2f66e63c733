//! Words that only a product understands (which alert, which script) become its own ids before policy rules
//! and anybody is asked to approve.

use tracing::warn;

use crate::conversation::consider::{Considered, Considering};
use crate::conversation::decision::draft_of;
use crate::conversation::{AnswerOption, Awaits, Context, Engine, Question};
use crate::directory::resolver::CHOICES_MAX;
use crate::plan::Call;
use crate::planner::Draft;
use crate::policy::caps::WINDOW;
use crate::ports::{Settled, StoreError};

impl Engine {
    /// Lets each product complete its write calls of a plan; the plan is ruled on anew, and the caps lie
    /// below whatever came of it. Reads only, so
    /// `countersign plan` does the same.
    pub async fn settle(
        &self,
        considering: &Considering<'_>,
        considered: Considered,
        context: &mut Context,
    ) -> Result<Considered, StoreError> {
        let settled = self.settled(considering, considered, context).await;
        let Considered::Plan { plan, rulings } = settled else { return Ok(settled) };
        Ok(match self.over_caps(&plan.calls).await? {
            Some(reason) => Considered::Stopped { plan, rulings, reason },
            None => Considered::Plan { plan, rulings },
        })
    }

    /// Why `calls` would be over the caps at this moment.
    pub(crate) async fn over_caps(&self, calls: &[Call]) -> Result<Option<String>, StoreError> {
        let (caps, now) = (self.caps(), self.now());
        let touched = match caps.count_devices() && calls.iter().any(Call::is_write) {
            true => self.store().touched(now - WINDOW).await?,
            false => Vec::new(),
        };
        Ok(caps.over(calls, &touched, now))
    }

    async fn settled(
        &self,
        considering: &Considering<'_>,
        considered: Considered,
        context: &mut Context,
    ) -> Considered {
        let Considered::Plan { plan, rulings } = considered else { return considered };
        let mut calls = plan.calls.clone();
        for at in 0..calls.len() {
            let Some(provider) = self.provider(calls[at].product) else { continue };
            if !calls[at].is_write() {
                continue;
            }
            match provider.settle(calls[at].clone()).await {
                Ok(Settled::Call(call)) => calls[at] = *call,
                Ok(Settled::Ask { text, options, total }) => {
                    let options: Vec<AnswerOption> = options
                        .into_iter()
                        .take(CHOICES_MAX)
                        .map(|it| AnswerOption {
                            label: it.label,
                            detail: it.detail,
                            drafts: with_arguments(&calls, at, it.arguments),
                        })
                        .collect();
                    let more = total.saturating_sub(options.len());
                    let text = match more {
                        0 => text,
                        more => format!("{text} ({more} more are not shown.)"),
                    };
                    return considering
                        .ask(Question { text, options, awaits: Awaits::Option }, context);
                }
                Ok(Settled::No(text)) => return Considered::Refuse(text),
                Err(error) => {
                    warn!(tool = %calls[at].tool, error = %error, "a call could not be settled");
                    return Considered::Refuse(format!("{} Nothing was done.", error.for_person()));
                }
            }
        }
        match calls == plan.calls {
            true => Considered::Plan { plan, rulings },
            false => considering.rule(calls, &context.asked),
        }
    }
}

/// The calls as drafts again, one of them with other arguments.
fn with_arguments(
    calls: &[Call],
    at: usize,
    arguments: serde_json::Map<String, serde_json::Value>,
) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = calls.iter().map(draft_of).collect();
    drafts[at].arguments = arguments;
    drafts
}
