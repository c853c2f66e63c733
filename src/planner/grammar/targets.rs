//! Which devices a command is about, as words for the resolver or as ids from the conversation.
//!
//! Never all devices unless "all" was said together with one client that is known: a word left over
//! might have been "except" in other clothes.

use crate::directory::{Client, Device};
use crate::planner::{ClientMention, Mention};

use super::lexicon::Words;
use super::scene::{Clause, Scene};
use super::text::{Kind, Token};
use super::words;

/// The longest name of a device, in words; more is a story.
const NAME_WORDS_MAX: usize = 7;

#[derive(Debug)]
pub(super) enum Target<'a> {
    /// None named.
    None,
    Devices(Vec<Mention>),
    All {
        servers: Option<bool>,
        client: ClientMention,
    },
    /// Only a client was named.
    Client(&'a Client),
    /// "The acme servers": perhaps all of them.
    Several {
        servers: Option<bool>,
        client: Option<&'a Client>,
        all: bool,
    },
    /// "It", and several or none could be meant.
    Which(Vec<&'a Device>),
    /// Words that make no name.
    Unclear,
}

/// Reads the words of `clause` that are not accounted for; stray words in front are let pass.
pub(super) fn read<'a>(scene: &Scene<'a>, clause: &Clause<'_>) -> Target<'a> {
    target(scene, clause, Stray::Pass)
}

/// The same, for what changes something: a stray word makes it unclear.
pub(super) fn read_all<'a>(scene: &Scene<'a>, clause: &Clause<'_>) -> Target<'a> {
    target(scene, clause, Stray::Stop)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stray {
    Pass,
    Stop,
}

fn target<'a>(scene: &Scene<'a>, clause: &Clause<'_>, stray: Stray) -> Target<'a> {
    let tokens = clause.tokens;
    let groups: Vec<&[Token]> = clause.free().into_iter().map(|it| &tokens[it]).collect();
    let groups: Vec<&[Token]> =
        groups.into_iter().map(trim_joints).filter(|group| !group.is_empty()).collect();
    if groups.iter().any(|group| group.iter().any(|token| token.one_of(words::ALL))) {
        return all_of(scene, &groups);
    }
    let hesitates = groups.iter().any(|group| group.iter().any(|token| token.is_in(&HESITANT)));
    if stray == Stray::Stop && hesitates {
        return Target::Unclear;
    }
    let mut names: Vec<&[Token]> = Vec::new();
    let mut places: Vec<(&[Token], &Client)> = Vec::new();
    let mut pointed: Option<Target<'a>> = None;
    for group in groups {
        if let Some(found) = pointer(scene, group) {
            pointed = Some(found);
            continue;
        }
        let bare = trim_named(scene, group);
        if bare.is_empty() {
            continue;
        }
        match scene.clients.whole(bare) {
            Some(client) => places.push((bare, client)),
            None => names.push(group),
        }
    }
    match (names.as_slice(), places.as_slice(), pointed) {
        ([], [], Some(found)) => found,
        ([], [], None) => Target::None,
        ([], [(_, client)], _) => Target::Client(client),
        ([], _, _) => Target::Unclear,
        ([name], [], _) => of_name(scene, tail(name, stray), None),
        ([name], [(place, _)], _) => of_name(scene, tail(name, stray), Some(place)),
        (_, [] | [_], _) if stray == Stray::Pass => {
            let led: Vec<&&[Token]> =
                names.iter().filter(|it| it[0].one_of(words::TOWARDS)).collect();
            let place = places.first().map(|(place, _)| *place);
            let plain = |it: &&&[Token]| it.iter().any(|it| it.has_digit() || it.possessive);
            let plain: Vec<&&[Token]> = names.iter().filter(plain).collect();
            match (led.as_slice(), plain.as_slice()) {
                ([name], _) | ([], [name]) => of_name(scene, tail(name, stray), place),
                _ => Target::Unclear,
            }
        }
        _ => Target::Unclear,
    }
}

/// Words of somebody who changes their mind: "dc01, no, dc02".
pub(super) static HESITANT: Words = Words::new(
    "no not nope oops instead rather or maybe perhaps wait meant mean correction neither nor either \
     probably unsure ones rest remaining else whichever whatever",
);

/// Without the small words and prepositions around it.
pub(super) fn trim(tokens: &[Token]) -> &[Token] {
    let small = |token: &Token| {
        !token.is_text()
            || token.is_word()
                && !token.possessive
                && (words::is_filler(&token.low)
                    || token.is_in(&words::PREPOSITIONS)
                    || super::spell::is_cue(&token.low)
                        && !token.is_in(&words::KIND)
                        && !token.is_in(&words::KINDS))
    };
    let Some(from) = tokens.iter().position(|token| !small(token)) else { return &[] };
    let to = tokens.iter().rposition(|token| !small(token)).unwrap_or(from);
    &tokens[from..=to]
}

/// The same, but a client's name stays whole: "Harbour Dental Group".
pub(super) fn trim_named<'t>(scene: &Scene<'_>, group: &'t [Token]) -> &'t [Token] {
    let inner = trim(group);
    let named = scene.clients.all(group);
    let [one] = named.as_slice() else { return inner };
    let offset = |part: &[Token]| {
        let first = part.first()?;
        group.iter().position(|it| std::ptr::eq(it, first))
    };
    match offset(inner) {
        Some(from) => &group[from.min(one.from)..(from + inner.len()).max(one.to)],
        None => &group[one.from..one.to],
    }
}

fn trim_joints(tokens: &[Token]) -> &[Token] {
    let joint = |token: &Token| !token.is_text() || token.one_of(&["and", "or", "plus"]);
    let Some(from) = tokens.iter().position(|token| !joint(token)) else { return &[] };
    let to = tokens.iter().rposition(|token| !joint(token)).unwrap_or(from);
    &tokens[from..=to]
}

/// As the resolver gets it: a possessive at the end belongs to what is asked about, not to the name.
pub(super) fn phrase(tokens: &[Token]) -> String {
    let last = tokens.len().saturating_sub(1);
    let words =
        tokens.iter().enumerate().filter(|(_, token)| token.is_text()).map(|(at, token)| {
            if at == last && token.possessive {
                let owner = token.text.strip_suffix(['s', 'S']).unwrap_or(&token.text);
                owner.trim_end_matches(|it: char| !it.is_alphanumeric())
            } else {
                token.text.as_str()
            }
        });
    words.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
}

/// "the cleanup on dc01", when looking: what stands in front of "on" is no part of the name.
fn tail(name: &[Token], stray: Stray) -> &[Token] {
    let on = |token: &Token| token.one_of(&["on", "onto", "against"]);
    match name.iter().rposition(on) {
        Some(at) if stray == Stray::Pass && !trim(&name[at..]).is_empty() => &name[at..],
        Some(_) | None => name,
    }
}

/// "dc01 and dc02 at acme", already without anything else.
fn of_name<'a>(scene: &Scene<'a>, name: &[Token], place: Option<&[Token]>) -> Target<'a> {
    let mut mentions = Vec::new();
    let mut parts: Vec<&[Token]> = Vec::new();
    let joint = ["and", "plus", "or", "then", "as", "both"];
    for part in name.split(|it| it.kind == Kind::Comma || it.one_of(&joint)) {
        let own = trim(part);
        if let Some(found) = pointer(scene, part) {
            match found {
                Target::Devices(more) => mentions.extend(more),
                other => return other,
            }
        } else if !own.is_empty() {
            parts.push(own);
        }
    }
    if name.iter().any(|token| token.one_of(&["or"])) && parts.len() > 1 {
        return Target::Unclear;
    }
    let place = place.map(|place| format!(" at {}", phrase(place)));
    let shared = shared_client(scene, &parts);
    for (at, part) in parts.iter().enumerate() {
        if part.len() > NAME_WORDS_MAX {
            return Target::Unclear;
        }
        if let Some(plural) = part.iter().find(|token| token.is_in(&words::KINDS))
            && !part.iter().any(names_host)
            && part
                .last()
                .is_some_and(|it| it.is_in(&words::KINDS) || scene.clients.whole(part).is_none())
        {
            let servers = kind(plural);
            let client = scene.clients.all(part).first().filter(|it| it.sure).map(|it| it.client);
            return Target::Several { servers, client, all: false };
        }
        let part = without_kind(part);
        if part.iter().all(|token| token.is_in(&words::KIND)) {
            return Target::Unclear;
        }
        if scene.clients.whole(part).is_some() && parts.len() > 1 {
            return Target::Unclear;
        }
        let own = part.iter().any(|it| it.one_of(&["at"]));
        let Some(mut text) = in_place(scene, part) else { return Target::Unclear };
        match (&place, &shared) {
            (Some(place), _) if !own => text.push_str(place),
            (None, Some(Shared::Behind(place))) if at + 1 < parts.len() => text.push_str(place),
            (None, Some(Shared::Before(owner))) if at > 0 => text = format!("{owner} {text}"),
            (Some(_) | None, _) => {}
        }
        mentions.push(Mention::Phrase(text));
    }
    match mentions.is_empty() {
        true => Target::None,
        false => Target::Devices(mentions),
    }
}

