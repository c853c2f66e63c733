//! Stories that chance writes, and what has to hold at the end of every one.
//!
//! `cargo test` plays a few. More: `COUNTERSIGN_SCENARIOS=1000 cargo test --release --test it scenarios`. One again,
//! with its steps: `COUNTERSIGN_SEED=17 cargo test --test it scenarios`.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::PoisonError;

use countersign::approval::{StandingGrant, State as ApprovalState};
use countersign::ids::{ApprovalId, StandingId};
use countersign::ports::{RunFilter, Store as _};
use countersign::run::{Authority, Run, State as RunState};
use futures::FutureExt as _;

use crate::harness::story::{Steps, Story};

/// Stories of a plain `cargo test`.
const STORIES: u64 = 8;

const STEPS: usize = 250;

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
        assert!(seen.came_again > 0 && seen.given_ahead > 0, "too tame: {seen:?}");
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
    in_part: usize,
    came_again: usize,
    given_ahead: usize,
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
        self.in_part += other.in_part;
        self.came_again += other.came_again;
        self.given_ahead += other.given_ahead;
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
    let grants = store.standing_grants(1_000).await.expect("standing grants");
    let mut used = HashSet::new();
    let mut given_ahead: HashMap<StandingId, u32> = HashMap::new();
    for run in &runs {
        let (id, plan) = match &run.authority {
            Authority::Approval { id, plan } => (id, plan),
            Authority::Standing { grant, .. } => {
                let of = |it: &&StandingGrant| it.id == *grant;
                covers(grants.iter().find(of).expect("a standing grant"), run);
                let counts = !run.call.is_ticket();
                let devices = if counts { run.call.targets.len() } else { 0 };
                let devices = u32::try_from(devices).expect("a small number");
                *given_ahead.entry(grant.clone()).or_default() += devices;
                continue;
            }
            Authority::Auto { .. } => panic!("nothing here runs without a yes: {run:?}"),
        };
        let key = (id.clone(), run.step, run.occurrence());
        assert!(used.insert(key), "a grant was used twice: {run:?}");
        let approval = &approvals[id];
        assert_eq!(&approval.offered(), plan, "an approval of another plan");
        // Steps that were left out count no more.
        let kept = approval.kept();
        let step = usize::try_from(run.step).expect("a small number");
        assert_eq!(kept[step].1.digest(), run.digest, "not what was approved");
        let before = step.checked_sub(1).map(|it| kept[it].1);
        if before.is_some_and(|it| it.canary.is_some()) && sent.contains(&run.id) {
            let first = |it: &&Run| it.request == run.request && it.step + 1 == run.step;
            let first = runs.iter().find(first).expect("the canary");
            assert!(matches!(first.state, RunState::Succeeded { .. }), "before it worked: {run:?}");
        }
        let deciders: HashSet<_> = approval.decisions.iter().map(|it| &it.by).collect();
        assert!(deciders.len() >= usize::from(approval.quorum.needed), "no quorum: {approval:?}");
        for decider in deciders {
            assert!(story.may_decide(decider), "{decider} may not approve");
            assert_ne!(decider, &approval.requester, "approved by whoever asked");
        }
    }
    for (id, devices) in &given_ahead {
        let grant = grants.iter().find(|it| it.id == *id).expect("a standing grant");
        assert!(*devices <= grant.uses_max, "{devices} devices of {}", grant.uses_max);
        assert_eq!(*devices, grant.used, "its uses are not those of its runs");
    }

    // No approved write is lost: it ran, or it is known that it did not, or a person was asked.
    for approval in approvals.values() {
        let of = |run: &&Run| matches!(&run.authority, Authority::Approval { id, .. } if *id == approval.id);
        let mut its = runs.iter().filter(of);
        match &approval.state {
            ApprovalState::Approved { .. } => assert!(its.next().is_some(), "lost: {approval:?}"),
            // Drift right before the run voids what was approved; an edit voids what waited. Of what comes
            // again, earlier ones ran.
            ApprovalState::Voided { .. } => assert!(
                its.all(|it| it.occurrence().is_some() || !sent.contains(&it.id)),
                "void, and ran: {approval:?}"
            ),
            ApprovalState::Waiting
            | ApprovalState::Denied { .. }
            | ApprovalState::Expired { .. }
            | ApprovalState::Withdrawn { .. } => {
                assert!(its.next().is_none(), "ran: {approval:?}")
            }
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
        in_part: approvals.values().filter(|it| !it.left_out().is_empty()).count(),
        came_again: runs.iter().filter(|it| it.occurrence().is_some()).count(),
        given_ahead: given_ahead.len(),
    }
}

/// A yes given ahead lets this run: signed in time by somebody else who may, for this person, tool and client.
fn covers(grant: &StandingGrant, run: &Run) {
    let signature = grant.signed.as_ref().expect("nobody signed it");
    assert_eq!(signature.by.as_str(), "mia", "only mia is a manager");
    assert_ne!(signature.by, grant.requester, "signed by whoever asked");
    assert_eq!(grant.requester, run.requester, "given to somebody else");
    // The ticket behind a covered change comes along.
    if run.call.is_ticket() {
        return;
    }
    assert_eq!(grant.tool, run.call.tool, "another tool");
    assert_eq!(grant.arguments, run.call.arguments, "other arguments");
    assert!(run.call.targets.iter().all(|it| it.client == grant.client), "another client");
    assert!(signature.at <= run.created_at && run.created_at < signature.until, "not in its time");
}
