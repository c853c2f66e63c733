//! What of the log is one client's own: entries about several clients are written once as a whole and once for
//! each, and what names others all the same is found when it would be handed out.

use std::collections::{HashMap, HashSet};

use super::{Entry, NewEntry};
use crate::directory::{Directory, People};
use crate::ids::ClientId;
use crate::mask::mask;
use crate::plan::Call;

/// `entry`, whose text has the sentences of `calls` in it, and a share for each client if they concern several:
/// it names the devices of this one only. The whole is then nobody's own.
pub fn concerning(entry: NewEntry, calls: &[Call]) -> Vec<NewEntry> {
    let clients = clients_of(calls);
    if clients.len() < 2 {
        let client = clients.first().map(|it| it.to_string());
        return vec![NewEntry { client, ..entry }];
    }
    // The longest first, for one may begin like another.
    let mut whole: Vec<(String, &Call)> =
        calls.iter().map(|call| (mask(&call.sentence()), call)).collect();
    whole.sort_by_key(|(sentence, _)| std::cmp::Reverse(sentence.len()));
    let share = |client: &&ClientId| {
        let mut text = entry.text.clone();
        for (sentence, call) in &whole {
            let own = part_of(call, client).map(|own| mask(&own.sentence()));
            text = text.replace(sentence, own.as_deref().unwrap_or("a step for another client"));
        }
        NewEntry { text, client: Some(client.to_string()), ..entry.clone() }
    };
    let shares: Vec<NewEntry> = clients.iter().map(share).collect();
    [vec![NewEntry { client: None, ..entry }], shares].concat()
}

/// Each once, as they are named.
fn clients_of(calls: &[Call]) -> Vec<&ClientId> {
    let mut seen = HashSet::new();
    let all = calls.iter().flat_map(|call| {
        let named = call.client.iter().filter(|_| call.targets.is_empty()).map(|it| &it.client);
        call.targets.iter().map(|it| &it.client).chain(named)
    });
    all.filter(|client| seen.insert(*client)).collect()
}

/// `call` on what is `client`'s, if anything is.
fn part_of(call: &Call, client: &ClientId) -> Option<Call> {
    let targets: Vec<_> = call.targets.iter().filter(|it| &it.client == client).cloned().collect();
    let is_named =
        call.targets.is_empty() && call.client.as_ref().is_some_and(|it| &it.client == client);
    (is_named || !targets.is_empty()).then(|| Call { targets, ..call.clone() })
}

/// Names that are not for one client's eyes: other clients, their devices, and who uses those.
#[derive(Debug, Default)]
pub struct Strangers {
    /// By their first word, in lower case.
    names: HashMap<String, Vec<Vec<String>>>,
}

impl Strangers {
    /// Of everybody but `client`. A name that is one of its own, too, or one of your own `people`, tells
    /// nothing of others.
    pub fn to(client: &ClientId, directory: &Directory, people: &People) -> Self {
        let mut own: HashSet<Vec<String>> = HashSet::new();
        let mut others: HashSet<Vec<String>> = HashSet::new();
        let mut name = |of: &ClientId, text: &str| {
            let is_own = directory.client(of).is_some_and(|it| &it.id == client);
            if is_own {
                own.insert(words_of(text))
            } else {
                others.insert(words_of(text))
            };
        };
        for it in directory.clients().iter().chain(directory.reported_clients()) {
            name(&it.id, &it.name);
        }
        for device in directory.devices() {
            let pathways = [&device.rmm, &device.automate, &device.control].into_iter().flatten();
            let called = pathways.filter_map(|it| it.name.as_deref());
            let called = called.chain(device.friendly_name.as_deref()).chain([&*device.name]);
            for text in called.chain(device.log_ons.iter().map(|it| &*it.user)) {
                name(&device.client, text);
            }
            // `BLUEGUM\maria` and `maria@bluegum.example` are people in this form, too.
            for user in device.log_ons.iter().map(|it| &*it.user) {
                let user = user.rsplit('\\').next().unwrap_or(user);
                name(&device.client, user.split('@').next().unwrap_or(user));
            }
        }
        for person in people.iter() {
            own.insert(words_of(&person.name));
            own.insert(words_of(person.id.as_str()));
        }
        let mut names: HashMap<String, Vec<Vec<String>>> = HashMap::new();
        for words in others.into_iter().filter(|words| !own.contains(words)) {
            if let Some(first) = words.first() {
                names.entry(first.clone()).or_default().push(words);
            }
        }
        Self { names }
    }

    pub fn are_in(&self, entry: &Entry) -> bool {
        let subject = entry.subject.to_string();
        [&entry.text, &entry.actor, &subject].into_iter().any(|text| self.are_named(text))
    }

    fn are_named(&self, text: &str) -> bool {
        let words = words_of(text);
        (0..words.len()).any(|at| {
            let known = self.names.get(&words[at]);
            known.into_iter().flatten().any(|name| words[at..].starts_with(name))
        })
    }
}

fn words_of(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}
