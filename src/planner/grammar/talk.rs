//! Small talk, help, and what Countersign is not for.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::planner::Speech;

use super::clients::Clients;
use super::lexicon::{Phrases, Words};
use super::text::Token;

static HELP: Phrases = Phrases::new(
    "help, help me, halp, commands, what can you do, what do you do, what are you able to do, what \
     else can you do, how do i use this, how do i use you, how does this work, how do you work, how \
     to use, how does it work, usage, examples, show help, show me help, show commands, list \
     commands, menu, what commands, what commands are there, what can i ask, what can i say, what \
     can i ask you, what can you help me with, what can you help with, what are my options, i need \
     help, need help, can you help, can you help me, give me help, give me examples, show me what \
     you can do, show me examples, getting started, how can you help, how can you help me, what do \
     you know, capabilities, features, what are your capabilities, what tools do you have, list \
     tools, tools, what tools are there, show tools, what kind of things can you do, ?, what should \
     i type, instructions, manual, docs",
);

static HELLO: Phrases = Phrases::new(
    "hope you are well, hope all is well, hope you are good, hope you are doing well, happy monday, \
     happy friday, long time no see, hello, hi, hey, hiya, yo, howdy, good morning, morning, good \
     afternoon, good evening, gday, g'day, hello there, hi there, hey there, greetings, sup, \
     evening, afternoon, hallo, ping, are you there, you there, test, testing, how are you, how are \
     you doing, how is it going, what is up, wassup, whatsup, are you alive, are you awake, anyone \
     there, anybody there, good day",
);

static THANKS: Phrases = Phrases::new(
    "thanks, thank you, thx, ty, cheers, ta, many thanks, much appreciated, thanks a lot, tysm, \
     tnx, thankyou, great, nice, perfect, awesome, cool, good job, nice one, well done, good bot, \
     great job, nice work, great work, brilliant, lovely, excellent, appreciate it, appreciated, \
     legend, you rock, love it, that is great, that worked, it worked, works, that is all, all \
     good, sweet, amazing, great thanks, perfect thanks, awesome thanks, cool thanks, ok thanks, ok \
     thank you, okay thanks, great thank you, nice thanks, ok, okay, ok cool, got it, understood, \
     noted, bye, goodbye, good night, see you",
);

static ABOUT: Phrases = Phrases::new(
    "who are you, what are you, who is this, are you a bot, are you human, are you a human, are you \
     a robot, are you an ai, are you real, are you ai, what is your name, your name, who made you, \
     who built you, introduce yourself, tell me about yourself, what is countersign, who is \
     countersign, what is this, what is this bot, version, what version are you, are you chatgpt, \
     are you an llm, what model are you, are you a person, about, about you",
);

static STATUS: Phrases = Phrases::new(
    "status, what is running, what is running now, anything running, is anything running, what is \
     waiting, what is pending, pending approvals, list approvals, approvals, show approvals, what \
     is waiting for approval, what waits for approval, waiting approvals, what approvals are \
     waiting, what approvals are pending, open approvals, is anything waiting for approval, \
     anything waiting for approval, anything waiting, anything pending, is it done, is it done yet, \
     are you done, are we done, done yet, is that done, did it finish, has it finished, is it \
     finished, progress, any progress, how far are you, how is it going with that, what are you \
     doing, what are you working on, is it still running, still running, what is the status, show \
     status, my requests, what did i ask for, show pending approvals, show running, what is in \
     progress, what is going on, running, queue, status update, is it running, what is happening, \
     did it work, did that work",
);

static CANCEL: Phrases = Phrases::new(
    "cancel, nevermind, never mind, nvm, forget it, forget about it, forget that, stop, abort, \
     cancel that, cancel it, drop it, scratch that, no thanks, no thank you, leave it, dont bother, \
     do nothing, quit, exit, withdraw, ignore that, ignore me, dont, skip it, skip, none of them, \
     none, neither, cancel request, cancel the request, cancel this, stop that, stop it, nah, no, \
     nope, disregard, disregard that, undo, back, wrong one, no dont, please dont, dont do it, dont \
     do that, do not do it, do not do that, withdraw it, withdraw that, withdraw the request, \
     withdraw my request, cancel my request, abort that, abort it, hold on, wait, actually \
     nevermind, actually never mind",
);

