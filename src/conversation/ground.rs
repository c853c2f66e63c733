//! From drafts to concrete calls: words become devices and clients, arguments are checked.
//!
//! What is missing or unclear becomes one question at a time, with the drafts in it, so that the answer
//! goes on where the question stopped.

use serde_json::Value;

use crate::bounds::{CALLS_PER_PLAN_MAX, DEVICES_PER_CALL_MAX};
use crate::conversation::canary::{self, Rollout};
use crate::conversation::pathway::Ways;
use crate::conversation::warning;
use crate::conversation::{AnswerOption, Awaits, Context, Question};
use crate::directory::clients::{ClientResolution, resolve_client};
use crate::directory::resolver::{CHOICES_MAX, Found, Phrase, Resolution, resolve};
use crate::directory::{Client, Device, Directory, Product};
use crate::plan::{Call, ClientTarget, Target};
use crate::planner::{ClientMention, Draft, Mention};
use crate::schedule::Calendar;
use crate::tool::schema::{self, Fault};
use crate::tool::{Aim, Catalogue, Effect, Tool};
use crate::words;

/// What drafts come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Grounded {
    Calls(Vec<Call>),
    Ask(Question),
    /// Nothing can be done; says why and what to do instead.
    No(String),
}

/// Why a draft does not become a call.
enum Stop {
    Because(Box<Grounded>),
    /// No product that could do it reaches the device.
    NoWay {
        text: String,
        is_read: bool,
    },
}

impl From<Box<Grounded>> for Stop {
    fn from(grounded: Box<Grounded>) -> Self {
        Self::Because(grounded)
    }
}

/// What drafts are read against.
pub struct Ground<'a> {
    pub catalogue: &'a Catalogue,
    pub directory: &'a Directory,
    pub context: &'a Context,
    pub calendars: &'a [Calendar],
    pub rollout: Option<Rollout>,
    pub now: jiff::Timestamp,
}

