//! What only ConnectWise Control can be asked: the machine itself, its screen, and a command on it. What it
//! shares with the other products is asked for in the same words, see [`crate::tool::twins`].

use serde_json::json;

use crate::planner::{Ask, Draft, Mention, Proposal};
use crate::tool::ToolName;

use super::clients::Clients;
use super::intents::{Filter, Intent, Takes};
use super::polite;
use super::scene::{Carry, Clause, Outcome, Scene};
use super::scripts;
use super::targets::{self, Target};
use super::text::{self, Token};

const RUN_COMMAND: &str = "connectwise_control:cwc-run-command";
const RUN_POWERSHELL: &str = "connectwise_control:cwc-run-powershell";
const JOIN: &str = "connectwise_control:cwc-join-session";

/// Where another product answers the same, its own cues weigh more.
pub(super) const INTENTS: &[Intent] = &[
    Intent {
        tools: &["connectwise_control:cwc-list-processes"],
        takes: Takes::Device,
        filter: Filter::None,
        cues: &[
            ("processes", 5),
            ("process|task list|manager", 6),
            ("list|show|which|what|all|running|top processes", 7),
            ("eating|hogging|using|uses most|much|all|the memory|cpu|ram", 6),
        ],
        example: "processes on {device}",
    },
    Intent {
        tools: &["connectwise_control:cwc-list-services"],
        takes: Takes::Device,
        filter: Filter::None,
        cues: &[
            ("services", 4),
            ("list|show|which|what|all|any|stopped|running|windows services", 6),
            ("service status|state|list", 6),
        ],
        example: "stopped services on {device}",
    },
    Intent {
        tools: &["connectwise_control:cwc-get-disks"],
        takes: Takes::Device,
        filter: Filter::None,
        cues: &[
            ("disk|disks", 1),
            ("drive|drives|volume|volumes", 1),
            ("free disk|space|storage", 3),
            ("disk|drive|storage space|usage|state|status|free|left|full", 3),
            ("space left|free|available", 3),
            ("how full", 3),
        ],
        example: "disks of {device}",
    },
    Intent {
        tools: &["connectwise_control:cwc-get-uptime"],
        takes: Takes::Device,
        filter: Filter::None,
        cues: &[
            ("uptime", 3),
            ("how long _ up|running", 3),
            ("last reboot|boot|restart|rebooted|restarted|booted", 4),
            ("when did|was _ reboot|restart|boot|rebooted|restarted|booted", 4),
            ("rebooted|restarted|booted", 2),
        ],
        example: "uptime of {device}",
    },
    Intent {
        tools: &["connectwise_control:cwc-get-user"],
        takes: Takes::Device,
        filter: Filter::None,
        cues: &[
            ("logged on|in|onto|into", 3),
            ("signed in|on|into", 3),
            ("who is|was using|on|at", 3),
            ("current|active|logged user|users", 3),
            ("user|users on|of", 2),
        ],
        example: "who is on {device}?",
    },
    Intent {
        tools: &["connectwise_control:cwc-get-session"],
        takes: Takes::Device,
        filter: Filter::None,
        cues: &[
            ("session", 3),
            ("session of|on|for|details|info|status|state", 5),
            ("is|are|was|if|whether _ online|up|reachable|alive|connected|offline|down", 3),
            ("online|offline|connected", 2),
            ("status|state", 1),
        ],
        example: "session of {device}",
    },
    // Lighter than the row of the others, which know more of a machine's health.
    Intent {
        tools: &["connectwise_control:cwc-get-session", "connectwise_control:cwc-get-disks"],
        takes: Takes::Device,
        filter: Filter::None,
        cues: &[
            ("health|healthy|unhealthy", 2),
            ("health check|report|status|state", 3),
            ("how is", 1),
            ("how is _ doing|going|looking|running|feeling|performing", 2),
            ("how does _ look", 2),
            ("is _ ok|okay|alright|fine|good|well|sick|broken|happy", 2),
            ("what is wrong|up with", 2),
            ("anything wrong with|on", 2),
            ("any problems|issues|trouble with|on", 2),
        ],
        example: "is {device} healthy?",
    },
    Intent {
        tools: &["connectwise_control:cwc-get-inventory"],
        takes: Takes::Device,
        filter: Filter::None,
        cues: &[
            ("inventory", 5),
            ("inventory of|for|on", 6),
            ("hardware|specs|spec|specification", 2),
            ("what hardware|machine|model", 3),
        ],
        example: "inventory of {device}",
    },
    Intent {
        tools: &["connectwise_control:cwc-list-sessions"],
        takes: Takes::Client,
        filter: Filter::None,
        cues: &[
            ("sessions", 4),
            ("list|show|which|what|all|online|offline|control|access sessions", 6),
            ("how many sessions", 7),
        ],
        example: "sessions of {client}",
    },
];