/// Words that may stand around all of these.
static AROUND: Words = Words::new(
    "@countersign countersign bot please pls there mate team all everyone so much very a lot again \
     lots heaps bunch million ton bro advance in man buddy guys folks exactly actually then really \
     just oh for me that the now hey right currently",
);

/// What a message is, when it is nothing but talk.
pub(super) fn speech(tokens: &[Token]) -> Option<Speech> {
    let words: Vec<&str> =
        tokens.iter().filter(|it| it.is_word()).map(|it| it.low.as_str()).collect();
    if words.is_empty()
        || words.len() > 10
        || words.len() != tokens.iter().filter(|it| it.is_text()).count()
    {
        return None;
    }
    let whole = words.join(" ");
    let core = without_around(words.iter().copied());
    if core.is_empty() {
        let named = words.iter().any(|it| it.ends_with("countersign"));
        return named.then_some(Speech::Hello).or_else(|| greeting(&words));
    }
    let found = LINES.get(&whole).or_else(|| LINES.get(&core)).copied();
    found.or_else(|| greeting(&words))
}

/// Every line of talk, as it is and without the words around it; the first list that has it counts.
static LINES: LazyLock<HashMap<String, Speech>> = LazyLock::new(|| {
    let mut lines = HashMap::new();
    for (list, speech) in [
        (&CANCEL, Speech::Cancel),
        (&HELP, Speech::Help),
        (&ABOUT, Speech::AboutMe),
        (&STATUS, Speech::Status),
        (&THANKS, Speech::Thanks),
        (&HELLO, Speech::Hello),
    ] {
        for phrase in list.iter() {
            lines.entry(phrase.join(" ")).or_insert(speech);
            lines.entry(without_around(phrase.iter().copied())).or_insert(speech);
        }
    }
    lines
});

fn without_around<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.filter(|it| !AROUND.has(it)).collect::<Vec<_>>().join(" ")
}

/// "great, thanks a lot": nothing but such words.
fn greeting(words: &[&str]) -> Option<Speech> {
    let kind = |word: &str| {
        if THANKS.has(word) {
            Some(Speech::Thanks)
        } else if HELLO.has(word) {
            Some(Speech::Hello)
        } else {
            None
        }
    };
    let known = |word: &&str| AROUND.has(word) || kind(word).is_some();
    let all = words.iter().all(known);
    if all { words.iter().find_map(|it| kind(it)) } else { None }
}

static FOREIGN: Words = Words::new(
    "weather poem joke song story haiku recipe stock bitcoin football soccer translate essay lyrics \
     movie horoscope capital president pizza lunch coffee forecast news math homework flight hotel \
     restaurant birthday music game chess sing dance limerick riddle cricket meaning calculate \
     trivia crypto lottery love marry taxi uber holiday invoice salary payroll book python \
     javascript code",
);

static ACCOUNTS: Phrases = Phrases::new(
    "password, passwords, mfa, 2fa, mailbox, mailboxes, email, emails, licence, license, onedrive, \
     sharepoint, entra, azure, o365, m365, office365, exchange, teams, slack, intune, firewall, \
     vpn, account, accounts, active directory, ad, outlook, phone, voicemail, certificate, \
     certificates, domain, website, invoice, quote, contract, backup, backups",
);

/// A refusal of what is no work at all: "write me a poem about servers".
pub(super) fn off_topic(tokens: &[Token], clients: &Clients<'_>) -> Option<String> {
    let work =
        ["ticket", "tickets", "script", "scripts", "run", "case", "cases", "on", "task", "tasks"];
    if tokens.iter().any(|it| it.one_of(&work) || it.possessive) {
        return None;
    }
    let at = tokens.iter().position(|it| it.is_in(&FOREIGN))?;
    let named = clients.all(tokens);
    match named.iter().any(|it| (it.from..it.to).contains(&at)) {
        true => None,
        false => foreign(tokens),
    }
}

/// A refusal, when a request that nothing else understood is about something foreign.
pub(super) fn foreign(tokens: &[Token]) -> Option<String> {
    let what = if tokens.iter().any(|it| it.is_in(&FOREIGN)) {
        "That is not something I do."
    } else if ACCOUNTS.all(tokens).next().is_some() {
        "There is no tool or script for that here, so nothing was done."
    } else {
        return None;
    };
    Some(format!(
        "{what} I look after devices in ConnectWise: health, patches, hardware, tickets, tasks, and \
         running scripts once they are approved. Say \"help\" for examples."
    ))
}