/// Letters with digits: "dc01", unlike "3".
fn names_host(token: &Token) -> bool {
    token.has_digit() && token.low.bytes().any(|it| it.is_ascii_alphabetic())
}

/// "acme on dc01" is dc01 at acme; with anything else in front of "on" it is no name.
fn in_place(scene: &Scene<'_>, part: &[Token]) -> Option<String> {
    let Some(on) = part.iter().rposition(|it| it.one_of(&["on", "onto", "against"])) else {
        return Some(phrase(part));
    };
    let (head, device) = (&part[..on], trim(&part[on..]));
    scene.clients.whole(head).filter(|_| !device.is_empty())?;
    Some(format!("{} at {}", phrase(device), phrase(head)))
}

/// A client that is written once and holds for all parts.
enum Shared {
    /// " at acme", with the last part.
    Behind(String),
    /// "acme", with the first one.
    Before(String),
}

fn shared_client(scene: &Scene<'_>, parts: &[&[Token]]) -> Option<Shared> {
    let [first, .., last] = parts else { return None };
    let holds = |part: &[Token]| !scene.clients.all(part).is_empty();
    let one = parts.iter().filter(|part| holds(part)).count() == 1;
    if !one {
        return None;
    }
    if holds(last) {
        let at = last.iter().rposition(|token| token.one_of(words::AT))?;
        scene.clients.whole(&last[at + 1..])?;
        return Some(Shared::Behind(format!(" {} {}", last[at].text, phrase(&last[at + 1..]))));
    }
    let named = scene.clients.starting(first, 0)?;
    Some(Shared::Before(phrase(&first[..named.to])))
}

