//! What the host name and the friendly name of a device prove.

use crate::directory::Device;
use crate::directory::evidence::Proof;
use crate::directory::fold::{Unit, UnitKind, fold, push_squashed, squashed, words};
use crate::directory::index::unit_words;
use crate::directory::query::Query;
use crate::directory::spelling::Slip;
use crate::directory::vocabulary::{Fit, kind, says_only_what, shape_word};
use crate::directory::words::{How, Mask, Run, Word};

/// Typed letter for letter. The one name that beats all similar ones.
const EXACT: u16 = 1000;
/// With spaces for separators: `maria lt 01`. Close enough to an exact name to ask about both.
const SPACED: u16 = 950;
/// With other separators or zeros: `dc1` for `DC01`. An exact name elsewhere wins.
const LOOSE: u16 = 890;
/// Some parts, the rest of which says nothing: `dc01` for `ACME-DC01`.
const PART: u16 = 900;
/// Some parts of a name that has more to say: `dc01` for `DC01-OLD`.
const PART_OF_MORE: u16 = 880;
/// The friendly name, all of it.
const FRIENDLY: u16 = 950;

/// The whole host name, if the phrase has it, and whether it was said as somebody's: "James's PC" may be
/// JAMES-PC, and may be any machine of any James.
pub(super) fn whole(query: &Query<'_>, device: &Device) -> Option<(Proof, bool)> {
    let folded: String = fold(&device.name).chars().filter(|c| *c != '\'').collect();
    let key = squashed(words(&folded).iter().map(String::as_str));
    let runs = query.runs.iter().filter(|run| run.key == key);
    runs.map(|run| {
        let score = if run.typed == folded {
            EXACT
        } else if run.typed.contains(' ') && same_digits(&run.typed, &folded) {
            SPACED
        } else {
            LOOSE
        };
        let words = &query.words.words[run.words.clone()];
        let owned = score != EXACT && words.iter().any(|word| word.possessive);
        (proof(query, run, &key, score), owned || run.how == How::Possessive)
    })
    .max_by_key(|(proof, owned)| (proof.score, proof.mask, !owned))
}

/// The whole friendly name, if the phrase has it.
pub(super) fn whole_friendly(query: &Query<'_>, device: &Device) -> Option<Proof> {
    let friendly = words(&fold(device.friendly_name.as_deref()?));
    let key = squashed(friendly.iter().map(String::as_str));
    let runs = query.runs.iter().filter(|run| run.key == key);
    runs.map(|run| proof(query, run, &key, FRIENDLY)).max_by_key(|proof| (proof.score, proof.mask))
}

fn proof(query: &Query<'_>, run: &Run, key: &str, score: u16) -> Proof {
    let mut proof = Proof::new(run.mask, score);
    if let How::Slip(grade, likeness) = run.how {
        proof.score = score.min(LOOSE).min(likeness);
        proof.certain = may_act_on(query, grade, key);
    }
    proof
}

/// A slip in what may be somebody's name has to be beyond doubt.
fn may_act_on(query: &Query<'_>, grade: Slip, word: &str) -> bool {
    grade == Slip::Anyone || (grade == Slip::Thing && !query.names_a_person(word))
}

fn same_digits(one: &str, other: &str) -> bool {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    digits(one) == digits(other)
}

/// Parts of a name that the phrase has.
#[derive(Debug)]
pub(super) struct Parts {
    pub proof: Proof,
    /// A part may be somebody's name, so that the log-ons have a say.
    pub person: bool,
}

pub(super) fn parts(query: &Query<'_>, number: u32, units: &[Unit]) -> Option<Parts> {
    let mut matched = Matched::default();
    for (_, word) in query.words.bits() {
        matched.try_word(query, word, units);
    }
    for pair in &query.words.pairs {
        for (place, unit) in units.iter().enumerate().filter(|(_, unit)| unit.text == pair.text) {
            matched.mask |= pair.mask;
            matched.used |= 1 << place.min(31);
            matched.tells |= unit.text.len() >= LETTERS_MIN;
            matched.person = true;
            matched.doubtful = true;
        }
    }
    if matched.mask == 0 {
        return None;
    }
    let left = |place: usize| matched.used >> place.min(31) & 1 == 0;
    let mut rest = units.iter().enumerate().filter(|(place, _)| left(*place));
    let other_kind = |unit: &Unit| matched.numbered && is_other_kind(query, unit);
    let says_nothing = rest.all(|(_, unit)| is_neutral(query, number, unit) && !other_kind(unit));
    let certain = matched.tells && says_nothing && !matched.doubtful;
    let score = if certain { PART } else { PART_OF_MORE }.min(matched.likeness.unwrap_or(EXACT));
    let proof = Proof { certain, alone: matched.nickname, ..Proof::new(matched.mask, score) };
    Some(Parts { proof, person: matched.person })
}

/// The fewest letters that tell one machine from others; `fs` and `dc` are at every client.
const LETTERS_MIN: usize = 4;

/// The fewest digits of a number that does.
const DIGITS_MIN: usize = 3;

