//! Rules of an operator: they narrow, never widen.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::policy::when::{Day, Hours, Wanted, glob, word_fits};
use crate::policy::who::Who;
use crate::policy::zone::{self, Zone};
use crate::policy::{Case, Policy};
use crate::tool::ToolName;

/// One `[[rules]]` entry. Every condition that is there must hold; without any it holds for all calls of
/// the matching tools. What cannot be known (a client without a time zone) counts as holding.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// How cards and `policy explain` call it; without one, by its tool.
    pub name: Option<String>,

    // --- when
    /// Tool names; `*` stands for any text: `connectwise_rmm:cw-rmm-script-*`.
    pub tool: String,
    /// By name: `"> 30"`, `"C:*"`. One that is not given counts with its default; without one it fits.
    pub arguments: BTreeMap<String, Wanted>,
    /// Clients by name, with `*`, case aside: at least one device is one of theirs.
    #[serde(deserialize_with = "one_or_many")]
    pub client: Vec<String>,
    /// Sites by name, likewise.
    #[serde(deserialize_with = "one_or_many")]
    pub site: Vec<String>,
    /// `server` or `workstation`: at least one device is one.
    pub class: Option<Class>,
    /// More devices than this.
    pub devices_over: Option<usize>,
    /// More clients than this.
    pub clients_over: Option<usize>,
    /// In the time zone of the client, else of the device's site: `08:00-18:00`.
    pub hours: Option<Hours>,
    /// In the same zone: `["sat", "sun"]`.
    pub weekdays: Vec<Day>,
    /// Who asks: names, `role:…`.
    #[serde(deserialize_with = "one_or_many")]
    pub asked_by: Vec<String>,

    // --- then
    /// Raises the verdict; a rule cannot lower one.
    pub policy: Option<Policy>,
    /// Who may decide; see [`Who`].
    #[serde(deserialize_with = "one_or_many")]
    pub approvers: Vec<String>,
    /// How many different approvers must say yes.
    pub quorum: Option<u8>,
    /// One more person, of these, has to say yes besides the quorum.
    #[serde(deserialize_with = "one_or_many")]
    pub second: Vec<String>,
    /// Without "because …" in the request it is refused.
    pub reason_required: bool,
    /// A word of the reason must look like this: `CW-#`, where `#` stands for digits.
    pub reason_pattern: Option<String>,
    /// The quorum when the reason has such a word.
    pub reason_quorum: Option<u8>,
    /// How long an approval waits, in minutes.
    pub expires_mins: Option<u32>,
    /// When nobody of `approvers` decided for so many minutes, `escalate_to` may, too.
    pub escalate_mins: Option<u32>,
    #[serde(deserialize_with = "one_or_many")]
    pub escalate_to: Vec<String>,
    /// A ticket is the last step of the plan.
    pub ticket: bool,
    /// The requester may approve; off unless switched on, and the audit shows it. An explicit `false` of
    /// another rule wins.
    pub self_approval: Option<bool>,
    /// It stands in the console, not in the configuration file.
    #[serde(skip)]
    pub stored: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    Server,
    Workstation,
}

impl Class {
    /// "servers".
    pub fn label(self) -> &'static str {
        match self {
            Self::Server => "servers",
            Self::Workstation => "workstations",
        }
    }
}

/// One condition of a rule, as it came out for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// "more than 5 devices".
    pub wanted: String,
    pub holds: bool,
    /// "2 devices".
    pub seen: String,
}

impl Rule {
    /// Whether the rule is about this tool at all, whatever its other conditions.
    pub fn concerns(&self, tool: &ToolName) -> bool {
        glob(&self.tool, tool.as_str())
    }

    /// How cards call it: "rule “servers by day”", "rule for connectwise_rmm:* (servers)".
    pub fn label(&self) -> String {
        if let Some(name) = &self.name {
            return format!("rule “{name}”");
        }
        let mut when = Vec::new();
        when.extend(self.arguments.iter().map(|(name, it)| format!("{name} {}", it.as_str())));
        if !self.client.is_empty() {
            when.push(format!("client {}", self.client.join(" or ")));
        }
        if !self.site.is_empty() {
            when.push(format!("site {}", self.site.join(" or ")));
        }
        when.extend(self.class.map(|class| class.label().to_owned()));
        when.extend(self.devices_over.map(|limit| format!("more than {limit} devices")));
        when.extend(self.clients_over.map(|limit| format!("more than {limit} clients")));
        when.extend(self.hours.map(|hours| format!("between {hours} there")));
        let when = if when.is_empty() { String::new() } else { format!(" ({})", when.join(", ")) };
        format!("rule for {}{when}", self.tool)
    }