impl Ground<'_> {
    /// Makes calls of `drafts`, or says what stands in the way of the first that cannot be made.
    pub fn calls(&self, drafts: &[Draft]) -> Grounded {
        if drafts.len() > CALLS_PER_PLAN_MAX {
            return Grounded::No(format!(
                "That would be {} steps; one request can have {CALLS_PER_PLAN_MAX}. Please split it.",
                drafts.len()
            ));
        }
        let mut drafts = drafts.to_vec();
        let mut calls: Vec<Call> = Vec::new();
        let mut no_way: Option<String> = None;
        for index in 0..drafts.len() {
            match self.call(&mut drafts, index, &calls) {
                Ok(call) => calls.push(call),
                // "Is it healthy?" is asked of all that can tell.
                Err(Stop::NoWay { text, is_read: true }) if drafts.len() > 1 => {
                    no_way.get_or_insert(text);
                }
                Err(Stop::NoWay { text, .. }) => return Grounded::No(text),
                Err(Stop::Because(stop)) => return *stop,
            }
        }
        match (calls.is_empty(), no_way) {
            (true, Some(text)) => Grounded::No(text),
            _ => match canary::split(calls, &drafts, self.rollout) {
                Grounded::Calls(calls) => match warning::wanted(calls, &drafts) {
                    Grounded::Calls(calls) => self.starting(calls, &drafts),
                    stop => stop,
                },
                stop => stop,
            },
        }
    }

    fn call(&self, drafts: &mut [Draft], index: usize, before: &[Call]) -> Result<Call, Stop> {
        let name = drafts[index].tool.clone();
        let Some(tool) = self.catalogue.get(&name) else {
            let text = format!(
                "There is no tool named {name} any more; it may have been removed in the product."
            );
            return Err(Stop::Because(Box::new(Grounded::No(text))));
        };
        let mut client = self.client(drafts, index)?;
        let mut targets = self.targets(tool, drafts, index, client)?;
        if let Some(away) = targets.iter().find(|it| it.pathway(tool.product).is_none())
            && tool.is_ticket()
        {
            // A ticket about a device that only another product has is one of its client.
            client = self.directory.client(&away.client).or(client);
            targets.clear();
        }
        let (asked_for, named) = (tool.name.clone(), drafts[index].through);
        let ways = Ways { catalogue: self.catalogue, directory: self.directory, now: self.now };
        let tool = ways
            .choose(tool, &mut drafts[index], &mut targets, client)
            .map_err(|text| Stop::NoWay { text, is_read: tool.effect == Effect::Read })?;
        complete_ticket(tool, &mut drafts[index], before);
        self.check_arguments(tool, drafts, index)?;
        let client = client.map(|client| ClientTarget {
            client: client.id.clone(),
            name: client.name.clone(),
            rmm: client.rmm.clone(),
            automate: client.automate.clone(),
        });
        Ok(Call {
            tool: tool.name.clone(),
            title: tool.title.clone(),
            product: tool.product,
            effect: tool.effect,
            arguments: drafts[index].arguments.clone(),
            targets,
            client,
            script: tool.script.clone(),
            start: None,
            canary: None,
            warn_mins: None,
            spread: None,
            instead_of: (named.is_none() && tool.name != asked_for).then_some(asked_for),
        })
    }

    fn client(&self, drafts: &[Draft], index: usize) -> Result<Option<&Client>, Box<Grounded>> {
        let text = match &drafts[index].client {
            None => return Ok(None),
            Some(ClientMention::Client(id)) => {
                return match self.directory.client(id) {
                    Some(client) => Ok(Some(client)),
                    None => no("That client is not in the directory any more.".into()),
                };
            }
            Some(ClientMention::Phrase(text)) => text,
        };
        let options = |clients: &[&Client]| {
            let option = |client: &&Client| AnswerOption {
                label: client.name.clone(),
                detail: words::count(self.directory.devices_of(&client.id).count(), "device"),
                drafts: replace_client(drafts, text, client),
            };
            clients.iter().take(CHOICES_MAX).map(option).collect::<Vec<_>>()
        };
        match resolve_client(text, self.directory) {
            ClientResolution::One(client) => Ok(Some(client)),
            ClientResolution::Several(clients) => ask(Question {
                text: format!("Which client is “{}”?", words::cut(text, 60)),
                options: options(&clients),
                awaits: Awaits::Client { drafts: drafts.to_vec(), draft: index },
            }),
            ClientResolution::Unknown { closest } => ask(Question {
                text: format!(
                    "I know no client like “{}”.{}",
                    words::cut(text, 60),
                    if closest.is_empty() {
                        " Nothing was done."
                    } else {
                        " Did you mean one of these?"
                    }
                ),
                options: options(&closest),
                awaits: Awaits::Client { drafts: drafts.to_vec(), draft: index },
            }),
        }
    }

    fn targets(
        &self,
        tool: &Tool,
        drafts: &[Draft],
        index: usize,
        client: Option<&Client>,
    ) -> Result<Vec<Target>, Box<Grounded>> {
        let draft = &drafts[index];
        match tool.aim {
            Aim::Tenant | Aim::Client if !draft.devices.is_empty() => {
                return no(format!("{} is not about a single device.", tool.title));
            }
            Aim::Device | Aim::Devices if draft.devices.is_empty() => {
                return ask(Question {
                    text: format!("On which device: {}?", tool.title),
                    options: Vec::new(),
                    awaits: Awaits::Device { drafts: drafts.to_vec(), draft: index, mention: 0 },
                });
            }
            Aim::Tenant | Aim::Client | Aim::Device | Aim::Devices | Aim::DeviceOrTenant => {}
        }
        let mut targets: Vec<Target> = Vec::new();
        for (mention_index, mention) in draft.devices.iter().enumerate() {
            for target in self.mentioned(tool, drafts, index, mention_index, mention, client)? {
                if !targets.iter().any(|known| known.device == target.device) {
                    targets.push(target);
                }
            }
        }
        let one_only = matches!(tool.aim, Aim::Device | Aim::DeviceOrTenant);
        if one_only && targets.len() > 1 {
            let names: Vec<String> = targets.iter().take(5).map(Target::label).collect();
            return no(format!(
                "{} looks at one device at a time; you named {}.",
                tool.title,
                words::list(&names)
            ));
        }
        if targets.len() > DEVICES_PER_CALL_MAX {
            return no(format!(
                "That would be {} devices; one call may touch {DEVICES_PER_CALL_MAX} at most. Nothing was done.",
                targets.len()
            ));
        }
        Ok(targets)
    }

    fn mentioned(
        &self,
        tool: &Tool,
        drafts: &[Draft],
        draft: usize,
        mention_index: usize,
        mention: &Mention,
        client: Option<&Client>,
    ) -> Result<Vec<Target>, Box<Grounded>> {
        match mention {
            Mention::Device(id) => match self.directory.device(id) {
                Some(device) => Ok(vec![Target::of(device, self.directory, Vec::new())]),
                None => no("That device is not in the directory any more.".into()),
            },
            Mention::All { servers } => {
                let Some(client) = client else {
                    return ask(Question {
                        text: format!("For which client: {}?", tool.title),
                        options: Vec::new(),
                        awaits: Awaits::Client { drafts: drafts.to_vec(), draft },
                    });
                };
                let fits = |device: &&Device| {
                    servers.is_none_or(|servers| device.class.is_server() == servers)
                };
                let devices = self.directory.devices_of(&client.id).filter(fits);
                let targets: Vec<Target> =
                    devices.map(|device| Target::of(device, self.directory, Vec::new())).collect();
                if targets.is_empty() {
                    return no(format!("{} has no such devices. Nothing was done.", client.name));
                }
                Ok(targets)
            }
            Mention::Lost { product, except } => self.lost(tool, *product, except, client),
            Mention::Phrase(text) => {
                let named = client.map(|client| &client.id);
                let found = resolve(&Phrase { text, client_hint: named }, self.directory);
                // What was talked about before decides between devices that fit, and nothing else.
                let found = match (&found, named, self.context.client.as_ref()) {
                    (Resolution::Several { .. }, None, Some(before)) => {
                        let hinted =
                            resolve(&Phrase { text, client_hint: Some(before) }, self.directory);
                        if matches!(hinted, Resolution::One(_)) { hinted } else { found }
                    }
                    _ => found,
                };
                match found {
                    // A client that was named excludes devices of others.
                    Resolution::One(found)
                        if client.is_none_or(|client| client.id == found.device.client) =>
                    {
                        Ok(vec![Target::of(found.device, self.directory, found.why)])
                    }
                    Resolution::One(found) => {
                        self.ask_device(drafts, draft, mention_index, text, &[found], 1, false)
                    }
                    Resolution::Several { choices, total } => {
                        self.ask_device(drafts, draft, mention_index, text, &choices, total, true)
                    }
                    Resolution::Unknown { closest } => {
                        self.ask_device(drafts, draft, mention_index, text, &closest, 0, false)
                    }
                }
            }
        }
    }

    /// Devices that `tool` is to bring back to `product`. What is left out must be understood: a name that nobody
    /// knows would let through what it was meant to keep out.
    fn lost(
        &self,
        tool: &Tool,
        product: Product,
        except: &[String],
        client: Option<&Client>,
    ) -> Result<Vec<Target>, Box<Grounded>> {
        let (mut clients, mut devices) = (Vec::new(), Vec::new());
        for text in except {
            match (resolve_client(text, self.directory), self.one(text, client)) {
                (ClientResolution::One(client), _) => clients.push(client.id.clone()),
                (_, Some(device)) => devices.push(device.id.clone()),
                _ => {
                    return no(format!(
                        "I know no single client or device like “{}”, so I cannot leave it out, and nothing was done. \
                         Write its whole name.",
                        words::cut(text, 60)
                    ));
                }
            }
        }
        let of = |device: &&Device| client.is_none_or(|client| client.id == device.client);
        let left_out =
            |device: &Device| clients.contains(&device.client) || devices.contains(&device.id);
        let found = self.directory.devices().iter().filter(of);
        let lost = found.filter(|it| it.is_lost(product, tool.product, self.now));
        let targets: Vec<Target> = lost
            .filter(|it| !left_out(it))
            .map(|it| Target::of(it, self.directory, Vec::new()))
            .collect();
        if targets.is_empty() {
            let place = client.map(|it| format!(" of {}", it.name)).unwrap_or_default();
            return no(format!(
                "No device{place} is lost in {} while {} reaches it, so there is nothing to do.",
                product.label(),
                tool.product.label()
            ));
        }
        Ok(targets)
    }

    /// The one device that `text` surely names.
    fn one(&self, text: &str, client: Option<&Client>) -> Option<&Device> {
        let phrase = Phrase { text, client_hint: client.map(|it| &it.id) };
        match resolve(&phrase, self.directory) {
            Resolution::One(found) => Some(found.device),
            Resolution::Several { .. } | Resolution::Unknown { .. } => None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one question has that many parts")]
    fn ask_device(
        &self,
        drafts: &[Draft],
        draft: usize,
        mention: usize,
        text: &str,
        found: &[Found<'_>],
        total: usize,
        fits: bool,
    ) -> Result<Vec<Target>, Box<Grounded>> {
        let phrase = words::cut(text, 60);
        let text_ = match (fits, found.is_empty()) {
            (true, _) if total > found.len() => {
                format!(
                    "“{phrase}” fits {total} devices; these are the closest. Which one do you mean?"
                )
            }
            (true, _) if total == 1 => format!("Is “{phrase}” this device?"),
            (true, _) => {
                format!("“{phrase}” fits {}. Which one do you mean?", words::count(total, "device"))
            }
            (false, false) => {
                format!("I know no device that is surely “{phrase}”. Did you mean one of these?")
            }
            (false, true) => format!(
                "I know no device like “{phrase}”. Nothing was done; which device do you mean?"
            ),
        };
        let option = |found: &Found<'_>| AnswerOption {
            label: Target::of(found.device, self.directory, Vec::new()).label(),
            detail: detail(found.device, &found.why),
            drafts: replace_device(drafts, text, found.device),
        };
        ask(Question {
            text: text_,
            options: found.iter().take(CHOICES_MAX).map(option).collect(),
            awaits: Awaits::Device { drafts: drafts.to_vec(), draft, mention },
        })
    }

    fn check_arguments(
        &self,
        tool: &Tool,
        drafts: &mut [Draft],
        index: usize,
    ) -> Result<(), Box<Grounded>> {
        schema::fill_defaults(&tool.schema, &mut drafts[index].arguments);
        let faults = schema::check(&tool.schema, &drafts[index].arguments);
        let Some(fault) = faults.into_iter().next() else { return Ok(()) };
        let (name, complaint) = match fault {
            Fault::Missing { name } => (name, None),
            Fault::Wrong { name, message } => (name, Some(message)),
        };
        let Some(property) = schema::property(&tool.schema, &name) else {
            let message = complaint.unwrap_or_else(|| format!("“{name}” is missing"));
            return no(format!(
                "{} cannot be called like that: {}. Nothing was done.",
                tool.title,
                words::cut(&message, 300)
            ));
        };
        drafts[index].arguments.remove(&name);
        let what = property.get("title").and_then(Value::as_str).unwrap_or(&name);
        let hint =
            property.get("description").and_then(Value::as_str).map(|text| format!(" {text}"));
        let text = match complaint {
            None => format!(
                "{}: which {}?{}",
                tool.title,
                what.to_lowercase(),
                hint.unwrap_or_default()
            ),
            Some(message) => format!(
                "{}: that does not fit “{what}” ({}). Which value?",
                tool.title,
                words::cut(&message, 120)
            ),
        };
        let allowed = property.get("enum").and_then(Value::as_array).into_iter().flatten();
        let option = |value: &Value| AnswerOption {
            label: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            detail: String::new(),
            drafts: {
                let mut drafts = drafts.to_vec();
                drafts[index].arguments.insert(name.clone(), value.clone());
                drafts
            },
        };
        ask(Question {
            text,
            options: allowed.take(CHOICES_MAX).map(option).collect(),
            awaits: Awaits::Argument {
                drafts: drafts.to_vec(),
                draft: index,
                name: name.clone(),
                schema: property.clone(),
            },
        })
    }
}

fn ask<T>(question: Question) -> Result<T, Box<Grounded>> {
    Err(Box::new(Grounded::Ask(question)))
}

fn no<T>(text: String) -> Result<T, Box<Grounded>> {
    Err(Box::new(Grounded::No(text)))
}

/// What tells two devices in a pick list apart.
fn detail(device: &Device, why: &[String]) -> String {
    let mut parts = vec![device.class.label().to_owned()];
    parts.push(match device.online() {
        Some(true) => "online".into(),
        Some(false) => "offline".into(),
        None => "online state unknown".into(),
    });
    parts.extend(device.friendly_name.as_ref().map(|name| format!("“{name}”")));
    parts.extend(device.last_user().map(|user| format!("last user {user}")));
    parts.extend(why.first().cloned());
    words::cut(&parts.join(", "), 150)
}

/// The same words mean the same device in every draft.
fn replace_device(drafts: &[Draft], text: &str, device: &Device) -> Vec<Draft> {
    let mut drafts = drafts.to_vec();
    for mention in drafts.iter_mut().flat_map(|draft| &mut draft.devices) {
        if matches!(mention, Mention::Phrase(phrase) if phrase == text) {
            *mention = Mention::Device(device.id.clone());
        }
    }
    // The picked device may be of another client than the words said.
    for draft in &mut drafts {
        if draft.devices.contains(&Mention::Device(device.id.clone())) && draft.devices.len() == 1 {
            draft.client = None;
        }
    }
    drafts
}

fn replace_client(drafts: &[Draft], text: &str, client: &Client) -> Vec<Draft> {
    let mut drafts = drafts.to_vec();
    for draft in &mut drafts {
        if matches!(&draft.client, Some(ClientMention::Phrase(phrase)) if phrase == text) {
            draft.client = Some(ClientMention::Client(client.id.clone()));
        }
    }
    drafts
}

/// A ticket that follows other steps is about them, unless the person worded it.
fn complete_ticket(tool: &Tool, draft: &mut Draft, before: &[Call]) {
    if !tool.is_ticket() || before.is_empty() {
        return;
    }
    let steps: Vec<String> = before.iter().map(Call::sentence).collect();
    let summary = words::cut(&steps.join("; "), 250);
    draft.arguments.entry("summary").or_insert_with(|| summary.into());
}