#[derive(Debug, Default)]
struct Matched {
    mask: Mask,
    /// Places of units.
    used: u32,
    /// Enough to tell one machine.
    tells: bool,
    person: bool,
    nickname: bool,
    doubtful: bool,
    /// By a number of its own.
    numbered: bool,
    likeness: Option<u16>,
}

impl Matched {
    fn try_word(&mut self, query: &Query<'_>, word: &Word, units: &[Unit]) {
        let kind_said = word.kind.is_some();
        for spelling in &word.spellings {
            let joined = |place: usize| {
                place + 1 < units.len() && {
                    let mut two = unit_words(&units[place..place + 2]).skip(2);
                    two.next().is_some_and(|text| text == spelling.text)
                }
            };
            let single = units.iter().position(|unit| unit.text == spelling.text);
            let double = (0..units.len()).find(|place| joined(*place));
            let Some(place) = single.or(double) else { continue };
            self.used |= 1 << place.min(31);
            if single.is_none() {
                self.used |= 1 << (place + 1).min(31);
            }
            if kind_said {
                return;
            }
            self.mask |= word.mask;
            let unit = &units[place];
            self.tells |= match (single, unit.kind) {
                (None, _) => true,
                (Some(_), UnitKind::Letters) => {
                    unit.text.len() >= LETTERS_MIN && !says_only_what(&unit.text) && {
                        !query.clients.iter().any(|named| named.mask & word.mask != 0)
                    }
                }
                (Some(_), UnitKind::Number) => {
                    word.digits >= DIGITS_MIN || self.used >> place.wrapping_sub(1) & 1 == 1
                }
                (Some(_), UnitKind::Mixed) => unit.text.len() > LETTERS_MIN,
            };
            self.numbered |= single.is_some() && unit.kind == UnitKind::Number;
            let person = unit.kind == UnitKind::Letters
                && (word.possessive || query.names_a_person(&spelling.text));
            self.person |= person;
            match spelling.how {
                How::Typed | How::Possessive => {}
                How::Nickname => self.nickname = true,
                How::Slip(grade, likeness) => {
                    self.likeness = Some(likeness);
                    self.doubtful |= !may_act_on(query, grade, &spelling.text);
                }
            }
            return;
        }
    }
}

/// "PC 0231" is no certain name of `ACME-WS-0231`: the PCs may have numbers of their own.
fn is_other_kind(query: &Query<'_>, unit: &Unit) -> bool {
    let mut kinds = query.words.bits().filter_map(|(_, word)| word.kind);
    says_only_what(&unit.text)
        && kinds.any(|kind| shape_word(&unit.text).is_none_or(|it| kind.fit(it) != Fit::Yes))
}

/// A part that would not help to tell the device from others: the client, the kind, a counter.
fn is_neutral(query: &Query<'_>, number: u32, unit: &Unit) -> bool {
    let index = &query.directory.index;
    let client = index.client_words.get(index.client_of[number as usize] as usize);
    let of_client = client.is_some_and(|words| {
        words.contains(&unit.text) || is_short_for(&unit.text, &squashed_words(words))
    });
    let device = &query.directory.devices()[number as usize];
    let site = device.site.as_ref().and_then(|id| query.directory.site(id));
    let of_site = || {
        site.is_some_and(|site| {
            let words = words(&fold(&site.name));
            words.contains(&unit.text) || is_short_for(&unit.text, &squashed_words(&words))
        })
    };
    unit.kind == UnitKind::Number || says_only_what(&unit.text) || of_client || of_site()
}

fn squashed_words(words: &[String]) -> String {
    let mut key = String::new();
    words.iter().for_each(|word| push_squashed(&mut key, word));
    key
}

/// `bgv` for `bluegumvet`: the first letter, then others in order.
fn is_short_for(short: &str, long: &str) -> bool {
    let mut rest = long.chars();
    let in_order = short.chars().all(|c| rest.any(|it| it == c));
    (2..=5).contains(&short.len()) && in_order && long.chars().next() == short.chars().next()
}

/// Parts of a friendly name; a question more often than an answer.
pub(super) fn friendly_parts(query: &Query<'_>, device: &Device) -> Option<Proof> {
    let friendly = words(&fold(device.friendly_name.as_deref()?));
    let (mut mask, mut letters) = (0, 0);
    let mut left: Vec<&String> = friendly.iter().collect();
    for (_, word) in query.words.bits().filter(|(_, word)| word.kind.is_none()) {
        let fit = word.spellings.iter().filter(|it| it.how != How::Nickname);
        for spelling in fit.filter(|it| friendly.contains(&it.text)) {
            mask |= word.mask;
            letters += if word.digits == 0 { spelling.text.len() } else { 0 };
            left.retain(|it| **it != spelling.text);
        }
    }
    let certain = letters >= LETTERS_MIN && left.iter().all(|word| kind(word).is_some());
    let score = if certain { PART } else { PART_OF_MORE };
    (mask != 0).then(|| Proof { certain, ..Proof::new(mask, score) })
}
