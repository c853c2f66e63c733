//! How a device is doing right now: every part, or why it is not there.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError, Process};
use countersign::reply::Block;
use countersign::words;
use serde_json::{Map, Value, json};

use super::answer;
use crate::api::UsageOf;
use crate::args::Args;
use crate::client::Lane;
use crate::rmm::Rmm;
use crate::show::{fields, utc};
use crate::wire::{Beat, State, Usage};

/// Processes that are shown; the rest is counted.
const PROCESSES_SHOWN: usize = 5;

impl Rmm {
    /// Asks for all parts at once and fails only when none of them came.
    ///
    /// Processes are the machine's own word, where somebody can ask it; no call of the product lists them. Costs up to
    /// five requests.
    pub(crate) async fn get_device_state(&self, call: &Call) -> Result<Answer, CallError> {
        let (id, label) = Args(call).endpoint()?;
        let company = self.company_of(call, id).await;
        let beat = async {
            let company = company?;
            let beats = self.client.heartbeat(&[company], Lane::Person).await.ok()?;
            beats.into_iter().find(|it| it.endpoint == id)
        };
        let processes = async {
            let (source, target) = (self.processes.get()?, call.targets.first()?);
            Some((source.source(), source.processes(target).await?))
        };
        let (state, cpu, memory, disk, beat, processes) = futures::join!(
            self.client.state(id, Lane::Person),
            self.client.usage(id, UsageOf::Cpu),
            self.client.usage(id, UsageOf::Memory),
            self.client.usage(id, UsageOf::Disk),
            beat,
            processes,
        );
        if let (Err(error), Err(_), Err(_), Err(_), None) = (&state, &cpu, &memory, &disk, &beat) {
            return Err(error.clone());
        }
        let mut parts =
            Parts { blocks: Vec::new(), missing: Vec::new(), data: Map::new(), said: Vec::new() };
        parts.beat(beat);
        parts.state(state);
        parts.usage("processor", "cpu", cpu);
        parts.usage("memory", "memory", memory);
        parts.disks(disk);
        parts.processes(processes);
        if !parts.missing.is_empty() {
            parts.blocks.push(Block::Note(format!("Not available: {}.", parts.missing.join("; "))));
        }
        let summary = match parts.said.is_empty() {
            true => label,
            false => format!("{label}: {}", parts.said.join(", ")),
        };
        Ok(answer(summary, parts.blocks, Value::Object(parts.data)))
    }

    /// The company of a device: as named, as in the directory, else unknown.
    async fn company_of(&self, call: &Call, endpoint: &str) -> Option<String> {
        if let Some(id) = call.client.as_ref().and_then(|it| it.rmm.clone()) {
            return Some(id);
        }
        let target = call.targets.iter().find(|it| it.rmm.as_deref() == Some(endpoint))?;
        match crate::ids::company_of(&target.client) {
            Some(id) => Some(id.to_owned()),
            None => self.names().await.company_behind(&target.client),
        }
    }
}

struct Parts {
    blocks: Vec<Block>,
    /// Parts that did not come, with why.
    missing: Vec<String>,
    data: Map<String, Value>,
    /// For the summary.
    said: Vec<String>,
}

impl Parts {
    fn beat(&mut self, beat: Option<Beat>) {
        let Some(beat) = beat else { return };
        let word = match beat.online {
            Some(true) => "online",
            Some(false) => "offline",
            None => return,
        };
        self.said.push(word.to_owned());
        let seen = beat.seen_at.map(utc);
        self.data.insert("online".into(), json!(beat.online));
        self.data.insert("seen_at".into(), json!(seen));
        self.blocks.push(fields([("Online", Some(word.to_owned())), ("Last seen", seen)]));
    }

    fn state(&mut self, state: Result<Value, CallError>) {
        let value = match self.part("state", "state", state) {
            Some(value) => value,
            None => return,
        };
        let state = State::read(&value);
        let user = |it: &countersign::directory::LogOn| match it.at {
            Some(at) => format!("{} since {}", it.user, utc(at)),
            None => it.user.to_string(),
        };
        let now: Vec<String> = state.users_now.iter().map(user).collect();
        let last = state.last_user.as_ref().map(|it| match it.at {
            Some(at) => format!("{}, {}", it.user, utc(at)),
            None => it.user.to_string(),
        });
        let on = match now.as_slice() {
            [] => "nobody".to_owned(),
            some => words::list(some),
        };
        self.blocks.push(fields([
            ("Last boot", state.booted_at.map(utc)),
            ("Logged on", Some(on)),
            ("Last user", if now.is_empty() { last } else { None }),
            ("State as of", state.read_at.map(utc)),
        ]));
        if let [one] = state.users_now.as_slice() {
            self.said.push(format!("{} logged on", one.user));
        }
    }

