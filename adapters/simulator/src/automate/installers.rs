//! Tokens that install agents, and agents that are mended on their machine.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::estate::{Computer, Place};
use super::{Desk, Memory, error};
use crate::access::AgentAct;
use crate::fleet::Fleet;
use crate::http::{Answer, Request};
use crate::mix::mix;

/// From a cure to the first check-in.
const BACK_AFTER: SignedDuration = SignedDuration::from_secs(90);

/// How long a token is good for.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What brings a silent agent back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cure {
    /// Its services are started anew.
    #[default]
    Restart,
    /// It is installed anew.
    Reinstall,
    /// The same, and the installer prints its token.
    ReinstallLoudly,
    Nothing,
}

#[derive(Debug, Default)]
pub(super) struct Installers {
    /// With its location and its end.
    made: Vec<(String, i64, Timestamp)>,
}

impl Installers {
    pub(super) fn tokens(&self) -> impl Iterator<Item = &str> {
        self.made.iter().map(|it| it.0.as_str())
    }
}

impl Desk<'_> {
    /// The answer is a bare JSON string.
    pub(super) fn installer(&mut self, request: &Request) -> Answer {
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return error(400, "The request is invalid.");
        };
        let number = |name: &str| body.get(name).and_then(Value::as_i64);
        let (Some(location), Some(1)) = (number("LocationId"), number("InstallerType")) else {
            return error(400, "The request is invalid.");
        };
        if !self.automate.estate.locations.iter().any(|it| it.id == location) {
            return error(404, "Location not found.");
        }
        let made = &mut self.automate.installers.made;
        let seed = [self.fleet.seed, 0x705e, made.len() as u64];
        let token = format!("{:016x}{:016x}", mix(&seed), mix(&[mix(&seed), 1]));
        made.push((token.clone(), location, self.now + GOOD_FOR));
        Answer::ok(&json!(token))
    }
}

impl Memory {
    /// Something was done to the agent on its machine.
    pub(crate) fn agent_act(&mut self, fleet: &Fleet, act: &AgentAct) {
        let is_it = |it: &&mut Computer| it.place == Place::Fleet(act.machine) && !it.retired;
        let estate = &mut self.estate;
        let locations: Vec<i64> =
            estate.computers.iter().map(|it| estate.location(fleet, it)).collect();
        let made = &self.installers.made;
        for (computer, location) in estate.computers.iter_mut().zip(locations) {
            if !is_it(&&mut *computer) || computer.quirk.back_at.is_some() {
                continue;
            }
            let helps = match (&act.installed, computer.quirk.cure) {
                (None, cure) => cure == Cure::Restart,
                (Some((token, place)), cure) => {
                    cure != Cure::Nothing
                        && *place == location
                        && made.iter().any(|(known, of, end)| {
                            known == token && *of == location && *end > act.at
                        })
                }
            };
            if helps {
                computer.quirk.back_at = Some(act.at + BACK_AFTER);
            }
        }
    }

    /// Whether the installer on this machine prints its token.
    pub(crate) fn is_loud(&self, machine: crate::fleet::MachineNo) -> bool {
        let of = |it: &&Computer| it.place == Place::Fleet(machine);
        self.estate.computers.iter().filter(of).any(|it| it.quirk.cure == Cure::ReinstallLoudly)
    }
}