/// "the server dc01" is dc01.
fn without_kind(part: &[Token]) -> &[Token] {
    match part {
        [kind, rest @ ..]
            if (kind.is_in(&words::KIND) || kind.is_in(&words::KINDS))
                && rest.first().is_some_and(|it| {
                    it.has_digit() || it.low.contains('-') || it.kind == Kind::Quoted
                }) =>
        {
            rest
        }
        _ => part,
    }
}

fn kind(token: &Token) -> Option<bool> {
    match token.low.as_str() {
        "servers" | "server" => Some(true),
        "workstations" | "workstation" | "pcs" | "pc" | "desktops" | "desktop" | "laptops"
        | "laptop" | "notebooks" | "notebook" => Some(false),
        _ => None,
    }
}

/// "all acme servers", "every workstation at harbour dental", and nothing besides.
fn all_of<'a>(scene: &Scene<'a>, groups: &[&[Token]]) -> Target<'a> {
    let tokens: Vec<&Token> = groups.iter().copied().flatten().collect();
    let owned: Vec<Token> = tokens.into_iter().cloned().collect();
    let named = scene.clients.all(&owned);
    let mut servers = None;
    let mut exact = true;
    let mut kinds = false;
    let more = |(at, token): (usize, &Token)| {
        let client = named.iter().any(|it| (it.from..it.to).contains(&at));
        !client && (token.possessive || names_host(token))
    };
    if owned.iter().enumerate().any(more) {
        return Target::Unclear;
    }
    for (at, token) in owned.iter().enumerate() {
        let client = named.iter().any(|it| (it.from..it.to).contains(&at));
        let plain = !token.is_text()
            || token.one_of(words::ALL)
            || token.one_of(words::AT)
            || token.one_of(&[
                "on", "the", "our", "their", "across", "against", "to", "client", "company",
                "customer", "managed", "one", "single", "of",
            ]);
        if token.is_in(&words::KIND) || token.is_in(&words::KINDS) {
            let narrow =
                ["laptop", "laptops", "desktop", "desktops", "notebook", "notebooks", "vm", "vms"];
            exact &= !token.one_of(&narrow) && !kinds;
            servers = if kinds { None } else { kind(token) };
            kinds = true;
        } else if !client && !plain {
            exact = false;
        }
    }
    match named.as_slice() {
        [one] if exact => {
            let words = phrase(&owned[one.from..one.to]);
            Target::All { servers, client: ClientMention::Phrase(words) }
        }
        [one] if one.sure => Target::Several { servers, client: Some(one.client), all: false },
        [] if exact => Target::Several { servers, client: None, all: true },
        _ => Target::Unclear,
    }
}

