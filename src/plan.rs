//! Calls and plans: concrete values with resolved targets, and the digest an approval is bound to.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::digest::Digest;
use crate::directory::{Device, Directory, Product};
use crate::ids::{ClientId, DeviceId};
use crate::run::Spread;
use crate::schedule::Start;
use crate::tool::{Effect, ScriptRef, ToolName, ticket_tool};
use crate::words;

/// One device that a call acts on, with everything a card must name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub device: DeviceId,
    pub name: String,
    pub client: ClientId,
    pub client_name: String,
    pub site_name: Option<String>,
    pub server: bool,
    pub online: Option<bool>,
    pub user: Option<String>,
    pub rmm: Option<String>,
    pub automate: Option<String>,
    pub control: Option<String>,
    /// Why this device was taken for the one meant; shown, not part of the digest.
    pub why: Vec<String>,
    /// The target came from outside text and not from the requester's own words.
    pub from_outside: bool,
    /// What the product that the call goes through calls it, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
    /// Other ways to the device, for the card: "ConnectWise RMM: offline, seen 3 days ago".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

impl Target {
    pub fn of(device: &Device, directory: &Directory, why: Vec<String>) -> Self {
        let id = |product| device.pathway(product).map(|pathway| pathway.id.clone());
        Self {
            device: device.id.clone(),
            name: device.name.clone(),
            client: device.client.clone(),
            client_name: directory.client_name(&device.client).to_owned(),
            site_name: device
                .site
                .as_ref()
                .and_then(|site| directory.site(site))
                .map(|site| site.name.clone()),
            server: device.class.is_server(),
            online: device.online(),
            user: device.last_user().map(str::to_owned),
            rmm: id(Product::Rmm),
            automate: id(Product::Automate),
            control: id(Product::Control),
            why,
            from_outside: false,
            called: None,
            also: Vec::new(),
        }
    }

    pub fn pathway(&self, product: Product) -> Option<&str> {
        match product {
            Product::Rmm => self.rmm.as_deref(),
            Product::Automate => self.automate.as_deref(),
            Product::Control => self.control.as_deref(),
        }
    }

    /// "MARIA-LT-01 (Bluegum Vet)": how a device is named everywhere.
    pub fn label(&self) -> String {
        format!("{} ({})", self.name, self.client_name)
    }
}

/// The client that a client-wide call is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientTarget {
    pub client: ClientId,
    pub name: String,
    /// The company's id in RMM.
    pub rmm: Option<String>,
    /// The client's id in Automate.
    #[serde(default)]
    pub automate: Option<String>,
}

/// A tool with concrete arguments and resolved targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub tool: ToolName,
    /// What people call the tool.
    pub title: String,
    pub product: Product,
    pub effect: Effect,
    pub arguments: Map<String, Value>,
    pub targets: Vec<Target>,
    pub client: Option<ClientTarget>,
    pub script: Option<ScriptRef>,
    /// The tool of another product that was meant, where this one reaches the device better; its policy
    /// counts as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<ToolName>,
    /// Not now, but then; `None`: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// The devices that go first, of so many that follow when all of them worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<u32>,
    /// Whoever is logged on there is told so many minutes before; `None`: nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_mins: Option<u32>,
    /// Device by device, each with runs of its own; `None`: all in one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
}