    fn usage(&mut self, label: &str, key: &'static str, usage: Result<Value, CallError>) {
        let Some(value) = self.part(label, key, usage) else { return };
        let usage = Usage::read(&value);
        let percent = usage.percent.or_else(|| {
            Some(usage.used? as f64 * 100.0 / usage.total.filter(|it| *it > 0)? as f64)
        });
        match percent {
            Some(percent) => {
                let detail = match (usage.used, usage.total) {
                    (Some(used), Some(total)) => {
                        format!("{} of {} used", words::bytes(used), words::bytes(total))
                    }
                    _ => format!("{percent:.0} % used"),
                };
                let percent = percent.round().clamp(0.0, 100.0) as u8;
                self.said.push(format!("{label} {percent} %"));
                let label = crate::show::capital(label);
                self.blocks.push(Block::Meter { label, percent, detail });
            }
            None => self.missing.push(format!("{label} (the answer has no figure that is known)")),
        }
    }

    fn disks(&mut self, usage: Result<Value, CallError>) {
        let Some(value) = self.part("disks", "disk", usage) else { return };
        let disks = Usage::read(&value).disks;
        if disks.is_empty() {
            self.missing.push("disks (the answer has no figure that is known)".to_owned());
        }
        for disk in disks {
            let percent = disk.used_percent();
            self.said.push(format!("{} {percent} % full", disk.name));
            let detail =
                format!("{} free of {}", words::bytes(disk.free), words::bytes(disk.total));
            self.blocks.push(Block::Meter { label: disk.name, percent, detail });
        }
    }

    fn processes(&mut self, answer: Option<(&str, Result<Vec<Process>, CallError>)>) {
        let (source, processes) = match answer {
            Some((source, Ok(processes))) => (source, processes),
            Some((source, Err(error))) => {
                let why = error.for_person();
                let why = format!("processes ({source}: {})", why.trim_end_matches('.'));
                self.data.insert("processes_reason".into(), json!(why));
                self.data.insert("processes".into(), Value::Null);
                self.missing.push(why);
                return;
            }
            None => {
                self.data.insert("processes".into(), Value::Null);
                self.data.insert("processes_reason".into(), json!("not offered by the API"));
                return;
            }
        };
        let row = |it: &Process| {
            let cpu = it.cpu_secs.map(|it| format!("{it:.0} s"));
            let memory = it.memory_bytes.map(words::bytes);
            vec![
                it.name.clone(),
                it.id.clone(),
                memory.unwrap_or_default(),
                cpu.unwrap_or_default(),
            ]
        };
        let data = |it: &Process| json!({"name": it.name, "id": it.id, "memory_bytes": it.memory_bytes, "cpu_secs": it.cpu_secs});
        self.data.insert("processes".into(), processes.iter().map(data).collect());
        self.data.insert("processes_source".into(), json!(source));
        self.blocks.push(Block::Table {
            columns: ["Process", "Id", "Memory", "Processor time"].map(str::to_owned).to_vec(),
            rows: processes.iter().take(PROCESSES_SHOWN).map(row).collect(),
            more: processes.len().saturating_sub(PROCESSES_SHOWN),
        });
        self.blocks.push(Block::Note(format!(
            "The processes were asked of the machine just now, through {source}; everything else is what ConnectWise RMM knows."
        )));
    }

    /// Keeps the part for `data`, or notes why it is not there.
    fn part(
        &mut self,
        label: &str,
        key: &'static str,
        part: Result<Value, CallError>,
    ) -> Option<Value> {
        match part {
            Ok(value) => {
                self.data.insert(key.into(), value.clone());
                Some(value)
            }
            Err(error) => {
                let why = error.for_person();
                self.data.insert(key.into(), json!({ "error": why }));
                self.missing.push(format!("{label} ({})", why.trim_end_matches('.')));
                None
            }
        }
    }
}
