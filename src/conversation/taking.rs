//! The round that asks machines for their inventory in the background.
//!
//! It is a read: a fixed script into which nobody's words go. It is asked for in Countersign's own name, and only where
//! policy lets the tool run without approval for this machine at this moment; a halt or a stricter rule stops it like
//! anybody. That a machine was asked is committed before the question goes out, so a process that dies asks no machine
//! twice.

use futures::future::join_all;
use serde_json::{Map, json};
use tracing::{debug, info};

use jiff::{SignedDuration, Timestamp};

use crate::audit::NewEntry;
use crate::conversation::Engine;
use crate::conversation::consider::Considering;
use crate::conversation::turn::BOT;
use crate::directory::{Device, Directory, Person, Product};
use crate::inventory::{IN_FLIGHT_MAX, due};
use crate::plan::{Call, Target};
use crate::policy::{Scope, Verdict};
use crate::ports::{Change, PolicyTable, StoreError, Write};
use crate::tool::{GET_INVENTORY, ToolName};

/// How a round went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    pub asked: usize,
    pub read: usize,
}

impl Engine {
    /// Asks the machines that are due, at most as many as may be under way, and waits for what they say.
    pub async fn take_inventory(&self, every: SignedDuration) -> Result<Round, StoreError> {
        let Some(provider) = self.provider(Product::Control) else { return Ok(Round::default()) };
        let (now, directory) = (self.now(), self.directory());
        let mut waiting: Vec<_> = Vec::new();
        let known = self.store().inventory_times().await?;
        for device in directory.devices() {
            let Some(session) = may_be_asked(device) else { continue };
            let asked_at = known.get(session).copied();
            if let Some(kind) = due(session, asked_at, every, now) {
                waiting.push((kind, asked_at, session.to_owned(), device));
            }
        }
        // Who was never asked comes first, then who waits longest.
        waiting.sort_by(|one, other| (one.0, one.1, &one.2).cmp(&(other.0, other.1, &other.2)));
        let table = self.store().policies().await?;
        let allowed = waiting.into_iter().filter_map(|(_, asked_at, session, device)| {
            let target = Target::of(device, &directory, Vec::new());
            self.may_ask(GET_INVENTORY, &directory, &table, &target, now)
                .then_some((asked_at, session, target))
        });
        let under_way = self.store().inventory_asking(now).await?.under_way;
        let free = u64::from(IN_FLIGHT_MAX).saturating_sub(under_way);
        let machines: Vec<_> = allowed.take(usize::try_from(free).unwrap_or(0)).collect();
        if machines.is_empty() {
            return Ok(Round::default());
        }
        let asked =
            machines.iter().map(|(before, session, _)| (session.clone(), *before)).collect();
        let change = Change {
            writes: vec![Write::InventoryAsked { sessions: asked, at: now }],
            audit: vec![entry(machines.len(), now)],
        };
        match self.store().commit(change).await {
            Ok(_) => {}
            // Another process asks these, or enough are under way.
            Err(StoreError::Lost { .. }) => return Ok(Round::default()),
            Err(error) => return Err(error),
        }
        let questions = machines.iter().map(|(_, session, target)| async move {
            match provider.inventory(target).await {
                Ok(inventory) => Some((session.clone(), inventory)),
                Err(error) => {
                    debug!(device = %target.label(), error = %error, "no inventory; asked again at its next time");
                    None
                }
            }
        });
        let read: Vec<_> = join_all(questions).await.into_iter().flatten().collect();
        let round = Round { asked: machines.len(), read: read.len() };
        let at = self.now();
        let writes = read
            .into_iter()
            .map(|(session, inventory)| Write::InventoryRead { session, inventory, at })
            .collect();
        self.store().commit(Change { writes, audit: Vec::new() }).await?;
        info!(asked = round.asked, read = round.read, "inventory");
        Ok(round)
    }

    /// Whether policy lets `tool`, a read, run on `target` right now without anybody's approval.
    pub async fn may_read(&self, tool: &str, target: &Target) -> Result<bool, StoreError> {
        let table = self.store().policies().await?;
        Ok(self.may_ask(tool, &self.directory(), &table, target, self.now()))
    }

    /// What policy says of it, for this machine, in Countersign's own name.
    fn may_ask(
        &self,
        tool: &str,
        directory: &Directory,
        table: &PolicyTable,
        target: &Target,
        now: Timestamp,
    ) -> bool {
        let catalogue = self.catalogue();
        let Some(tool) = catalogue.get(&ToolName::new(tool)) else { return false };
        let call = Call {
            tool: tool.name.clone(),
            title: tool.title.clone(),
            product: tool.product,
            effect: tool.effect,
            arguments: Map::new(),
            targets: vec![target.clone()],
            client: None,
            script: None,
            instead_of: None,
            start: None,
            canary: None,
            warn_mins: None,
            spread: None,
        };
        // A halt stops what changes something; what nobody asked for stops with it.
        let is_halted = table.halts.iter().any(|it| match &it.scope {
            Scope::Everything => true,
            Scope::Client(client) => *client == target.client,
            Scope::Tool(_) | Scope::Person(_) => false,
        });
        if is_halted {
            return false;
        }
        let (itself, rules) = (Person::itself(BOT), self.rules_of(table));
        let considering = Considering {
            rollout: None,
            ..self.considering((directory, &catalogue), (table, &rules), &itself, now)
        };
        !call.is_write() && considering.ruling(&call, "").verdict == Verdict::Run
    }
}

/// The session of a Windows machine that is connected.
fn may_be_asked(device: &Device) -> Option<&str> {
    let pathway = device.control.as_ref().filter(|it| it.online == Some(true))?;
    let is_windows = device.os.as_deref().is_some_and(|it| it.to_lowercase().contains("windows"));
    is_windows.then_some(pathway.id.as_str())
}

fn entry(count: usize, now: Timestamp) -> NewEntry {
    NewEntry {
        at: now,
        actor: BOT.into(),
        kind: "inventory",
        subject: json!({ "tool": GET_INVENTORY, "machines": count }),
        text: format!("asked {} for their inventory", crate::words::count(count, "machine")),
        client: None,
    }
}
