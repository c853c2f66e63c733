//! `countersign simulate --slack`: a pretend workspace, whose people are played in this terminal.

use std::collections::HashMap;
use std::time::Duration;

use countersign_simulator::slack::{
    APP_TOKEN, BOT_TOKEN, Ephemeral, FakeSlack, Message, Options, SIGNING_SECRET,
};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::{Trouble, print, unusable};

/// The one channel; the bot is in it.
const CHANNEL: &str = "C1";

/// Names and member ids.
const PEOPLE: [(&str, &str); 3] = [("ana", "U1"), ("ben", "U2"), ("mia", "U3")];

const LOOK_EVERY: Duration = Duration::from_millis(200);

const HELP: &str = "\
ana: run disk cleanup on maria-lt-01   a mention in #c1, answered in its thread
ana+ and its patches?                  the same in the thread of the last mention
ana> is dc01 healthy?                  a direct message
ana/ list acme devices                 the slash command
ben presses Approve                    the newest button with this label
ben writes it is in use                fills in the open form and sends it
";

pub(super) struct PretendSlack {
    slack: FakeSlack,
    /// The last mention.
    thread: Option<String>,
    /// What was printed of each message, by channel and time.
    seen: HashMap<(String, String), u32>,
    whispers: HashMap<&'static str, usize>,
    forms: HashMap<&'static str, String>,
}

/// What a line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Mention,
    Reply,
    Direct,
    Slash,
    Press,
    Fill,
}

const SIGNS: [(&str, Act); 6] = [
    (":", Act::Mention),
    ("+", Act::Reply),
    (">", Act::Direct),
    ("/", Act::Slash),
    (" presses ", Act::Press),
    (" writes ", Act::Fill),
];

/// "ana: text", "ben presses Label": the name, the member's id, what to do, with what.
fn parse(line: &str) -> Option<(&'static str, &'static str, Act, &str)> {
    let (name, id) = PEOPLE.into_iter().find(|(name, _)| line.to_lowercase().starts_with(name))?;
    let rest = &line[name.len()..];
    let (act, text) =
        SIGNS.iter().find_map(|(sign, act)| Some((*act, rest.strip_prefix(sign)?.trim())))?;
    Some((name, id, act, text))
}

impl PretendSlack {
    /// Starts it; `posts_to` is where the bot listens in HTTP mode, else it comes through its sockets.
    pub(super) async fn start(posts_to: Option<&str>) -> Result<Self, Trouble> {
        let options = Options { paced: true, ..Options::default() };
        let slack = FakeSlack::start(options).await.map_err(unusable)?;
        for (name, id) in PEOPLE {
            slack.add_user(id, name);
        }
        if let Some(base) = posts_to {
            slack.deliver_by_http(base);
        }
        Ok(Self {
            slack,
            thread: None,
            seen: HashMap::new(),
            whispers: HashMap::new(),
            forms: HashMap::new(),
        })
    }

    /// What belongs into the configuration.
    pub(super) fn config(&self, by_http: bool) -> String {
        let transport = match by_http {
            true => format!("mode = \"http\"\nsigning_secret = \"{SIGNING_SECRET}\"\n"),
            false => format!("app_token = \"{APP_TOKEN}\"\n"),
        };
        let person = |(name, id): (&str, &str)| {
            let roles = match name {
                "ana" => "[\"technician\"]",
                "ben" => "[\"technician\", \"approver\"]",
                _ => "[\"technician\", \"manager\", \"admin\"]",
            };
            format!("[[people]]\nname = \"{name}\"\nroles = {roles}\nslack = \"{id}\"\n")
        };
        format!(
            "[slack]\nbot_token = \"{BOT_TOKEN}\"\n{transport}api_url = \"{}\"\n\n{}",
            self.slack.api_url(),
            PEOPLE.map(person).join("\n")
        )
    }

