//! Stories that chance writes, and what has to hold at the end of every one.
//!
//! `cargo test` plays a few. More: `COUNTERSIGN_SCENARIOS=1000 cargo test --release --test it scenarios`. One again,
//! with its steps: `COUNTERSIGN_SEED=17 cargo test --test it scenarios`.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::PoisonError;

use countersign::approval::State as ApprovalState;
use countersign::ids::ApprovalId;
use countersign::ports::{RunFilter, Store as _};
use countersign::run::{Authority, Run, State as RunState};
use futures::FutureExt as _;

use crate::harness::story::{Steps, Story};

/// Stories of a plain `cargo test`.
const STORIES: u64 = 8;

const STEPS: usize = 200;

#[tokio::test]
async fn whatever_happens_no_write_is_unapproved_lost_or_sent_twice() {
    let number = |name: &str| std::env::var(name).ok().map(|it| it.parse::<u64>().expect(name));
    let seeds = match number("COUNTERSIGN_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("COUNTERSIGN_SCENARIOS").unwrap_or(STORIES),
    };
    let mut seen = Seen::default();
    for seed in seeds.clone() {
        let steps = Steps::default();
        let played = AssertUnwindSafe(plays(seed, steps.clone())).catch_unwind().await;
        match played {
            Ok(one) => seen.add(&one),
            Err(cause) => {
                let steps = steps.lock().unwrap_or_else(PoisonError::into_inner).join("\n  ");
                eprintln!("seed {seed}, play it again with COUNTERSIGN_SEED={seed}:\n  {steps}");
                std::panic::resume_unwind(cause);
            }
        }
    }
    println!("{} stories: {seen:?}", seeds.end - seeds.start);
    // A test in which nothing happens proves nothing.
    if seeds.end - seeds.start >= STORIES {
        assert!(seen.approved > 0 && seen.sent > 0 && seen.doubtful > 0, "too tame: {seen:?}");
    }
}

/// How much happened.
#[derive(Debug, Default)]
struct Seen {
    asked: usize,
    approved: usize,
    voided: usize,
    sent: usize,
    doubtful: usize,
    unsent: usize,
    put_to_a_person: usize,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.approved += other.approved;
        self.voided += other.voided;
        self.sent += other.sent;
        self.doubtful += other.doubtful;
        self.unsent += other.unsent;
        self.put_to_a_person += other.put_to_a_person;
    }
}

async fn plays(seed: u64, steps: Steps) -> Seen {
    let mut story = Story::begin(seed, steps).await;
    for _ in 0..STEPS {
        story.step().await;
    }
    story.ends().await;
    let seen = holds(&story).await;
    story.bot.finish().await;
    seen
}

