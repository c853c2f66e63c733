//! The run of a call that is spread over its devices: it begins a run for each step on each of them, and tells
//! how they stand. Whatever it begins goes the way of any run: policy again, one commit, one send.

use jiff::SignedDuration;

use crate::bounds::DEVICES_PER_CALL_MAX;
use crate::conversation::Engine;
use crate::conversation::seed::{RunSeed, grant_entries};
use crate::conversation::work::WAITING_SECS_MAX;
use crate::plan::Target;
use crate::ports::{Change, Conducted, RunFilter, StoreError, Write};
use crate::run::spread::{STEPS_MAX, Turn, course};
use crate::run::{Event, Run};
use crate::words;

/// How often it looks at its devices.
const LOOK_SECS: i64 = 5;

impl Engine {
    /// Begins what is next, or ends.
    pub(super) async fn conduct(&self, mut run: Run) -> Result<(), StoreError> {
        let now = self.now();
        let filter = RunFilter {
            conducted: Conducted::By(run.id.clone()),
            limit: u32::try_from(DEVICES_PER_CALL_MAX * STEPS_MAX).unwrap_or(u32::MAX),
            ..RunFilter::default()
        };
        let begun = self.store().runs(&filter).await?;
        let course = course(&run, &begun, |target| self.turn_of(&run, target));
        let is_news = course.targets != run.trace.targets;
        run.trace.targets = course.targets;
        if let Some(ending) = course.ending {
            return self.step(run, Event::Finished(ending), None, 0).await;
        }
        run.due_at = Some(now + SignedDuration::from_secs(LOOK_SECS));
        let mut change =
            Change { writes: vec![Write::RunAdvance(Box::new(run.clone()))], audit: vec![] };
        for next in course.begin {
            let begun =
                RunSeed::beside(&run).run(next.number, next.call, Vec::new(), Vec::new(), now);
            let begun = Run { parent: Some(run.id.clone()), ..begun };
            change.audit.extend(grant_entries(&begun, now));
            change.writes.push(Write::RunNew(Box::new(begun)));
        }
        if is_news {
            change.writes.extend(self.face(&run, now).await?);
        }
        self.store().commit(change).await.map(|_| ())
    }

    /// Nothing begins when its time is over. Of a rollout a device that is away has its turn when it is back:
    /// what is queued for it now would run beside all the others that come back on the same morning.
    fn turn_of(&self, run: &Run, target: &Target) -> Turn {
        let now = self.now();
        if let Some(start) = run.call.start.as_ref().filter(|start| now > start.until) {
            return Turn::Never(format!("its time is over ({})", start.moment()));
        }
        let is_rollout = run.call.spread.as_ref().is_some_and(|it| it.steps.is_empty());
        let directory = self.directory();
        let pathway = directory.device(&target.device).and_then(|it| it.pathway(run.call.product));
        if !is_rollout || pathway.is_none_or(|it| it.online != Some(false)) {
            return Turn::Now;
        }
        if !run.call.product.waits() {
            return Turn::Never("it is offline".to_owned());
        }
        let waited = now.as_second() - run.wanted_since().as_second();
        match waited > WAITING_SECS_MAX {
            true => Turn::Never(format!("it was offline for {}", words::span(waited))),
            false => Turn::Later("it is offline".to_owned()),
        }
    }
}
