//! Takes courtesy off a request: it says nothing about what is wanted, and "if you don't mind" is no
//! condition.

use super::lexicon::Phrases;
use super::talk;
use super::text::{Kind, Token};

/// How a request was put.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Manner {
    /// "Can you …", which may be a question about what is possible.
    pub(super) can: bool,
    /// Ends as a question.
    pub(super) question: bool,
}

/// At the start, again and again.
static OPENERS: Phrases = Phrases::new(
    "@countersign, countersign, hey, hi, hello, hiya, yo, ok, okay, good morning, morning, good \
     afternoon, good evening, afternoon, evening, dear, team, all right, alright, right, so, well, \
     um, uh, hmm, oh, bot, there, mate, guys, folks, quick question, quick one, question, sorry, \
     excuse me, please, pls, plz, kindly, just, quickly, go ahead and, go and, go, i need you to, i \
     need to, i want you to, i want to, i would like you to, i would like to, i would like, i need \
     a, i need, i want a, i want, i would love, need you to, we need to, we need a, we need, we \
     want to, need to, need a, need, want to, id like you to, would you be so kind to, would you be \
     able to, any chance you could, any chance of, is it possible to, would it be possible to, is \
     there any way to, could we, can we, could i, can i get a, can i get, can i, may i, may we, \
     could i get, lets, do me a favor and, do me a favour and, be a dear and, we should, you \
     should, time to, try to, try and, i am trying to, help me, help us, help me to, hurry up and, \
     urgent, urgently, asap, fyi, ps, btw, thanks, thank you, i think we should, actually, sir, i \
     wonder if you could, i was wondering if you could, it would be great if you could, if you \
     could, if you can, when you can, i will need, we will need",
);

/// "Can you", with what may stand in between.
static CAN: Phrases = Phrases::new(
    "would you mind, do you mind, can you please, could you please, would you please, will you \
     please, can you, could you, would you, will you, are you able to, do you know how to, do you \
     support, can it, are we able to, can countersign, can this bot, can the bot, are you allowed \
     to, could u, can u, can ya, do you have the ability to, is countersign able to, could \
     countersign, do you, is the bot able to",
);

/// Anywhere.
static ASIDES: Phrases = Phrases::new(
    "possibly, and report back, report back, and let me know, let me know, keep me posted, and keep \
     me posted, and tell me the result, and tell me the results, and show me the result, and show \
     me the results, and send me the results, and show results, and tell me how it went, and let me \
     know how it goes, when you get a sec, when you get a second, when you get a minute, when you \
     get a moment, when you get a chance, when you have a sec, when you have a second, when you \
     have a minute, when you have a moment, when you have a chance, when you have time, when you \
     get time, when you got a sec, whenever you can, whenever you get a chance, whenever you have \
     time, when you can, when possible, when convenient, if you can, if you could, if possible, if \
     you dont mind, if you would, if that is ok, if that is okay, if it is not too much trouble, as \
     soon as possible, as soon as you can, at your convenience, for me, for us, real quick, right \
     now, right away, straight away, immediately, at once, asap, please, pls, plz, kindly, thanks, \
     thank you, many thanks, thanks a lot, thanks so much, thank you so much, thx, tia, much \
     appreciated, thanks in advance, at the moment, currently, will you, would you, mate, no rush, \
     urgently, when u get a sec, when u can, if u can, once you get a chance, once you have a \
     minute, would be great, i guess, i think, i believe, if needed be, for a sec, a favor, a \
     favour, lol, haha, before you forget, when you are free, if you are free, if you have time, if \
     you get a chance, if you get a sec, if you have a minute, if you have a sec, one more time, \
     please and thank you",
);

/// At the end.
const CLOSINGS: &[&str] =
    &["ty", "cheers", "ta", "mate", "hey", "bot", "countersign", "team", "bro"];

/// Removes courtesy in place and tells how the request was put. Sentences that are nothing but small
/// talk go as a whole, as long as another one is left.
pub(super) fn strip(tokens: &mut Vec<Token>) -> Manner {
    let mut manner = Manner::default();
    let mut kept: Vec<Token> = Vec::new();
    for sentence in tokens.split_inclusive(|it| matches!(it.kind, Kind::Stop | Kind::Question)) {
        let alone = sentence.len() == tokens.len();
        if alone || talk::speech(sentence).is_none() {
            let mut own = sentence.to_vec();
            manner.question |= own.iter().any(|token| token.kind == Kind::Question);
            manner.can |= bare(&mut own);
            kept.append(&mut own);
        }
    }
    if kept.iter().any(Token::is_text) {
        *tokens = kept;
    } else {
        manner.can |= bare(tokens);
    }
    while tokens.len() > 1 {
        match tokens.last() {
            Some(last) if last.kind == Kind::Comma || last.one_of(CLOSINGS) => drop(tokens.pop()),
            Some(last) if !last.is_text() && last.kind != Kind::Colon => drop(tokens.pop()),
            Some(_) | None => break,
        }
    }
    manner
}

/// Takes courtesy off one sentence; true when it began with "can you".
fn bare(tokens: &mut Vec<Token>) -> bool {
    let mut can = false;
    loop {
        while tokens.first().is_some_and(|token| !token.is_text()) && tokens.len() > 1 {
            tokens.remove(0);
        }
        if let Some(length) = CAN.starts(tokens) {
            ask(tokens, 0, length);
            can = true;
            continue;
        }
        match OPENERS.starts(tokens) {
            Some(length) if length < tokens.len() => drop(tokens.drain(..length)),
            Some(_) | None => break,
        }
    }
    let mut at = 0;
    while at < tokens.len() {
        let begins =
            at > 0 && (!tokens[at - 1].is_text() || tokens[at - 1].one_of(&["and", "so", "then"]));
        if let Some(length) = ASIDES.starts(&tokens[at..]) {
            tokens.drain(at..at + length);
        } else if let Some(length) = CAN.starts(&tokens[at..]).filter(|_| begins) {
            ask(tokens, at, length);
            can = true;
        } else {
            at += 1;
        }
    }
    can
}

/// Takes "can you" out.
fn ask(tokens: &mut Vec<Token>, at: usize, length: usize) {
    let mind = tokens[at + length - 1].one_of(&["mind"]);
    tokens.drain(at..at + length);
    if let Some(verb) = tokens.get_mut(at).filter(|_| mind) {
        plain(verb);
    }
}

/// "Would you mind running" asks to run.
fn plain(token: &mut Token) {
    let forms = [
        ("running", "run"),
        ("rebooting", "reboot"),
        ("restarting", "restart"),
        ("checking", "check"),
        ("doing", "do"),
        ("showing", "show"),
        ("listing", "list"),
        ("giving", "give"),
        ("telling", "tell"),
        ("clearing", "clear"),
        ("cleaning", "clean"),
        ("flushing", "flush"),
        ("installing", "install"),
        ("executing", "execute"),
    ];
    if let Some((_, form)) = forms.iter().find(|(typed, _)| *typed == token.low) {
        token.low = (*form).to_owned();
        token.word = token.low.clone();
    }
}