    /// Reads lines and does what they say; prints what the bot writes, also when there are no more lines.
    pub(super) async fn play(mut self) -> Result<(), Trouble> {
        print(HELP)?;
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        let mut more = true;
        loop {
            tokio::select! {
                line = lines.next_line(), if more => match line? {
                    None => more = false,
                    Some(line) if line.trim().is_empty() => {}
                    Some(line) => {
                        if let Some(answer) = self.act(line.trim()).await {
                            print(&format!("{answer}\n"))?;
                        }
                    }
                },
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            print(&self.fresh())?;
        }
    }

    /// Does what `line` says; a sentence where it cannot.
    async fn act(&mut self, line: &str) -> Option<String> {
        let Some((name, id, act, text)) = parse(line) else {
            return Some(HELP.trim_end().to_owned());
        };
        let delivered = match act {
            Act::Mention => {
                let said = self.slack.mention(id, CHANNEL, text, None).await;
                self.thread = Some(said.ts);
                said.delivered
            }
            Act::Reply => {
                let thread = self.thread.clone();
                self.slack.mention(id, CHANNEL, text, thread.as_deref()).await.delivered
            }
            Act::Direct => self.slack.dm(id, text, None).await.delivered,
            Act::Slash => self.slack.command(id, CHANNEL, text).await,
            Act::Press => {
                let Some((channel, ts)) = self.newest_with(id, text) else {
                    return Some(format!("{name} sees no button “{text}”."));
                };
                self.slack.click(id, &channel, &ts, text).await
            }
            Act::Fill => {
                let Some(modal) = self.slack.modal(id) else {
                    return Some(format!("{name} has no form open."));
                };
                let blocks = modal.view["blocks"].as_array().cloned().unwrap_or_default();
                let input = blocks.iter().find(|it| it["type"] == "input");
                let Some(block) = input.and_then(|it| it["block_id"].as_str()) else {
                    return Some("The form has nothing to fill in.".into());
                };
                self.slack.submit(id, &[(block, text)]).await
            }
        };
        (!delivered.acked).then(|| {
            "Nobody took it: is `countersign serve` running with this configuration?".to_owned()
        })
    }

    /// Channels that somebody sees: the common one and their own with the bot.
    fn channels_of(&self, id: &str) -> [String; 2] {
        [CHANNEL.to_owned(), self.slack.dm_of(id)]
    }

    fn newest_with(&self, id: &str, label: &str) -> Option<(String, String)> {
        let in_channel = |channel: String| {
            let found = self.slack.channel(&channel).into_iter().rev();
            let mut found = found.filter(|it| it.can_click(label));
            found.next().map(|it| (channel, it.ts))
        };
        let all = self.channels_of(id).into_iter().filter_map(in_channel);
        all.max_by(|one, other| one.1.cmp(&other.1))
    }

    /// What is there now and was not at the last look.
    fn fresh(&mut self) -> String {
        let mut out = String::new();
        let mut channels: Vec<String> =
            PEOPLE.iter().flat_map(|(_, id)| self.channels_of(id)).collect();
        channels.sort_unstable();
        channels.dedup();
        for channel in channels {
            for message in self.slack.channel(&channel) {
                let key = (channel.clone(), message.ts.clone());
                let is_bot = message.is_of_the_bot();
                if self.seen.insert(key, message.edits) == Some(message.edits) || !is_bot {
                    continue;
                }
                out.push_str(&drawn(&channel, &message));
            }
        }
        for (name, id) in PEOPLE {
            let whispers: Vec<Ephemeral> = self.slack.ephemerals(id);
            let told = self.whispers.insert(name, whispers.len()).unwrap_or(0);
            for whisper in &whispers[told..] {
                out.push_str(&format!("--- only {name} sees\n{}\n", whisper.shown()));
            }
            if let Some(modal) = self.slack.modal(id)
                && self.forms.insert(name, modal.id.clone()) != Some(modal.id)
            {
                let title = modal.view["title"]["text"].as_str().unwrap_or("a form");
                out.push_str(&format!("--- {name} has a form open: {title}\n"));
            }
        }
        out
    }
}

fn drawn(channel: &str, message: &Message) -> String {
    let place = if message.thread.is_some() { "in a thread of" } else { "in" };
    let edited = if message.edits > 0 { ", changed" } else { "" };
    let files: Vec<String> = message
        .files
        .iter()
        .map(|(name, bytes)| format!("[file {name}, {} bytes]\n", bytes.len()))
        .collect();
    format!("--- {place} {channel}{edited}\n{}\n{}", message.shown(), files.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_who_does_what() {
        assert_eq!(parse("ana: hello"), Some(("ana", "U1", Act::Mention, "hello")));
        assert_eq!(parse("Ben presses Approve"), Some(("ben", "U2", Act::Press, "Approve")));
        assert_eq!(parse("mia+ and now?"), Some(("mia", "U3", Act::Reply, "and now?")));
        assert_eq!(parse("ben writes no, busy"), Some(("ben", "U2", Act::Fill, "no, busy")));
        assert_eq!(parse("eve: hello"), None);
        assert_eq!(parse("ana hello"), None);
    }
}
