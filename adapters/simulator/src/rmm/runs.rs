//! The run machine: what was scheduled, what has started, what came out, as a function of virtual time.
//!
//! Nothing runs in the background. [`Runs::settle`] is called before each answer and plays, in order of time, every
//! start and end that is due. A run on a machine that is offline waits until the machine is back.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::behaviour::{self, Outcome, Setting};
use super::catalogue::Catalogue;
use super::ids::{Ids, Thing};
use super::schedule::Scheduled;
use crate::fleet::{Fleet, MachineNo};
use crate::mix::mix;

/// Where one endpoint is with one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// Accepted, on its way to the agent.
    Pending,
    /// The machine is offline.
    Waiting,
    Running,
    Success,
    Failed,
}

/// A script that really started on a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    pub task_id: Uuid,
    pub task_name: String,
    pub template_id: Uuid,
    pub template_name: String,
    pub endpoint_id: Uuid,
    /// The host name it had then.
    pub host: String,
    pub client: String,
    pub parameters: Value,
    pub state: RunState,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub stdout: String,
    pub stderr: String,
}

/// A checked schedule call.
pub(crate) struct Order {
    pub(crate) script: usize,
    pub(crate) name: String,
    pub(crate) parameters: Value,
    pub(crate) machines: Vec<MachineNo>,
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: Uuid,
    pub(crate) instance: Uuid,
    pub(crate) name: String,
    /// Place in the catalogue.
    pub(crate) script: usize,
    pub(crate) parameters: Value,
    pub(crate) created_at: Timestamp,
    pub(crate) runs: Range<usize>,
    /// How often somebody asked for its instances; the first time there are none yet.
    pub(crate) asked: u32,
}

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) task: usize,
    pub(crate) machine: MachineNo,
    pub(crate) endpoint: Uuid,
    pub(crate) state: RunState,
    pub(crate) started: Option<(Timestamp, Box<str>)>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Start,
    End,
}

/// Failures on order: this script on this machine, or on all of them, ends with this text.
#[derive(Debug)]
struct Sabotage {
    script: Uuid,
    machine: Option<MachineNo>,
    stderr: String,
}

#[derive(Debug, Default)]
pub(crate) struct Runs {
    pub(crate) tasks: Vec<Task>,
    pub(crate) runs: Vec<Run>,
    pub(crate) scheduled: Vec<Scheduled>,
    started: Vec<usize>,
    due: BinaryHeap<Reverse<(Timestamp, usize, Step)>>,
    parked: HashMap<MachineNo, Vec<usize>>,
    sabotage: Vec<Sabotage>,
}

/// An agent picks work up this long after it was accepted or after it came back, and a moment more.
const PICK_UP: Duration = Duration::from_secs(1);

impl Runs {
    /// Creates the task with one run per machine, and gives its id.
    pub(crate) fn accept(&mut self, ids: Ids, fleet: &Fleet, order: Order, now: Timestamp) -> Uuid {
        let no = self.tasks.len();
        let first = self.runs.len();
        for machine in order.machines {
            let jitter = mix(&[ids.seed, 0xa6e, no as u64, u64::from(machine.0)]) % 1500;
            self.due.push(Reverse((
                now + PICK_UP + Duration::from_millis(jitter),
                self.runs.len(),
                Step::Start,
            )));
            self.runs.push(Run {
                task: no,
                machine,
                endpoint: ids.endpoint(fleet, machine),
                state: RunState::Pending,
                started: None,
                ended_at: None,
                stdout: String::new(),
                stderr: String::new(),
            });
        }
        let id = ids.id(Thing::Task, no as u32, 0);
        self.tasks.push(Task {
            id,
            instance: ids.id(Thing::Instance, no as u32, 0),
            name: order.name,
            script: order.script,
            parameters: order.parameters,
            created_at: now,
            runs: first..self.runs.len(),
            asked: 0,
        });
        id
    }

