//! From text and environment to a checked config, or to the list of everything that is wrong with it.

use std::fmt;

use countersign::conversation::Channel;
use countersign::directory::{Account, People, Person, Platform, Role};
use countersign::ids::PersonId;
use countersign::policy::Rule;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::lines::Lines;
use super::sections::{Automate, Automation, Config, Rmm, Server};

/// Prefix of environment variables.
const PREFIX: &str = "COUNTERSIGN_";

const SECTIONS: [&str; 9] = [
    "server",
    "store",
    "planner",
    "connectwise_rmm",
    "connectwise_automate",
    "people",
    "channels",
    "rules",
    "slack",
];

/// Sections of the design that this version has no adapter for.
const LATER: [&str; 4] = ["model", "teams", "discord", "connectwise_control"];

/// One thing that is wrong: where, what, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `connectwise_rmm.region`.
    pub key: String,
    /// Where it stands in the file, if it does.
    pub line: Option<usize>,
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        write!(f, "{}: {}", self.key, self.text)
    }
}

/// All that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the configuration has {} problem(s):", self.0.len())?;
        for problem in &self.0 {
            writeln!(f, "  {problem}")?;
        }
        write!(f, "nothing was started")
    }
}

impl std::error::Error for Problems {}

/// Reads `text` (the file; empty if there is none) with the environment variables over it.
pub fn read(
    text: &str,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, Problems> {
    let mut reader = Reader { problems: Vec::new() };
    let mut table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => {
            let line = error
                .span()
                .map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let text = error.message().to_owned();
            reader.problems.push(Problem { key: "syntax".into(), line: Some(line), text });
            return Err(Problems(reader.problems));
        }
    };
    overlay(&mut table, environment);
    reader.unknown_sections(&table);
    let config = reader.config(&mut table);
    if reader.problems.is_empty() {
        return Ok(config);
    }
    let lines = Lines::of(text);
    for problem in &mut reader.problems {
        problem.line = lines.of_key(&problem.key);
    }
    Err(Problems(reader.problems))
}

/// `COUNTERSIGN_SERVER__LISTEN` becomes `server.listen`, as text.
fn overlay(table: &mut Table, environment: impl Iterator<Item = (String, String)>) {
    for (name, value) in environment {
        let Some((section, key)) = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once("__"))
        else {
            continue;
        };
        let section =
            table.entry(section.to_lowercase()).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(section) = section {
            section.insert(key.to_lowercase(), Value::String(value));
        }
    }
}

