//! From text and environment to a checked config, or to the list of everything that is wrong with it.

use std::fmt;

use countersign::directory::People;
use countersign::policy::Rule;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::audit::AuditRaw;
use super::caps::CapsRaw;
use super::clients::{ClientRaw, RolloutRaw};
use super::lines::Lines;
use super::people::{ChannelRaw, PersonRaw};
use super::products::{AutomateRaw, ControlRaw, RmmRaw};
use super::runs::{OfProducts, RunsRaw};
use super::sections::{Config, Server};
use super::slack::SlackRaw;

/// Prefix of environment variables.
const PREFIX: &str = "COUNTERSIGN_";

const SECTIONS: [&str; 15] = [
    "audit",
    "rollout",
    "runs",
    "clients",
    "server",
    "store",
    "planner",
    "connectwise_rmm",
    "connectwise_automate",
    "connectwise_control",
    "people",
    "channels",
    "rules",
    "caps",
    "slack",
];

/// Sections of the design that this version has no adapter for.
const LATER: [&str; 3] = ["model", "teams", "discord"];

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
    let mut table = parsed(text)?;
    overlay(&mut table, environment);
    reader.unknown_sections(&table);
    let config = reader.config(&mut table);
    if reader.problems.is_empty() {
        return Ok(config);
    }
    Err(reader.with_lines(text))
}

/// Reads rules that stand by themselves, as those of the file are read.
pub fn read_rules(text: &str, people: &People) -> Result<Vec<Rule>, Problems> {
    let mut reader = Reader { problems: Vec::new() };
    let mut table = parsed(text)?;
    for section in table.keys().filter(|section| *section != "rules") {
        reader.problem(section, "only [[rules]] stand here");
    }
    let rules = reader.list::<Rule>(&mut table, "rules");
    for (key, text) in super::rules::problems(&rules, people) {
        reader.problem(key, text);
    }
    if reader.problems.is_empty() { Ok(rules) } else { Err(reader.with_lines(text)) }
}

fn parsed(text: &str) -> Result<Table, Problems> {
    text.parse::<Table>().map_err(|error| {
        let before = error.span().map_or("", |span| &text[..span.start.min(text.len())]);
        let line = before.matches('\n').count() + 1;
        let text = error.message().to_owned();
        Problems(vec![Problem { key: "syntax".into(), line: Some(line), text }])
    })
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

pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
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

/// A yes or no, or the text of one from the environment.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Flag {
    Flag(bool),
    Text(String),
}

/// A number, or the text of one from the environment.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Number {
    Number(u32),
    Text(String),
}

/// "http://127.0.0.1:8080": what never leaves the machine needs no TLS.
fn is_on_loopback(url: &str) -> bool {
    let authority = url.strip_prefix("http://").map(|it| it.split('/').next().unwrap_or(it));
    authority.is_some_and(|it| {
        it.parse::<std::net::SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
    })
}

impl Reader {
    fn with_lines(mut self, text: &str) -> Problems {
        let lines = Lines::of(text);
        for problem in &mut self.problems {
            problem.line = lines.of_key(&problem.key);
        }
        Problems(self.problems)
    }

    pub(super) fn problem(&mut self, key: impl Into<String>, text: impl Into<String>) {
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
        let mut rmm = self.section::<RmmRaw>(table, "connectwise_rmm");
        let has_automate = table.contains_key("connectwise_automate");
        let mut automate = self.section::<AutomateRaw>(table, "connectwise_automate");
        let has_control = table.contains_key("connectwise_control");
        let mut control = self.section::<ControlRaw>(table, "connectwise_control");
        let has_slack = table.contains_key("slack");
        let slack = self.section::<SlackRaw>(table, "slack");
        let people = self.list::<PersonRaw>(table, "people");
        let channels = self.list::<ChannelRaw>(table, "channels");
        let rollout = match table.contains_key("rollout") {
            true => Some(self.section::<RolloutRaw>(table, "rollout")),
            false => None,
        };
        let clients = self.list::<ClientRaw>(table, "clients");
        let rules = self.list::<Rule>(table, "rules");
        let caps = self.section::<CapsRaw>(table, "caps");
        let audit = self.section::<AuditRaw>(table, "audit");
        let runs = self.section::<RunsRaw>(table, "runs");
        let of_products = OfProducts {
            rmm: rmm.runs_at_once.take(),
            automate: automate.runs_at_once.take(),
            control: control.runs_at_once.take(),
        };

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
            control: if has_control { self.control(control) } else { None },
            channels: self.channels(channels),
            calendars: self.calendars(clients),
            post_heads_to: self.post_heads_to(audit, has_key, has_slack),
            rollout: rollout.map(|it| self.rollout(it)),
            runs: self.runs(runs, of_products),
            rules,
            caps: self.caps(caps),
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
            && !is_on_loopback(url)
        {
            self.problem(
                "server.public_url",
                format!(
                    "“{url}” has to begin with https:// (http:// only at 127.0.0.1, to try things)"
                ),
            );
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

    pub(super) fn flag(&mut self, key: &str, raw: Option<Flag>) -> bool {
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

    pub(super) fn secret_if_set(
        &mut self,
        key: &str,
        value: Option<SecretString>,
        file: Option<String>,
    ) -> Option<SecretString> {
        if value.is_none() && file.is_none() { None } else { self.secret(key, value, file) }
    }

    pub(super) fn secret(
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

    pub(super) fn number(
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
}

#[cfg(test)]
mod tests {
    use countersign::ports::RunPlaces;

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
    fn limits_of_a_rollout_are_numbers_that_make_sense() {
        let text = "[rollout]\nfrom_devices = 5\nat_once = 0\nfailures_max = \"few\"\n";
        let problems = problems(text, &[]);
        let [first, second] = problems.as_slice() else { panic!("{problems:?}") };
        assert!(first.contains("rollout.at_once") && first.contains("line 3"), "{first}");
        assert!(first.contains("write a number from 1 to "), "{first}");
        assert!(second.contains("rollout.failures_max") && second.contains("line 4"), "{second}");
    }

    #[test]
    fn places_of_runs_are_counts_of_which_none_is_above_all() {
        let text = "[runs]\nat_once = 8\nat_once_per_product = 9\n\n[connectwise_control]\nurl = \"https://c.example\"\n\
                    secret = \"s\"\nruns_at_once = 0\n";
        let environment = [("COUNTERSIGN_RUNS__AT_ONCE_PER_PRODUCT", "many")];
        let mut all = problems(text, &[]);
        all.extend(problems("[runs]\nat_once = 0\n", &environment));
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn a_product_has_places_of_its_own_or_those_of_each() {
        for (text, wanted) in [
            ("", (32, [12, 12, 12])),
            ("[runs]\nat_once = 8\n", (8, [8, 8, 8])),
            ("[runs]\nat_once_per_product = 5\n", (32, [5, 5, 5])),
            (
                "[runs]\nat_once_per_product = 5\n[connectwise_rmm]\nclient_id = \"x\"\nclient_secret = \"y\"\n\
                 runs_at_once = 20\n",
                (32, [20, 5, 5]),
            ),
        ] {
            let runs = read(text, std::iter::empty()).unwrap().runs;
            let RunPlaces { rmm, automate, control } = runs.places;
            assert_eq!((runs.at_once, [rmm, automate, control]), wanted, "{text}");
        }
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
}
