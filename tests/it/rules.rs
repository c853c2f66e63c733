//! Rules of an operator, as docs/approvals.md tells them and as people meet them in chat.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use countersign::conversation::Explanation;
use countersign::directory::{Person, Platform};
use countersign::ports::{Groups, GroupsError, Store as _, TrialFilter};

use crate::harness::{Bot, World, mins};

const ASK: &str = "run disk cleanup on maria-lt-01";
const RAN: &[&str] = &["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"];

const GUIDE: &str = include_str!("../../docs/approvals.md");

/// The fenced blocks of the guide, in order: what stands behind the fence, and the text.
fn blocks() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut lines = GUIDE.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```").filter(|it| !it.is_empty()) {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            all.push((kind.to_owned(), text.join("\n") + "\n"));
        }
    }
    all
}

/// What the command would print for a line such as `$ countersign policy explain "…" --as Ana`.
async fn explained(bot: &Bot, command: &str) -> String {
    let (text, name) = command
        .strip_prefix("$ countersign policy explain \"")
        .and_then(|rest| rest.split_once("\" --as "))
        .unwrap_or_else(|| panic!("no command that the test knows: {command}"));
    let engine = &bot.wiring().engine;
    let person = engine.people().iter().find(|it| it.name == name).expect("a person of the guide");
    match engine.explain(person, text).await.expect("the store works") {
        Explanation::Calls(calls) => calls.into_iter().map(|(lines, _)| lines).collect(),
        Explanation::NoPlan(other) => panic!("{command} makes no plan: {other:?}"),
    }
}

/// What happens when people write the lines that begin with `> Ana:`. Of each answer its first line is told;
/// `CODE` stands for the newest one that can be typed, `(5 min later)` lets time pass.
async fn chat(bot: &mut Bot, script: &str) -> String {
    let mut told = String::new();
    for line in script.lines() {
        if let Some((person, text)) = line.strip_prefix("> ").and_then(|it| it.split_once(": ")) {
            let text = match text.contains("CODE") {
                true => text.replace("CODE", &newest_code(bot).await),
                false => text.to_owned(),
            };
            bot.says(&person.to_lowercase(), &text).await;
        } else if let Some(mins) =
            line.strip_prefix('(').and_then(|it| it.split_once(" min later)"))
        {
            bot.later(crate::harness::mins(mins.0.parse().expect("minutes"))).await;
        } else if line == "$ countersign meters" {
            let meters = bot.wiring().engine.meters(30).await.expect("the store works");
            told.push_str(&format!("{line}\n{}", meters.text()));
            continue;
        } else if line == "$ countersign trials" {
            let trials = bot.wiring().engine.trials(14).await.expect("the store works");
            told.push_str(&format!("{line}\n{}", trials.text()));
            continue;
        } else {
            continue;
        }
        told.push_str(&format!("{line}\n"));
        for _ in 0..bot.unread() {
            let message = bot.next_message();
            let lines: Vec<&str> = message.lines().filter(|line| !line.trim().is_empty()).collect();
            let shown = match lines.as_slice() {
                [only, first, ..] if only.starts_with("(only for") => format!("{only} {first}"),
                [first, ..] => (*first).to_owned(),
                [] => String::new(),
            };
            told.push_str(&format!("{}\n", shown.trim_start_matches("== ").trim()));
        }
    }
    told
}

/// Of an open standing grant, else of a plan that nothing runs of, else of a card that waits.
async fn newest_code(bot: &Bot) -> String {
    let grants = bot.wiring().engine.standing_grants().await.expect("the store works");
    if let Some(grant) = grants.into_iter().find(|it| it.is_open()) {
        return grant.code;
    }
    let filter = TrialFilter { limit: 1, ..TrialFilter::default() };
    match bot.wiring().store.trials(&filter).await.expect("the store works").pop() {
        Some(trial) => trial.code,
        None => bot.waiting_codes().await.remove(0),
    }
}

/// With `UPDATE_GUIDE=1` the guide is written anew instead.
#[tokio::test]
async fn the_examples_of_the_guide_come_out_as_it_says() {
    let blocks = blocks();
    let (_, people) = blocks.iter().find(|(kind, _)| kind == "toml people").expect("people");
    let mut examples = 0;
    let mut rules = String::new();
    let mut guide = GUIDE.to_owned();
    for (kind, text) in &blocks {
        match kind.as_str() {
            "toml rules" => rules.clone_from(text),
            "text explain" => {
                let bot = World::default().people(people).config(&rules).start().await;
                let mut shown = String::new();
                for command in text.lines().filter(|line| line.starts_with("$ ")) {
                    shown.push_str(&format!("{command}\n{}", explained(&bot, command).await));
                }
                guide = guide.replacen(text, &shown, 1);
                bot.finish().await;
                examples += 1;
            }
            "text chat" => {
                let mut bot = World::default().people(people).config(&rules).start().await;
                let shown = chat(&mut bot, text).await;
                guide = guide.replacen(text, &shown, 1);
                bot.finish().await;
                examples += 1;
            }
            "toml people" | "toml contact" => {}
            other => panic!("a block of an unknown kind: {other}"),
        }
    }
    assert!(examples >= 4, "only {examples} examples were found");
    if std::env::var("UPDATE_GUIDE").is_ok() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/approvals.md");
        std::fs::write(path, guide).expect("the guide can be written");
    } else {
        same(&guide, GUIDE);
    }
}

/// The first line that differs is told, not two pages.
#[track_caller]
fn same(happens: &str, written: &str) {
    let differs =
        happens.lines().zip(written.lines()).find(|(happens, written)| happens != written);
    assert_eq!(differs, None, "(what happens, what docs/approvals.md says)");
    assert_eq!(happens.len(), written.len(), "docs/approvals.md lacks lines or has too many");
}

#[tokio::test]
async fn a_second_yes_has_to_come_from_a_manager() {
    let rules = "[[rules]]\ntool = \"*\"\nsecond = \"role:manager\"\n\
        [[people]]\nname = \"zoe\"\nroles = [\"approver\"]\n";
    let mut bot = World::default().config(rules).start().await;
    bot.says("ana", ASK).await;
    let card = bot.next_message();
    assert!(
        card.contains("2 people other than the requester, among them 1 of the role manager"),
        "{card}"
    );
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    bot.presses("zoe", "Approve").await;
    bot.later(mins(1)).await;
    bot.expect_ran(&[]);
    bot.skip_messages();
    bot.lets_run("mia", RAN).await;
    bot.finish().await;
}

#[tokio::test]
async fn only_the_people_a_rule_names_can_decide_and_a_deny_is_theirs_too() {
    let rules = "[[rules]]\ntool = \"*\"\napprovers = \"mia\"\n";
    let mut bot = World::default().config(rules).start().await;
    bot.says("ana", ASK).await;
    bot.skip_messages();
    for button in ["Approve", "Deny"] {
        bot.presses("ben", button).await;
        let answer = bot.next_message();
        assert!(answer.contains("rule names who can decide this"), "{answer}");
    }
    let code = bot.waiting_codes().await.remove(0);
    bot.says("ben", &format!("approve {code}")).await;
    assert!(
        bot.next_message().contains("you are not among them"),
        "the typed code is no way round"
    );
    bot.expect_ran(&[]);
    bot.lets_run("mia", RAN).await;
    bot.finish().await;
}

#[tokio::test]
async fn a_request_without_the_reason_a_rule_wants_is_refused_with_the_way_out() {
    let rules = "[[rules]]\ntool = \"*\"\nreason_required = true\nreason_pattern = \"CW-#\"\n";
    let mut bot = World::default().config(rules).start().await;
    bot.says("ana", ASK).await;
    let answer = bot.next_message();
    assert!(answer.contains("write “because CW-1234” behind the request"), "{answer}");
    bot.says("ana", &format!("{ASK} because CW-77")).await;
    assert!(bot.next_message().contains("Approval needed"));
    bot.lets_run("ben", RAN).await;
    bot.finish().await;
}

/// A chat platform with one group, whose members a test changes; `None`: it gives no answer.
#[derive(Default)]
struct Club(Mutex<Option<Vec<&'static str>>>);

impl Club {
    fn is(&self, members: Option<&[&'static str]>) {
        *self.0.lock().expect("no panic held it") = members.map(<[_]>::to_vec);
    }
}

#[async_trait]
impl Groups for Club {
    fn platform(&self) -> Platform {
        Platform::Slack
    }

    async fn contains(&self, group: &str, person: &Person) -> Result<bool, GroupsError> {
        match &*self.0.lock().expect("no panic held it") {
            Some(members) => Ok(group == "S01" && members.contains(&person.name.as_str())),
            None => Err(GroupsError { group: group.into(), detail: "no answer".into() }),
        }
    }
}

#[tokio::test]
async fn a_chat_group_is_read_at_the_click_and_again_at_the_start_and_fails_closed() {
    let rules = "[[rules]]\ntool = \"*\"\napprovers = \"group:slack:S01\"\n";
    let mut bot = World::default().config(rules).start().await;
    let club = Arc::new(Club::default());
    bot.wiring().engine.read_groups_from(vec![Arc::clone(&club) as Arc<dyn Groups>]);
    bot.says("ana", ASK).await;
    bot.skip_messages();
    bot.presses("ben", "Approve").await;
    assert!(bot.next_message().contains("you are not among them"), "the group gives no answer");
    club.is(Some(&["ana", "mia"]));
    bot.presses("ben", "Approve").await;
    assert!(bot.next_message().contains("you are not among them"), "not a member");
    bot.taps("mia", "Approve").await;
    bot.settle().await;
    bot.later(mins(1)).await;
    bot.skip_messages();
    bot.expect_ran(RAN);

    bot.in_thread("thread-2");
    bot.says("ana", "run disk cleanup on acme-ws-01").await;
    bot.skip_messages();
    let approve = bot.button("Approve").await;
    bot.clicks("mia", approve).await;
    bot.decides_only().await;
    club.is(Some(&["ana"]));
    bot.later(mins(1)).await;
    let last = bot.last_message();
    assert!(last.contains("may not approve any more"), "{last}");
    bot.expect_ran(RAN);
    bot.finish().await;
}

/// A group that answers once and then no more.
struct Once(Mutex<bool>);

#[async_trait]
impl Groups for Once {
    fn platform(&self) -> Platform {
        Platform::Slack
    }

    async fn contains(&self, group: &str, _: &Person) -> Result<bool, GroupsError> {
        let answered = std::mem::replace(&mut *self.0.lock().expect("no panic held it"), true);
        let silent = GroupsError { group: group.into(), detail: "no answer".into() };
        if answered { Err(silent) } else { Ok(true) }
    }
}

#[tokio::test]
async fn a_vote_whose_group_was_read_counts_for_the_rule_that_names_it() {
    let rules = "[[rules]]\ntool = \"*\"\napprovers = [\"group:slack:S01\"]\nquorum = 1\n\n\
                 [[rules]]\ntool = \"*-script-*\"\napprovers = [\"group:slack:S01\", \"ben\"]\n";
    let mut bot = World::default().config(rules).start().await;
    bot.wiring().engine.read_groups_from(vec![Arc::new(Once(Mutex::new(false)))]);
    bot.says("ana", ASK).await;
    bot.skip_messages();
    let approve = bot.button("Approve").await;
    bot.clicks("mia", approve).await;
    bot.decides_only().await;
    let card = bot.last_message();
    assert!(card.contains("Starting: Disk Cleanup on MARIA-LT-01"), "{card}");
    bot.settle().await;
    bot.later(mins(1)).await;
    bot.skip_messages();
    bot.finish().await;
}