impl Call {
    /// The digest of what would happen: tool, arguments, devices with the agent that is used, client,
    /// script content.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.identity())
    }

    fn identity(&self) -> Value {
        let mut devices: Vec<Value> = self
            .targets
            .iter()
            .map(|target| {
                json!([target.device.as_str(), target.pathway(self.product).unwrap_or_default()])
            })
            .collect();
        devices.sort_by_key(Value::to_string);
        let mut identity = json!({
            "tool": self.tool.as_str(),
            "arguments": self.arguments,
            "devices": devices,
            "client": self.client.as_ref().map(|client| client.client.as_str()),
            "script": self.script.as_ref().map(|script| json!([script.id, script.content.as_str()])),
        });
        if let Some(start) = &self.start {
            identity["start"] = start.identity();
        }
        if let Some(followers) = self.canary {
            identity["canary"] = json!(followers);
        }
        if let Some(mins) = self.warn_mins {
            identity["warn_mins"] = json!(mins);
        }
        if let Some(spread) = &self.spread {
            identity["spread"] = spread.identity();
        }
        identity
    }

    pub fn is_write(&self) -> bool {
        self.effect == Effect::Write
    }

    pub fn is_ticket(&self) -> bool {
        Some(self.tool.as_str()) == ticket_tool(self.product)
    }

    /// How long before the change whoever is logged on there is told.
    pub fn lead(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.warn_mins.unwrap_or(0)))
    }

    /// The devices that nothing else may change while this runs. A ticket about a device changes nothing
    /// on it.
    pub fn locks(&self) -> Vec<DeviceId> {
        if !self.is_write() || self.is_ticket() {
            return Vec::new();
        }
        let mut devices: Vec<DeviceId> =
            self.targets.iter().map(|target| target.device.clone()).collect();
        devices.sort_unstable();
        devices.dedup();
        devices
    }

    /// Whether `next` is for the devices that follow those of this canary: somebody may have left these out.
    pub fn leads(&self, next: &Self) -> bool {
        self.canary.is_some() && next.tool == self.tool
    }

    /// "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)".
    pub fn sentence(&self) -> String {
        match (self.targets.as_slice(), &self.client) {
            ([], None) => self.title.clone(),
            ([], Some(client)) => format!("{} for {}", self.title, client.name),
            ([one], _) => format!("{} on {}", self.title, one.label()),
            ([one, other], _) => format!("{} on {} and {}", self.title, one.label(), other.label()),
            ([one, rest @ ..], _) => {
                format!("{} on {} and {} more devices", self.title, one.label(), rest.len())
            }
        }
    }

    /// The same, and of a few devices that go first also how many follow: "Flush DNS on A first, then 3 more devices".
    pub fn headline(&self) -> String {
        match self.canary {
            Some(followers) => {
                let more = usize::try_from(followers).unwrap_or(0);
                format!("{} first, then {}", self.sentence(), words::count(more, "more device"))
            }
            None => self.sentence(),
        }
    }
}

/// What `calls` do, in one sentence.
pub fn sentences(calls: &[Call]) -> String {
    words::list(&calls.iter().map(Call::sentence).collect::<Vec<_>>())
}

/// "Disk Cleanup on FS01 (Acme), then Reboot on DC01 (Acme)": the first call, and those that reach other devices than
/// it does. What else there is, the reader sees below.
pub fn headline<'a>(calls: impl IntoIterator<Item = &'a Call>) -> String {
    let calls: Vec<&Call> = calls.into_iter().collect();
    let first = calls.first().map(|it| it.headline()).unwrap_or_default();
    first + &then(&calls).0
}

/// The same where nothing stands below: the calls that it does not name are counted.
pub fn subject<'a>(calls: impl IntoIterator<Item = &'a Call>) -> String {
    let calls: Vec<&Call> = calls.into_iter().collect();
    match then(&calls).1 {
        0 => headline(calls),
        more => format!("{}, and {}", headline(calls), words::count(more, "more step")),
    }
}

/// Those of `calls` that reach other devices than the first does, as the end of its sentence; and how many others there are.
pub fn then(calls: &[&Call]) -> (String, usize) {
    let [first, rest @ ..] = calls else { return (String::new(), 0) };
    // The devices behind a canary are in its headline.
    let rest = match rest {
        [next, rest @ ..] if first.leads(next) => rest,
        rest => rest,
    };
    let is_new = |target: &Target| first.targets.iter().all(|it| it.device != target.device);
    let elsewhere: Vec<&&Call> = rest.iter().filter(|it| it.targets.iter().any(is_new)).collect();
    let text = match elsewhere.as_slice() {
        [] => String::new(),
        [one] => format!(", then {}", one.sentence()),
        many => format!(", then {} on other devices", words::count(many.len(), "step")),
    };
    (text, rest.len() - elsewhere.len())
}