    pub fn matches(&self, case: &Case<'_>) -> bool {
        self.concerns(&case.call.tool) && self.conditions(case).iter().all(|it| it.holds)
    }

    /// Every condition besides the tool, with what was seen.
    pub fn conditions(&self, case: &Case<'_>) -> Vec<Condition> {
        let call = case.call;
        let mut all = Vec::new();
        let mut add =
            |wanted: String, holds: bool, seen: String| all.push(Condition { wanted, holds, seen });

        for (name, wanted) in &self.arguments {
            let given = call.arguments.get(name);
            let default = || {
                let properties = case.tool?.schema.get("properties")?;
                properties.get(name)?.get("default")
            };
            let value = given.or_else(default);
            let seen = match value {
                Some(value) => crate::mask::mask(&crate::words::cut(&value.to_string(), 60)),
                None => "not given, and nobody knows its default".to_owned(),
            };
            let holds = value.is_none_or(|value| wanted.fits(value));
            add(format!("{name} {}", wanted.as_str()), holds, format!("{name} is {seen}"));
        }
        if !self.client.is_empty() {
            let names = case.client_names();
            let holds = names.iter().any(|name| self.client.iter().any(|it| glob(it, name)));
            add(format!("client {}", self.client.join(" or ")), holds, or_none(&names));
        }
        if !self.site.is_empty() {
            let sites = call.targets.iter().filter_map(|target| target.site_name.as_deref());
            let mut names: Vec<&str> = sites.collect();
            names.dedup();
            let holds = names.iter().any(|name| self.site.iter().any(|it| glob(it, name)));
            add(format!("site {}", self.site.join(" or ")), holds, or_none(&names));
        }
        if let Some(class) = self.class {
            let servers = call.targets.iter().filter(|target| target.server).count();
            let others = call.targets.len() - servers;
            let holds = if class == Class::Server { servers > 0 } else { others > 0 };
            let seen = format!(
                "{} and {}",
                crate::words::count(servers, "server"),
                crate::words::count(others, "workstation")
            );
            add(class.label().to_owned(), holds, seen);
        }
        if let Some(limit) = self.devices_over {
            let count = call.targets.len();
            let seen = crate::words::count(count, "device");
            add(format!("more than {limit} devices"), count > limit, seen);
        }
        if let Some(limit) = self.clients_over {
            let count = case.client_names().len();
            let seen = crate::words::count(count, "client");
            add(format!("more than {limit} clients"), count > limit, seen);
        }
        let zones = if self.hours.is_some() || !self.weekdays.is_empty() {
            zone::of(call, case.directory, case.calendars)
        } else {
            Vec::new()
        };
        if let Some(hours) = self.hours {
            let holds = zones.iter().any(|zone| zone.test(|zone| hours.contain(case.now, zone)));
            add(format!("between {hours} there"), holds, zone::shown(&zones, case.now));
        }
        if !self.weekdays.is_empty() {
            let on_day = |zone: &Zone| {
                zone.test(|zone| self.weekdays.iter().any(|day| day.holds(case.now, zone)))
            };
            let holds = zones.iter().any(on_day);
            add("on its days of the week".to_owned(), holds, zone::shown(&zones, case.now));
        }
        if !self.asked_by.is_empty() {
            let is_one =
                |name: &String| Who::parse(name).is_ok_and(|who| who.is(case.person, None));
            let holds = self.asked_by.iter().any(is_one);
            let wanted = format!("asked by {}", crate::policy::who::describe(&self.asked_by));
            add(wanted, holds, format!("{} asks", case.person.name));
        }
        all
    }

    /// Whether the reason has a word like [`Rule::reason_pattern`]; `false` without a pattern.
    pub fn reason_fits(&self, reason: Option<&str>) -> bool {
        let (Some(pattern), Some(reason)) = (&self.reason_pattern, reason) else { return false };
        reason.split_whitespace().any(|word| word_fits(pattern, word))
    }

    /// The quorum that this rule wants, given the reason of the request.
    pub fn quorum_for(&self, reason: Option<&str>) -> Option<u8> {
        match self.reason_quorum {
            Some(quorum) if self.reason_fits(reason) => Some(quorum),
            _ => self.quorum,
        }
    }
}

fn or_none(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// `"Acme"` or `["Acme", "Bluegum Vet"]`.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "write one text or a list of texts")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}