/// Its rows are for its own tools only: the others have rows of theirs that weigh more.
pub(super) fn is_own(tool: &str) -> bool {
    tool.starts_with("connectwise_control:")
}

/// What has its own words, for the help.
pub(super) const WRITES: &[(&str, &str)] = &[
    (JOIN, "join {device}"),
    (RUN_COMMAND, "run command \"ipconfig /all\" on {device}"),
    (RUN_POWERSHELL, "run powershell on {device}: Get-Service Spooler"),
];

/// "Join maria's laptop", "remote into dc01", "open a remote session on fs01".
pub(super) fn join(scene: &Scene<'_>, tokens: &[Token]) -> Option<Outcome> {
    let tool = scene.ask.catalogue.get(&ToolName::new(JOIN))?;
    let first = tokens.iter().position(Token::is_text)?;
    let next = |words: &[&str]| tokens.get(first + 1).is_some_and(|it| it.one_of(words));
    let after = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|it| it.one_of(words));
    let end = match tokens[first].low.as_str() {
        "join" if next(&["session", "sessions"]) => first + 1,
        "join" => first,
        "remote" if next(&["into", "onto", "to", "in", "on", "control"]) => first + 1,
        "connect" if next(&["to", "onto", "into"]) => first + 1,
        "start" | "open" | "begin" => {
            let at = (first + 1..tokens.len().min(first + 4)).find(|it| after(*it, &["remote"]))?;
            after(at + 1, &["session", "control", "desktop", "support"]).then_some(at + 1)?
        }
        _ => return None,
    };
    let mut clause = Clause::new(tokens);
    clause.take(first..=end);
    clause.take(scripts::product_tokens(tokens));
    // "Remote in to the kiosk", "join the session of fs01".
    let small = ["to", "the", "of", "on", "with", "session", "a"];
    clause.take((end + 1..tokens.len()).take_while(|at| tokens[*at].one_of(&small)));
    let draft = Draft::new(tool.name.clone());
    let text = "Which device do you want to join?".to_owned();
    Some(on_devices(scene, &clause, draft, text, Each::Apart))
}

/// Whether several devices are one call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Each {
    Apart,
    Together,
}

fn on_devices(
    scene: &Scene<'_>,
    clause: &Clause<'_>,
    draft: Draft,
    question: String,
    each: Each,
) -> Outcome {
    let with = |devices: Vec<Mention>| Draft { devices, ..draft.clone() };
    let spread = |mentions: Vec<Mention>| match each {
        Each::Apart => mentions.into_iter().map(|it| with(vec![it])).collect(),
        Each::Together => vec![with(mentions)],
    };
    match targets::read(scene, clause) {
        Target::Devices(mentions) => Outcome::Drafts(spread(mentions)),
        Target::All { servers, client } if each == Each::Together => {
            let all = with(vec![Mention::All { servers }]);
            Outcome::Drafts(vec![Draft { client: Some(client), ..all }])
        }
        Target::None => match (scene.carried(), scene.recent().as_slice()) {
            (Some(carried), _) => Outcome::Drafts(spread(carried.to_vec())),
            (None, [one]) => Outcome::Drafts(vec![with(vec![Mention::Device(one.id.clone())])]),
            (None, several) => scene.ask_device(question, vec![draft], several),
        },
        Target::Which(choices) => scene.ask_device(question, vec![draft], &choices),
        Target::Client(_) | Target::All { .. } | Target::Several { .. } | Target::Unclear => {
            scene.ask_device(question, vec![draft], &[])
        }
    }
}

