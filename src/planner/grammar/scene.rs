//! What every part of the grammar looks at, and the outcomes it deals in.

use crate::conversation::{AnswerOption, Awaits, Question};
use crate::directory::Device;
use crate::directory::resolver::CHOICES_MAX;
use crate::ids::DeviceId;
use crate::planner::{Ask, Draft, Mention};

use super::clients::Clients;
use super::polite::Manner;
use super::text::{Kind, Token};

/// One message being read.
pub(super) struct Scene<'a> {
    pub(super) ask: &'a Ask<'a>,
    pub(super) clients: Clients<'a>,
    pub(super) manner: Manner,
    /// Begins with "and", "what about": leans on what was said before.
    pub(super) follow_up: bool,
    pub(super) carry: Carry,
}

/// What "it" is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Carry {
    /// What the conversation was about.
    Context,
    /// What an earlier command of the same message is about.
    Known(Vec<Mention>),
    /// Something in an earlier sentence that was not understood.
    Unknown,
}

/// What one command comes to.
#[derive(Debug)]
pub(super) enum Outcome {
    Drafts(Vec<Draft>),
    Ask(Question),
    Refuse(String),
    /// No sense was made of it.
    Lost,
}

impl Outcome {
    /// Every draft in it, those of a question's options too.
    pub(super) fn drafts_mut(&mut self) -> Box<dyn Iterator<Item = &mut Draft> + '_> {
        match self {
            Self::Drafts(drafts) => Box::new(drafts.iter_mut()),
            Self::Ask(question) => {
                let options = question.options.iter_mut().flat_map(|it| &mut it.drafts);
                let awaited: &mut [Draft] = match &mut question.awaits {
                    Awaits::Option => &mut [],
                    Awaits::Argument { drafts, .. }
                    | Awaits::Device { drafts, .. }
                    | Awaits::Client { drafts, .. } => drafts,
                };
                Box::new(options.chain(awaited))
            }
            Self::Refuse(_) | Self::Lost => Box::new(std::iter::empty()),
        }
    }
}

/// A command, and which of its tokens are accounted for.
pub(super) struct Clause<'t> {
    pub(super) tokens: &'t [Token],
    pub(super) used: Vec<bool>,
}

impl<'t> Clause<'t> {
    pub(super) fn new(tokens: &'t [Token]) -> Self {
        Self { tokens, used: vec![false; tokens.len()] }
    }

    pub(super) fn take(&mut self, at: impl IntoIterator<Item = usize>) {
        for index in at {
            self.used[index] = true;
        }
    }

    /// Stretches of words that are not accounted for, cut at marks other than commas.
    pub(super) fn free(&self) -> Vec<std::ops::Range<usize>> {
        let mut stretches = Vec::new();
        let mut from = None;
        for at in 0..=self.tokens.len() {
            let free = self.tokens.get(at).is_some_and(|token| {
                !self.used[at] && (token.is_text() || token.kind == Kind::Comma)
            });
            match (free, from) {
                (true, None) => from = Some(at),
                (false, Some(start)) => {
                    stretches.push(start..at);
                    from = None;
                }
                (true, Some(_)) | (false, None) => {}
            }
        }
        stretches
    }
}

impl<'a> Scene<'a> {
    pub(super) fn with_carry(&self, carry: Carry) -> Self {
        Self {
            ask: self.ask,
            clients: self.clients.clone(),
            manner: self.manner,
            follow_up: self.follow_up,
            carry,
        }
    }

    /// The devices that "it" may be, when this message itself has not said.
    pub(super) fn recent(&self) -> Vec<&'a Device> {
        match self.carry {
            Carry::Context => self.devices(&self.ask.context.devices),
            Carry::Known(_) | Carry::Unknown => Vec::new(),
        }
    }

    /// The devices that an earlier command of this message named.
    pub(super) fn carried(&self) -> Option<&[Mention]> {
        match &self.carry {
            Carry::Known(mentions) if !mentions.is_empty() => Some(mentions),
            Carry::Known(_) | Carry::Context | Carry::Unknown => None,
        }
    }

    /// "DC01 (Acme Logistics)".
    pub(super) fn label(&self, device: &Device) -> String {
        format!("{} ({})", device.name, self.ask.directory.client_name(&device.client))
    }

    /// The devices of `ids` that still exist.
    pub(super) fn devices(&self, ids: &[DeviceId]) -> Vec<&'a Device> {
        ids.iter().filter_map(|id| self.ask.directory.device(id)).collect()
    }

    /// Asks for the device of `drafts`, which all have a place for it; `choices` are on offer.
    pub(super) fn ask_device(
        &self,
        text: String,
        mut drafts: Vec<Draft>,
        choices: &[&Device],
    ) -> Outcome {
        for draft in &mut drafts {
            draft.devices = vec![Mention::Phrase(String::new())];
        }
        let filled = |device: &Device| {
            let mut drafts = drafts.clone();
            for draft in &mut drafts {
                draft.devices = vec![Mention::Device(device.id.clone())];
            }
            drafts
        };
        let option = |device: &&Device| AnswerOption {
            label: self.label(device),
            detail: detail(device),
            drafts: filled(device),
        };
        let options = choices.iter().take(CHOICES_MAX).map(option).collect();
        let awaits = Awaits::Device { drafts, draft: 0, mention: 0 };
        Outcome::Ask(Question { text, options, awaits })
    }
}

/// "server, online, last user jsmith".
fn detail(device: &Device) -> String {
    let online = match device.online() {
        Some(true) => Some("online".to_owned()),
        Some(false) => Some("offline".to_owned()),
        None => None,
    };
    let user = device.last_user().map(|user| format!("last user {user}"));
    let parts = [Some(device.class.label().to_owned()), online, user];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A question whose answer is one of `options`.
pub(super) fn ask_option(text: String, options: Vec<AnswerOption>) -> Outcome {
    let options = options.into_iter().take(CHOICES_MAX).collect();
    Outcome::Ask(Question { text, options, awaits: Awaits::Option })
}