/// "it", "those", "the second one", "the other one".
pub(super) fn pointer<'a>(scene: &Scene<'a>, group: &[Token]) -> Option<Target<'a>> {
    let context = scene.ask.context;
    let small = |token: &&Token| {
        let pointing = token.one_of(words::IT) || token.one_of(words::THEM);
        let ordinal = ordinal(&token.low).is_some() && !token.one_of(&["one"]);
        let filler = words::is_filler(&token.low) && !pointing && !ordinal;
        !filler && !token.is_in(&words::PREPOSITIONS)
    };
    let rest: Vec<&Token> = group.iter().filter(|it| it.is_text()).filter(small).collect();
    let (head, tail) = rest.split_first()?;
    let general = |token: &&Token| {
        token.is_in(&words::KIND)
            || token.is_in(&words::KINDS)
            || token.one_of(&["one", "ones", "two", "again", "too"])
    };
    if head.kind == Kind::Quoted || !tail.iter().all(general) && !head.one_of(&["number", "no"]) {
        return None;
    }
    let low = head.low.as_str();
    let refers = words::THEM.contains(&low) || words::IT.contains(&low);
    if refers && let Some(carried) = scene.carried() {
        return Some(Target::Devices(carried.to_vec()));
    }
    if words::THEM.contains(&low)
        && !(low == "their" && tail.is_empty() && context.devices.is_empty())
    {
        let known = scene.recent();
        let both = low != "both" || known.len() == 2;
        return Some(match known.is_empty() || !both {
            true => Target::Which(known),
            false => mentioned(&known),
        });
    }
    if words::IT.contains(&low) {
        let known = scene.recent();
        return Some(match known.as_slice() {
            [one] => mentioned(&[one]),
            _ => Target::Which(known),
        });
    }
    let listed = scene.devices(&context.listed);
    if low == "other" || low == "others" {
        let rest: Vec<&Device> =
            listed.iter().copied().filter(|it| !context.devices.contains(&it.id)).collect();
        let one = listed.len() == 2 && rest.len() == 1;
        return Some(if one { mentioned(&rest) } else { Target::Which(rest) });
    }
    let nth = match (ordinal(low), tail) {
        (Some(nth), _) if !head.one_of(&["one", "two"]) => nth,
        (None, [number]) if ["number", "no"].contains(&low) => ordinal(&number.low)?,
        _ => return None,
    };
    let at = if nth == usize::MAX { listed.len() } else { nth };
    Some(match at.checked_sub(1).and_then(|at| listed.get(at)) {
        Some(device) => mentioned(&[device]),
        None => Target::Which(listed),
    })
}

fn mentioned<'a>(devices: &[&Device]) -> Target<'a> {
    Target::Devices(devices.iter().map(|it| Mention::Device(it.id.clone())).collect())
}

/// "second" is 2; "last" is the greatest there is.
pub(crate) fn ordinal(low: &str) -> Option<usize> {
    const NAMES: [&str; 10] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth",
    ];
    const NUMBERS: [&str; 10] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    if low == "last" {
        return Some(usize::MAX);
    }
    let at = |names: &[&str]| names.iter().position(|it| *it == low).map(|at| at + 1);
    let bare = low.trim_start_matches('#').trim_end_matches(['.', ')']);
    let bare =
        ["st", "nd", "rd", "th"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare);
    at(&NAMES).or_else(|| at(&NUMBERS)).or_else(|| {
        let number = bare.parse::<usize>().ok();
        number.filter(|it| (1..=99).contains(it))
    })
}