/// What the story must have kept to, from the product's own books.
async fn holds(story: &Story) -> Seen {
    let store = &story.bot.wiring().store;
    let filter = RunFilter { limit: 1_000, ..RunFilter::default() };
    let runs = store.runs(&filter).await.expect("runs");
    let approvals: HashMap<ApprovalId, _> =
        story.approvals().await.into_iter().map(|it| (it.id.clone(), it)).collect();
    let (scheduled, tickets) = (story.bot.world().scheduled(), story.bot.world().tickets_created());

    // No write without a grant, and none under a grant that was used before.
    // A ticket tells of the task before it, marker and all, so each kind looks among its own.
    let tasks = scheduled.iter().map(|it| (true, it.name.as_str()));
    let texts = tasks.chain(tickets.iter().map(|it| (false, it.description.as_str())));
    let mut sent = HashSet::new();
    for (is_task, text) in texts {
        let its =
            |run: &&Run| run.call.script.is_some() == is_task && text.contains(run.marker.as_str());
        let of: Vec<&Run> = runs.iter().filter(its).collect();
        let [run] = of.as_slice() else { panic!("{} runs belong to “{text}”", of.len()) };
        assert!(sent.insert(run.id.clone()), "sent twice: “{text}”");
    }
    for task in &scheduled {
        let run = runs.iter().find(|it| task.name.contains(it.marker.as_str())).expect("its run");
        let agents: Vec<&str> =
            run.call.targets.iter().filter_map(|it| it.rmm.as_deref()).collect();
        assert_eq!(task.targets, agents, "another device than was granted");
        if let Some(start) = &run.call.start {
            assert!(start.at <= task.at && task.at <= start.until, "not in its time: {task:?}");
        }
        let script = run.call.script.as_ref().expect("a script");
        assert_eq!(task.template_id.to_string(), script.id, "another script than was granted");
    }
    let mut used = HashSet::new();
    for run in &runs {
        let Authority::Approval { id, plan } = &run.authority else {
            panic!("nothing here runs without an approval: {run:?}")
        };
        assert!(used.insert((id.clone(), run.step)), "a grant was used twice: {run:?}");
        let approval = &approvals[id];
        assert_eq!(&approval.digest, plan, "an approval of another plan");
        let step = usize::try_from(run.step).expect("a small number");
        assert_eq!(approval.plan.calls[step].digest(), run.digest, "not what was approved");
        let deciders: HashSet<_> = approval.decisions.iter().map(|it| &it.by).collect();
        assert!(deciders.len() >= usize::from(approval.quorum.needed), "no quorum: {approval:?}");
        for decider in deciders {
            assert!(story.may_decide(decider), "{decider} may not approve");
            assert_ne!(decider, &approval.requester, "approved by whoever asked");
        }
    }

    // No approved write is lost: it ran, or it is known that it did not, or a person was asked.
    for approval in approvals.values() {
        let first = runs.iter().find(|run| {
            run.step == 0
                && matches!(&run.authority, Authority::Approval { id, .. } if *id == approval.id)
        });
        match &approval.state {
            ApprovalState::Approved { .. } => assert!(first.is_some(), "lost: {approval:?}"),
            // Drift right before the run voids what was approved; an edit voids what waited.
            ApprovalState::Voided { .. } => {
                assert!(first.is_none_or(|run| !sent.contains(&run.id)), "void, and ran");
            }
            ApprovalState::Waiting
            | ApprovalState::Denied { .. }
            | ApprovalState::Expired { .. }
            | ApprovalState::Withdrawn { .. } => assert!(first.is_none(), "ran: {approval:?}"),
        }
    }
    for run in &runs {
        let arrived = sent.contains(&run.id);
        match &run.state {
            RunState::Succeeded { .. }
            | RunState::Failed { .. }
            | RunState::PartlyFailed { .. }
            | RunState::TimedOut { .. } => assert!(arrived, "told as run, and was not: {run:?}"),
            RunState::NotSent { .. } => assert!(!arrived, "told as not sent, and was: {run:?}"),
            RunState::AskedAPerson { .. } => {}
            RunState::Granted
            | RunState::Dispatching { .. }
            | RunState::Doubtful { .. }
            | RunState::Accepted { .. }
            | RunState::Running { .. } => panic!("not at its end: {run:?}"),
        }
    }

    // What went out without an answer did not go out again.
    let entries = store.audit(0, 100_000).await.expect("the audit log");
    let mut dispatched: HashMap<String, usize> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == "dispatch") {
        *dispatched.entry(entry.subject["run"].to_string()).or_default() += 1;
    }
    assert!(dispatched.values().all(|times| *times == 1), "dispatched again: {dispatched:?}");
    let requests = story.bot.world().requests();
    let maybe_done = requests.iter().filter(|it| {
        it.method == reqwest::Method::POST
            && it.path.contains("schedule-tasks")
            && it.status.is_none_or(|status| !(400..500).contains(&status))
    });
    let maybe_done = maybe_done.count();
    assert!(maybe_done <= dispatched.len(), "{maybe_done} sent, {} granted", dispatched.len());

    let of_state = |key: &str| approvals.values().filter(|it| it.state.key() == key).count();
    let run_state = |key: &str| runs.iter().filter(|it| it.state.key() == key).count();
    Seen {
        asked: approvals.len(),
        approved: of_state("approved"),
        voided: of_state("voided"),
        sent: sent.len(),
        doubtful: entries.iter().filter(|it| it.text.starts_with("doubtful")).count(),
        unsent: run_state("not_sent"),
        put_to_a_person: run_state("asked_a_person"),
    }
}