/// "Run powershell on dc01: Get-Service", "run command `ipconfig /all` on dc01". Read from the message as it was
/// written, for a command is no prose. `None`: it is something else.
pub(super) fn run(ask: &Ask<'_>) -> Option<Proposal> {
    let said = ask.text.trim();
    let said = after_word(said, &["please"]).unwrap_or(said);
    let said = after_word(said, &["run", "execute"])?;
    let said = after_word(said, &["a", "the", "this"]).unwrap_or(said);
    let (name, argument, rest) = match after_word(said, &["powershell", "ps", "pwsh"]) {
        Some(rest) => (RUN_POWERSHELL, "script", rest),
        None => (RUN_COMMAND, "command", after_word(said, &["command", "cmd"])?),
    };
    let tool = ask.catalogue.get(&ToolName::new(name))?;
    let rest = after_word(rest, &["script", "command", "line"]).unwrap_or(rest);
    let (command, place) = quoted(rest).or_else(|| behind_colon(rest))?;
    let mut message = text::read(place)?;
    let manner = polite::strip(&mut message.tokens);
    let tokens = &message.tokens;
    let mut draft = Draft::new(tool.name.clone());
    draft.through = scripts::product(tokens);
    draft.arguments.insert(argument.to_owned(), json!(command));
    let clients = Clients::of(ask.directory, tokens);
    let scene = Scene { ask, clients, manner, follow_up: false, carry: Carry::Context };
    let mut clause = Clause::new(tokens);
    clause.take(scripts::product_tokens(tokens));
    let question = format!("On which device: {}?", tool.title);
    match on_devices(&scene, &clause, draft, question, Each::Together) {
        Outcome::Drafts(drafts) => Some(Proposal::Plan(drafts)),
        Outcome::Ask(question) => Some(Proposal::Ask(question)),
        Outcome::Refuse(text) => Some(Proposal::Refuse(text)),
        Outcome::Lost => None,
    }
}

/// What is behind one of `words`, if `text` begins with one.
fn after_word<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    let end = text.find(|c: char| c.is_whitespace() || c == ':').unwrap_or(text.len());
    let fits = words.iter().any(|it| it.eq_ignore_ascii_case(&text[..end]));
    fits.then(|| text[end..].trim_start())
}

/// "`hostname` on dc01": the command, and where.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let marks = [("```", "```"), ("`", "`"), ("\"", "\""), ("\u{201c}", "\u{201d}")];
    marks.into_iter().find_map(|(open, close)| {
        let inside = text.strip_prefix(open)?;
        // A quote within the command is no end: the last one is.
        let end = inside.rfind(close)?;
        let place = inside[end + close.len()..].trim();
        (end > 0 && !place.contains('\n')).then(|| (inside[..end].trim(), place))
    })
}

/// "on dc01: hostname": the same.
fn behind_colon(text: &str) -> Option<(&str, &str)> {
    let at = text.match_indices(':').map(|it| it.0).find(|at| {
        text[at + 1..].chars().next().is_some_and(|it| it.is_whitespace() || it == '`')
    })?;
    let command = text[at + 1..].trim().trim_matches('`').trim();
    (!command.is_empty()).then(|| (command, text[..at].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, &str)>) {
        assert_eq!(quoted(text).or_else(|| behind_colon(text)), expected, "{text}");
    }

    #[test]
    fn a_command_is_taken_as_it_was_written() {
        check("`ipconfig /all` on dc01", Some(("ipconfig /all", "on dc01")));
        check("\"net user \"anna\"\" on dc01", Some(("net user \"anna\"", "on dc01")));
        check(
            "on dc01: Get-Item C:\\Temp | Remove-Item",
            Some(("Get-Item C:\\Temp | Remove-Item", "on dc01")),
        );
        check("on dc01: ```\nGet-Service\n```", Some(("Get-Service", "on dc01")));
        check("on dc01", None);
        check("on dc01:", None);
    }
}