/// The ordered calls proposed for a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub calls: Vec<Call>,
    /// Digest of the rulings that the calls got ([`crate::policy::Ruling`]): a policy that changes for one
    /// of these calls changes it, a policy of something else does not.
    pub policy: Digest,
}

impl Plan {
    /// What an approval is bound to.
    pub fn digest(&self) -> Digest {
        let calls: Vec<Value> = self.calls.iter().map(Call::identity).collect();
        Digest::of(&json!({ "calls": calls, "policy": self.policy.as_str() }))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn plan() -> Plan {
        let target = Target {
            device: DeviceId::new("dev-1"),
            name: "MARIA-LT-01".into(),
            client: ClientId::new("c1"),
            client_name: "Bluegum Vet".into(),
            site_name: None,
            server: false,
            online: Some(true),
            user: None,
            rmm: Some("7b1f".into()),
            automate: None,
            control: None,
            why: vec![],
            from_outside: false,
            called: None,
            also: Vec::new(),
        };
        let call = Call {
            instead_of: None,
            start: None,
            canary: None,
            warn_mins: None,
            spread: None,
            tool: ToolName::new("connectwise_rmm:cw-rmm-script-disk-cleanup"),
            title: "Disk Cleanup".into(),
            product: Product::Rmm,
            effect: Effect::Write,
            arguments: Map::from_iter([("days".to_owned(), json!(7))]),
            targets: vec![target],
            client: None,
            script: Some(ScriptRef {
                id: "9d3c".into(),
                name: "Disk Cleanup".into(),
                content: Digest::of(&json!("v1")),
                expected_secs: None,
            }),
        };
        Plan { calls: vec![call], policy: Digest::of(&json!("ask")) }
    }

    #[test]
    fn the_digest_changes_with_everything_that_changes_what_happens() {
        let same = plan().digest();
        type Change = (&'static str, fn(&mut Plan));
        let changes: [Change; 7] = [
            ("tool", |plan| {
                plan.calls[0].tool = ToolName::new("connectwise_rmm:cw-rmm-script-reboot")
            }),
            ("argument", |plan| plan.calls[0].arguments["days"] = json!(8)),
            ("device", |plan| plan.calls[0].targets[0].device = DeviceId::new("dev-2")),
            ("agent", |plan| plan.calls[0].targets[0].rmm = Some("8c2e".into())),
            ("script", |plan| {
                plan.calls[0].script.as_mut().unwrap().content = Digest::of(&json!("v2"))
            }),
            ("start", |plan| {
                let at = jiff::Timestamp::from_second(1).unwrap();
                let (zone, said) = ("UTC".to_owned(), crate::schedule::When::Window);
                plan.calls[0].start = Some(Start { at, until: at, zone, said, ends: None });
            }),
            ("policy", |plan| plan.policy = Digest::of(&json!("stop"))),
        ];
        for (what, change) in changes {
            let mut changed = plan();
            change(&mut changed);
            assert_ne!(changed.digest(), same, "{what}");
        }
    }

    #[test]
    fn the_digest_stays_when_only_what_is_shown_changes() {
        let mut shown = plan();
        shown.calls[0].targets[0].online = Some(false);
        shown.calls[0].targets[0].why = vec!["last log-on".into()];
        assert_eq!(shown.digest(), plan().digest());
    }

    #[test]
    fn what_is_done_elsewhere_is_in_the_headline_also_behind_a_canary_whose_others_were_left_out() {
        let mut first = plan().calls.remove(0);
        first.canary = Some(2);
        let mut rest = first.clone();
        rest.canary = None;
        rest.targets[0].device = DeviceId::new("dev-2");
        let mut other = rest.clone();
        other.tool = ToolName::new("connectwise_rmm:cw-rmm-script-reboot");
        other.title = "Reboot".into();
        let alone = first.headline();
        assert_eq!(headline([&first, &rest]), alone);
        assert_eq!(
            headline([&first, &rest, &other]),
            format!("{alone}, then {}", other.sentence())
        );
        assert_eq!(headline([&first, &other]), format!("{alone}, then {}", other.sentence()));
    }
}
