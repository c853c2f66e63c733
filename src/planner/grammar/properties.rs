//! What holds for any text at all.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{fixture, is_write, propose};
use crate::conversation::Context;
use crate::directory::Directory;
use crate::planner::answer::answer;
use crate::planner::{Ask, Proposal};
use crate::tool::Catalogue;

/// Letters that every word has which may lead to a change: a word of a script's name, a verb for one, or
/// a ticket.
const ROOTS: &[&str] = &[
    "boot", "start", "clean", "clear", "purge", "flush", "install", "scan", "collect", "force",
    "run", "execut", "launch", "do", "ticket", "case", "incident", "request", "disk", "dns",
    "gpupdate", "spool", "temp", "tmp", "update", "patch", "defender", "event", "explorer",
    "service", "bounce", "same", "again",
];

/// Made once: thousands of texts are read against it.
static WORLD: LazyLock<(Catalogue, Directory)> =
    LazyLock::new(|| (fixture::catalogue(), fixture::directory()));

fn plans(text: &str) -> Proposal {
    let (catalogue, directory) = &*WORLD;
    let person = fixture::person();
    let context = Context::default();
    let ask =
        Ask { text, context: &context, catalogue, directory, person: &person, now: fixture::now() };
    let proposal = propose(&ask);
    if let Proposal::Ask(question) = &proposal {
        // An answer to its own question must not panic either.
        for reply in [text, "1", "yes", "dc01", "the last one"] {
            let _ = answer(reply, question, &ask);
        }
    }
    proposal
}

fn changes(proposal: &Proposal) -> bool {
    match proposal {
        Proposal::Plan(drafts) => drafts.iter().any(|it| is_write(&WORLD.0, &it.tool)),
        Proposal::Ask(_) | Proposal::Say(_) | Proposal::Refuse(_) | Proposal::Unsure { .. } => {
            false
        }
    }
}

/// Sentences of the words that requests are made of, in any order.
fn sentences() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "run",
        "disk",
        "cleanup",
        "on",
        "dc01",
        "and",
        "maria's",
        "laptop",
        "at",
        "acme",
        "all",
        "servers",
        "reboot",
        "don't",
        "if",
        "tonight",
        "tickets",
        "open",
        "a",
        "ticket",
        "for",
        ":",
        ",",
        "\"",
        "?",
        ".",
        "patches",
        "it",
        "the",
        "second",
        "one",
        "same",
        "what",
        "about",
        "is",
        "healthy",
        "with",
        "days=3",
        "service",
        "spooler",
        "restart",
        "not",
        "except",
        "priority",
        "high",
        "older",
        "than",
        "14",
        "days",
        "drive",
        "D:",
        "can",
        "you",
        "please",
        "script",
        "task",
        "results",
        "of",
        "other",
        "them",
        "every",
        "monday",
        "in",
        "5",
        "minutes",
        "'",
        "`",
        "\u{2019}s",
        "no",
        "#1042",
        "list",
        "how",
        "many",
        "=",
        "-",
        "\n",
        "> ",
        "```",
    ]);
    prop::collection::vec(word, 0..24).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gets_an_answer_and_changes_nothing_by_accident(text in "\\PC{0,120}") {
        let proposal = plans(&text);
        let low = text.to_lowercase();
        if !ROOTS.iter().any(|root| low.contains(root)) {
            prop_assert!(!changes(&proposal), "{text:?} gave {proposal:?}");
        }
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        plans(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_mixture_of_known_words_gets_an_answer(text in sentences()) {
        plans(&text);
    }

    #[test]
    fn a_refusing_word_in_front_never_ends_in_a_change(text in sentences()) {
        for stop in ["don't", "do not", "never", "no need to"] {
            let one = text.replace(['"', '`', '\n', '>', ':', '?', '.', ','], " ");
            let proposal = plans(&format!("{stop} {one}"));
            prop_assert!(!changes(&proposal), "{stop} {text:?} gave {proposal:?}");
        }
    }

    #[test]
    fn a_question_word_in_front_never_ends_in_a_change(text in sentences()) {
        let one = text.replace(['"', '`', '\n', '>', ':', '?', '.', ',', '-'], " ");
        let one = one.replace(" and ", " ").replace("open", "").replace("ticket", "");
        for look in ["is", "what", "when did", "why", "should i"] {
            let proposal = plans(&format!("{look} {one}"));
            prop_assert!(!changes(&proposal), "{look} {one:?} gave {proposal:?}");
        }
    }
}