struct Reader {
    problems: Vec<Problem>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ServerRaw {
    listen: Option<String>,
    public_url: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct StoreRaw {
    url: Option<String>,
    key: Option<SecretString>,
    key_file: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PlannerRaw {
    mode: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RmmRaw {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    client_secret_file: Option<String>,
    region: Option<String>,
    base_url: Option<String>,
    ticket_url: Option<String>,
    sync_mins: Option<Number>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct AutomateRaw {
    server: Option<String>,
    username: Option<String>,
    password: Option<SecretString>,
    password_file: Option<String>,
    client_id_header: Option<String>,
    base_url: Option<String>,
    clear_alerts: Option<String>,
    sync_mins: Option<Number>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct SlackRaw {
    mode: Option<String>,
    bot_token: Option<SecretString>,
    bot_token_file: Option<String>,
    app_token: Option<SecretString>,
    app_token_file: Option<String>,
    signing_secret: Option<SecretString>,
    signing_secret_file: Option<String>,
    api_url: Option<String>,
    approvals_channel: Option<String>,
    approvers_by_dm: Option<Flag>,
    approvers_group: Option<String>,
    follow_threads: Option<Flag>,
    connections: Option<Number>,
    post_every_ms: Option<Number>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    client_secret_file: Option<String>,
    workspaces: Option<Words>,
}

/// A list, or the text of one from the environment, with commas.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    Text(String),
}

/// A yes or no, or the text of one from the environment.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Flag(bool),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonRaw {
    name: String,
    email: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// The name of whoever they report to.
    manager: Option<String>,
    slack: Option<String>,
    teams: Option<String>,
    discord: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelRaw {
    platform: String,
    id: String,
    client: String,
}

/// A number, or the text of one from the environment.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u32),
    Text(String),
}

impl Reader {
    fn problem(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.problems.push(Problem { key: key.into(), line: None, text: text.into() });
    }

    fn unknown_sections(&mut self, table: &Table) {
        for section in table.keys() {
            if LATER.contains(&section.as_str()) {
                self.problem(
                    section,
                    "this version has no adapter for it yet; take the section out",
                );
            } else if !SECTIONS.contains(&section.as_str()) {
                self.problem(
                    section,
                    format!("no such section; there are {}", SECTIONS.join(", ")),
                );
            }
        }
    }

    fn config(&mut self, table: &mut Table) -> Config {
        let server = self.section::<ServerRaw>(table, "server");
        let mut store = self.section::<StoreRaw>(table, "store");
        // One that is wrong is told once.
        let has_key = store.key.is_some() || store.key_file.is_some();
        let planner = self.section::<PlannerRaw>(table, "planner");
        let has_rmm = table.contains_key("connectwise_rmm");
        let rmm = self.section::<RmmRaw>(table, "connectwise_rmm");
        let has_automate = table.contains_key("connectwise_automate");
        let automate = self.section::<AutomateRaw>(table, "connectwise_automate");
        let has_slack = table.contains_key("slack");
        let slack = self.section::<SlackRaw>(table, "slack");
        let people = self.list::<PersonRaw>(table, "people");
        let channels = self.list::<ChannelRaw>(table, "channels");
        let rules = self.list::<Rule>(table, "rules");

        if let Some(mode) = planner.mode.filter(|mode| !matches!(mode.as_str(), "auto" | "grammar"))
        {
            self.problem(
                "planner.mode",
                format!("“{mode}” is not possible without a model; use \"auto\" or \"grammar\""),
            );
        }
        let people = self.people(people);
        let server = self.server(server);
        let store_key = self.store_key(&mut store);
        let config = Config {
            slack: if has_slack { self.slack(slack, &server, has_key) } else { None },
            server,
            store_key,
            store_url: self.store_url(store),
            rmm: if has_rmm { self.rmm(rmm) } else { None },
            automate: if has_automate { self.automate(automate) } else { None },
            channels: self.channels(channels),
            rules,
            people,
        };
        for (key, text) in super::rules::problems(&config.rules, &config.people) {
            self.problem(key, text);
        }
        config
    }

    fn section<T: DeserializeOwned + Default>(&mut self, table: &mut Table, name: &str) -> T {
        match table.remove(name) {
            None => T::default(),
            Some(value) => self.value(value, name).unwrap_or_default(),
        }
    }

    fn list<T: DeserializeOwned>(&mut self, table: &mut Table, name: &str) -> Vec<T> {
        match table.remove(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                let one = |(index, item): (usize, Value)| {
                    self.value(item, &format!("{name}[{}]", index + 1))
                };
                items.into_iter().enumerate().filter_map(one).collect()
            }
            Some(_) => {
                self.problem(name, format!("write it as a list: [[{name}]]"));
                Vec::new()
            }
        }
    }

    fn value<T: DeserializeOwned>(&mut self, value: Value, at: &str) -> Option<T> {
        match serde_path_to_error::deserialize(value) {
            Ok(read) => Some(read),
            Err(error) => {
                let path = error.path().to_string();
                let key = if path == "." { at.to_owned() } else { format!("{at}.{path}") };
                self.problem(key, error.into_inner().message().to_owned());
                None
            }
        }
    }

    fn server(&mut self, raw: ServerRaw) -> Server {
        let listen = raw.listen.unwrap_or_else(|| "127.0.0.1:8080".into());
        let address = listen.parse().unwrap_or_else(|_| {
            self.problem(
                "server.listen",
                format!("“{listen}” is no address; write for example 127.0.0.1:8080"),
            );
            std::net::SocketAddr::from(([127, 0, 0, 1], 8080))
        });
        if !address.ip().is_loopback() {
            self.problem(
                "server.listen",
                "the console binds to loopback only; put a proxy with TLS in front of it and use 127.0.0.1:8080",
            );
        }
        if let Some(url) = &raw.public_url
            && !url.starts_with("https://")
        {
            self.problem("server.public_url", format!("“{url}” has to begin with https://"));
        }
        Server { listen: address, public_url: raw.public_url }
    }

    fn store_url(&mut self, raw: StoreRaw) -> String {
        let url = raw.url.unwrap_or_else(|| "sqlite:countersign.db".into());
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
        {
            self.problem(
                "store.url",
                "begin it with sqlite: or postgres://; for a trial use sqlite:countersign.db",
            );
        }
        url
    }

    fn store_key(&mut self, raw: &mut StoreRaw) -> Option<countersign_sql::Key> {
        let key = self.secret_if_set("store.key", raw.key.take(), raw.key_file.take())?;
        let parsed = countersign_sql::Key::parse(&key);
        if let Err(error) = &parsed {
            self.problem("store.key", error.to_string());
        }
        parsed.ok()
    }

    fn rmm(&mut self, raw: RmmRaw) -> Option<Rmm> {
        let before = self.problems.len();
        let client_id = raw.client_id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        if client_id.is_none() {
            self.problem(
                "connectwise_rmm.client_id",
                "not set; generate one in the Asio portal under Integrations, API Access",
            );
        }
        let secret =
            self.secret("connectwise_rmm.client_secret", raw.client_secret, raw.client_secret_file);
        let region = raw.region.unwrap_or_else(|| "au".into());
        if !matches!(region.as_str(), "au" | "na" | "eu") {
            self.problem(
                "connectwise_rmm.region",
                format!("“{region}” is no region; use au, na or eu"),
            );
        }
        if let Some(url) = &raw.base_url
            && !url.starts_with("https://")
            && !is_loopback_http(url)
        {
            self.problem(
                "connectwise_rmm.base_url",
                "plain http is accepted on loopback only; use https://",
            );
        }
        if let Some(url) = &raw.ticket_url
            && !url.starts_with("https://")
            && !is_loopback_http(url)
        {
            self.problem("connectwise_rmm.ticket_url", "begin it with https://");
        }
        let sync_mins = self.number("connectwise_rmm.sync_mins", raw.sync_mins, 15, 1..=1440);
        if self.problems.len() > before {
            return None;
        }
        Some(Rmm {
            client_id: client_id?,
            client_secret: secret?,
            region,
            base_url: raw.base_url,
            ticket_url: raw.ticket_url,
            automation: Automation { sync_mins },
        })
    }

    fn automate(&mut self, raw: AutomateRaw) -> Option<Automate> {
        const AT: &str = "connectwise_automate";
        let before = self.problems.len();
        let password =
            self.secret("connectwise_automate.password", raw.password, raw.password_file);
        let clear_alerts = match raw.clear_alerts.as_deref().map(str::parse) {
            None => countersign_automate::ClearAlerts::default(),
            Some(Ok(clear_alerts)) => clear_alerts,
            Some(Err(error)) => {
                self.problem(AT, error.to_string());
                countersign_automate::ClearAlerts::default()
            }
        };
        let config = countersign_automate::Config {
            server: raw.server.unwrap_or_default(),
            username: raw.username.unwrap_or_default(),
            // An absent one is told of already; it must not be told of twice.
            password: password.clone().unwrap_or_else(|| SecretString::from("absent")),
            client_id_header: raw.client_id_header.unwrap_or_default(),
            base_url: raw.base_url,
            clear_alerts,
        };
        for problem in config.problems() {
            self.problem(AT, problem.to_string());
        }
        let sync_mins = self.number("connectwise_automate.sync_mins", raw.sync_mins, 15, 1..=1440);
        if self.problems.len() > before {
            return None;
        }
        Some(Automate { server: config, automation: Automation { sync_mins } })
    }

    fn slack(
        &mut self,
        raw: SlackRaw,
        server: &Server,
        has_key: bool,
    ) -> Option<countersign_slack::Config> {
        let before = self.problems.len();
        let key = raw.mode.unwrap_or_else(|| "socket".into());
        let mode = countersign_slack::Mode::parse(&key);
        if mode.is_none() {
            self.problem("slack.mode", format!("“{key}” is no mode; use socket or http"));
        }
        let bot_token = self.secret("slack.bot_token", raw.bot_token, raw.bot_token_file);
        let app_token = self.secret_if_set("slack.app_token", raw.app_token, raw.app_token_file);
        let signing_secret =
            self.secret_if_set("slack.signing_secret", raw.signing_secret, raw.signing_secret_file);
        let client_secret =
            self.secret_if_set("slack.client_secret", raw.client_secret, raw.client_secret_file);
        let workspaces: Vec<String> = match raw.workspaces {
            None => Vec::new(),
            Some(Words::List(list)) => list,
            Some(Words::Text(text)) => text.split(',').map(|it| it.trim().to_owned()).collect(),
        };
        let install = match (raw.client_id, client_secret) {
            (Some(client_id), Some(client_secret)) => {
                Some(countersign_slack::Install { client_id, client_secret, workspaces })
            }
            (None, None) if workspaces.is_empty() => None,
            _ => {
                self.problem(
                    "slack.workspaces",
                    "other workspaces install with client_id and client_secret (Basic Information); set both, or take all three out",
                );
                None
            }
        };
        if install.is_some() && !has_key {
            self.problem(
                "store.key",
                "not set; the tokens of other workspaces are sealed with it; make one with `openssl rand -hex 32`",
            );
        }
        let by_dm = self.flag("slack.approvers_by_dm", raw.approvers_by_dm);
        let follow_threads = self.flag("slack.follow_threads", raw.follow_threads);
        let connections = self.number("slack.connections", raw.connections, 2, 1..=10);
        let post_every = self.number("slack.post_every_ms", raw.post_every_ms, 1_000, 1..=60_000);
        if self.problems.len() > before {
            return None;
        }
        let config = countersign_slack::Config {
            mode: mode?,
            app_token,
            signing_secret,
            api_url: raw.api_url,
            public_url: server.public_url.clone(),
            approvals_channel: raw.approvals_channel,
            approvers_by_dm: by_dm,
            approvers_group: raw.approvers_group,
            follow_threads,
            connections: u8::try_from(connections).unwrap_or(2),
            post_every: std::time::Duration::from_millis(post_every.into()),
            install,
            ..countersign_slack::Config::new(bot_token?)
        };
        for problem in config.problems() {
            self.problem("slack", problem.trim_start_matches("[slack] "));
        }
        Some(config)
    }

    fn flag(&mut self, key: &str, raw: Option<Flag>) -> bool {
        match raw {
            None => false,
            Some(Flag::Flag(flag)) => flag,
            Some(Flag::Text(text)) => match text.trim() {
                "true" => true,
                "false" => false,
                _ => {
                    self.problem(key, "write true or false");
                    false
                }
            },
        }
    }

    fn secret_if_set(
        &mut self,
        key: &str,
        value: Option<SecretString>,
        file: Option<String>,
    ) -> Option<SecretString> {
        if value.is_none() && file.is_none() { None } else { self.secret(key, value, file) }
    }

    fn secret(
        &mut self,
        key: &str,
        value: Option<SecretString>,
        file: Option<String>,
    ) -> Option<SecretString> {
        match (value, file) {
            (Some(_), Some(_)) => {
                self.problem(key, "set here and as a file; keep one of the two");
                None
            }
            (Some(value), None) => Some(value),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) => Some(SecretString::from(text.trim().to_owned())),
                Err(error) => {
                    self.problem(
                        format!("{key}_file"),
                        format!("“{path}” cannot be read: {error}"),
                    );
                    None
                }
            },
            (None, None) => {
                let (_, name) = key.split_once('.').unwrap_or(("", key));
                self.problem(
                    key,
                    format!("not set; put it into {name}, {name}_file or the environment"),
                );
                None
            }
        }
    }

    fn number(
        &mut self,
        key: &str,
        raw: Option<Number>,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> u32 {
        let value = match raw {
            None => Some(default),
            Some(Number::Number(number)) => Some(number),
            Some(Number::Text(text)) => text.trim().parse().ok(),
        };
        match value.filter(|value| range.contains(value)) {
            Some(value) => value,
            None => {
                self.problem(
                    key,
                    format!("write a number from {} to {}", range.start(), range.end()),
                );
                default
            }
        }
    }

    fn people(&mut self, raw: Vec<PersonRaw>) -> People {
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
            people.push(Person { id, name, email: raw.email, roles, accounts });
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

    fn channels(&mut self, raw: Vec<ChannelRaw>) -> Vec<Channel> {
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

fn is_loopback_http(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host
        .rsplit_once(':')
        .map_or(host, |(host, port)| if port.parse::<u16>().is_ok() { host } else { rest });
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        match read(text, environment) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.0.into_iter().map(|it| it.to_string()).collect(),
        }
    }

    #[test]
    fn the_sample_file_is_valid() {
        assert_eq!(problems(crate::config::SAMPLE, &[]), Vec::<String>::new());
    }

    #[test]
    fn all_problems_come_at_once_with_the_way_out() {
        let text = r#"
            [server]
            listen = "0.0.0.0:80"
            port = 5
            [connectwise_rmm]
            region = "us"
            base_url = "http://10.0.0.1"
            [slack]
            [[people]]
            name = "Ana"
            roles = ["boss"]
            [[rules]]
            tool = "reboot"
            approvers = ["Ana", "Zoe"]
            quorum = 0
        "#;
        insta::assert_snapshot!(problems(text, &[]).join("\n"));
    }

    #[test]
    fn a_rule_that_does_not_parse_is_told_with_its_line() {
        let text = r#"[[people]]
name = "Ben"
roles = ["approver"]

[[rules]]
tool = "*"
quorum = 2

[[rules]]
tool = "*"
hours = "8-18"

[[rules]]
tool = "*"
polcy = "never"

[[rules]]
tool = "*"
policy = "auto"
approvers = ["role:boss", "group:S01"]
arguments = { days = "> many" }
"#;
        insta::assert_snapshot!(problems(text, &[]).join("\n"));
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_with_its_line() {
        assert!(problems("[server]\nlisten = \n", &[])[0].starts_with("line 2, syntax: "));
    }

    #[test]
    fn the_environment_wins_and_a_secret_of_digits_stays_text() {
        let text = "[connectwise_rmm]\nclient_id = \"x\"\nclient_secret = \"y\"";
        let environment = [
            ("COUNTERSIGN_CONNECTWISE_RMM__CLIENT_SECRET", "12345678"),
            ("COUNTERSIGN_CONNECTWISE_RMM__SYNC_MINS", "30"),
            ("COUNTERSIGN_STORE__URL", "sqlite:other.db"),
        ];
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = read(text, environment).unwrap();
        let rmm = config.rmm.unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&rmm.client_secret), "12345678");
        assert_eq!(rmm.automation.sync_mins, 30);
        assert_eq!(config.store_url, "sqlite:other.db");
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for (url, fits) in [
            ("http://127.0.0.1:4000", true),
            ("http://localhost/x", true),
            ("http://[::1]:80/x", true),
            ("http://127.0.0.1.evil.example", false),
            ("http://example.com", false),
            ("ftp://127.0.0.1", false),
        ] {
            assert_eq!(is_loopback_http(url), fits, "{url}");
        }
    }
}