    /// Plays everything that is due until `now`, in order of time.
    pub(crate) fn settle(
        &mut self,
        catalogue: &Catalogue,
        fleet: &mut Fleet,
        ids: Ids,
        now: Timestamp,
    ) {
        while let Some(Reverse((at, no, step))) = self.due.peek().copied() {
            if at > now {
                break;
            }
            self.due.pop();
            match step {
                Step::Start => self.start(catalogue, fleet, ids, no, at),
                Step::End => self.end(catalogue, fleet, no, at),
            }
        }
    }

    fn start(&mut self, catalogue: &Catalogue, fleet: &Fleet, ids: Ids, no: usize, at: Timestamp) {
        let run = &mut self.runs[no];
        let machine = fleet.machine(run.machine);
        // A reinstalled agent knows nothing of what was sent to the old one.
        if !machine.online || ids.endpoint(fleet, run.machine) != run.endpoint {
            run.state = RunState::Waiting;
            self.parked.entry(run.machine).or_default().push(no);
            return;
        }
        let task = &self.tasks[run.task];
        let takes = behaviour::duration(catalogue.scripts[task.script].behaviour, &task.parameters);
        let jitter = mix(&[0x7a4e, no as u64, u64::from(run.machine.0)]) % 2000;
        run.state = RunState::Running;
        run.started = Some((at, machine.name.clone()));
        self.started.push(no);
        self.due.push(Reverse((at + takes + Duration::from_millis(jitter), no, Step::End)));
    }

    fn end(&mut self, catalogue: &Catalogue, fleet: &mut Fleet, no: usize, at: Timestamp) {
        let run = &mut self.runs[no];
        let task = &self.tasks[run.task];
        let script = &catalogue.scripts[task.script];
        let spoilt = |it: &&Sabotage| {
            it.script == script.id && it.machine.is_none_or(|it| it == run.machine)
        };
        let outcome = match self.sabotage.iter().find(spoilt) {
            Some(sabotage) => Outcome::failed(&sabotage.stderr),
            None => behaviour::play(
                script.behaviour,
                &mut Setting {
                    fleet,
                    machine: run.machine,
                    parameters: &task.parameters,
                    at,
                    luck: no as u64,
                },
            ),
        };
        run.state = if outcome.ok { RunState::Success } else { RunState::Failed };
        run.ended_at = Some(at);
        run.stdout = outcome.stdout;
        run.stderr = outcome.stderr;
    }

    /// The machine is back: what waited for it starts soon.
    pub(crate) fn back_online(&mut self, machine: MachineNo, now: Timestamp) {
        for no in self.parked.remove(&machine).unwrap_or_default() {
            self.due.push(Reverse((now + PICK_UP, no, Step::Start)));
        }
    }

    /// From now on `script` fails on `machine`, or everywhere.
    pub(crate) fn sabotage(&mut self, script: Uuid, machine: Option<MachineNo>, stderr: &str) {
        self.sabotage.push(Sabotage { script, machine, stderr: stderr.to_owned() });
    }

    pub(crate) fn find(&self, ids: Ids, task: &str) -> Option<usize> {
        let no = ids.read(Thing::Task, task)? as usize;
        (no < self.tasks.len()).then_some(no)
    }

    pub(crate) fn of(&self, task: &Task) -> &[Run] {
        &self.runs[task.runs.clone()]
    }

    /// What really started, in order of time.
    pub(crate) fn executions(&self, catalogue: &Catalogue, fleet: &Fleet) -> Vec<Execution> {
        let execution = |no: &usize| {
            let run = &self.runs[*no];
            let task = &self.tasks[run.task];
            let script = &catalogue.scripts[task.script];
            let (started_at, host) = run.started.as_ref()?;
            Some(Execution {
                task_id: task.id,
                task_name: task.name.clone(),
                template_id: script.id,
                template_name: script.name.clone(),
                endpoint_id: run.endpoint,
                host: host.to_string(),
                client: fleet.client(fleet.machine(run.machine).client).name.to_string(),
                parameters: task.parameters.clone(),
                state: run.state,
                started_at: *started_at,
                ended_at: run.ended_at,
                stdout: run.stdout.clone(),
                stderr: run.stderr.clone(),
            })
        };
        self.started.iter().filter_map(execution).collect()
    }
}
