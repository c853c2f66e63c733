//! `[[people]]` and `[[channels]]`.

use countersign::conversation::Channel;
use countersign::directory::{Account, People, Person, Platform, Role};
use countersign::ids::PersonId;
use serde::Deserialize;

use super::read::Reader;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonRaw {
    name: String,
    email: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// Of a contact: whose.
    client: Option<String>,
    /// The name of whoever they report to.
    manager: Option<String>,
    slack: Option<String>,
    teams: Option<String>,
    discord: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelRaw {
    platform: String,
    id: String,
    client: String,
}

impl Reader {
    pub(super) fn people(&mut self, raw: Vec<PersonRaw>) -> People {
        let mut people: Vec<Person> = Vec::new();
        let mut managers = Vec::new();
        for (index, raw) in raw.into_iter().enumerate() {
            let at = format!("people[{}]", index + 1);
            let name = raw.name.trim().to_owned();
            let id = PersonId::new(name.to_lowercase());
            if name.is_empty() {
                self.problem(format!("{at}.name"), "is empty");
            }
            if people.iter().any(|person| person.id == id) {
                self.problem(
                    format!("{at}.name"),
                    format!("“{name}” is there twice; names tell people apart"),
                );
            }
            let mut roles = Vec::new();
            for role in &raw.roles {
                match Role::parse(role) {
                    Some(role) => roles.push(role),
                    None => {
                        let known: Vec<&str> = Role::ALL.iter().map(|role| role.key()).collect();
                        self.problem(
                            format!("{at}.roles"),
                            format!("“{role}” is no role; use {}", known.join(", ")),
                        );
                    }
                }
            }
            let client = raw.client.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
            match (roles.contains(&Role::Contact), &client) {
                (true, None) => self.problem(
                    format!("{at}.client"),
                    "is missing: the role contact is for one client, by its name",
                ),
                (true, Some(_)) if roles.len() > 1 => self.problem(
                    format!("{at}.roles"),
                    "contact stands alone: somebody of a client holds no role of ours",
                ),
                (false, Some(_)) => self.problem(
                    format!("{at}.client"),
                    "goes with the role contact; our own people are for all clients",
                ),
                (true, Some(_)) | (false, None) => {}
            }
            let chats = [
                (Platform::Slack, raw.slack),
                (Platform::Teams, raw.teams),
                (Platform::Discord, raw.discord),
            ];
            let accounts: Vec<Account> = chats
                .into_iter()
                .filter_map(|(platform, id)| {
                    id.map(|id| Account { platform, id: id.trim().to_owned() })
                })
                .collect();
            for account in &accounts {
                if people.iter().any(|person| person.accounts.contains(account)) {
                    let text = format!(
                        "the {} account {} is somebody else's already",
                        account.platform.key(),
                        account.id
                    );
                    self.problem(format!("{at}.{}", account.platform.key()), text);
                }
            }
            if let Some(manager) = raw.manager {
                managers.push((at, id.clone(), PersonId::new(manager.trim().to_lowercase())));
            }
            people.push(Person { id, name, email: raw.email, roles, client, accounts });
        }
        for (at, person, manager) in &managers {
            if !people.iter().any(|it| &it.id == manager) {
                self.problem(
                    format!("{at}.manager"),
                    format!("{manager} is not among the [[people]]"),
                );
            } else if person == manager {
                self.problem(format!("{at}.manager"), "nobody is their own manager");
            }
        }
        let managers = managers.into_iter().map(|(_, person, manager)| (person, manager));
        People::new(people).with_managers(managers.collect())
    }

    pub(super) fn channels(&mut self, raw: Vec<ChannelRaw>) -> Vec<Channel> {
        let mut channels = Vec::new();
        for (index, raw) in raw.into_iter().enumerate() {
            match Platform::parse(&raw.platform) {
                Some(platform) => {
                    channels.push(Channel { platform, id: raw.id, client: raw.client })
                }
                None => {
                    let text = format!(
                        "“{}” is no platform; use slack, teams, discord, console or terminal",
                        raw.platform
                    );
                    self.problem(format!("channels[{}].platform", index + 1), text);
                }
            }
        }
        channels
    }
}
