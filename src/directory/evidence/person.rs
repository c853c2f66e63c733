//! What the log-ons of a device prove: whose machine it is, and since when no longer.

use crate::directory::Device;
use crate::directory::evidence::Proof;
use crate::directory::query::Query;
use crate::directory::spelling::Slip;
use crate::directory::users::Account;
use crate::directory::words::{How, Mask};

/// Most log-ons, some of them recent.
const OWNER: u16 = 950;
/// Somebody who was on it last, or often. Too much to pass over, too little to act on.
const REGULAR: u16 = 880;
/// Somebody who was on it once.
const VISITOR: u16 = 700;
/// The name had to be worked out: `mlopez` for Maria Lopez, who may be Mario's; Robert for Bob.
const INFERRED_LESS: u16 = 10;

/// Newest log-ons of which one has to be the owner's: three of somebody else is a new owner.
const RECENT: usize = 3;

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub proof: Proof,
    /// The machine is this person's, whoever that is.
    pub owner: bool,
    /// Log-ons that are this person's.
    pub count: usize,
    /// The newest log-on is.
    pub newest: bool,
    /// The spelling seen most recently.
    pub log_on: usize,
}

/// How an account answers to the phrase.
#[derive(Debug, Clone, Default)]
struct Match {
    mask: Mask,
    domain: Mask,
    /// Every word of the account was said.
    complete: bool,
    inferred: bool,
    nickname: bool,
    likeness: Option<u16>,
    shared: bool,
}

#[derive(Debug)]
pub(super) struct LogOns {
    matches: Vec<Match>,
    server: bool,
}

impl LogOns {
    pub(super) fn of(query: &Query<'_>, device: &Device) -> Self {
        let mut matches: Vec<Match> = Vec::with_capacity(device.log_ons.len());
        for (place, log_on) in device.log_ons.iter().enumerate() {
            let same = device.log_ons[..place].iter().position(|it| it.user == log_on.user);
            matches.push(match same {
                Some(earlier) => matches[earlier].clone(),
                None => match_account(query, &Account::parse(&log_on.user)),
            });
        }
        Self { matches, server: device.class.is_server() }
    }

    /// Words that are the domain of some log-on.
    pub(super) fn domains(&self) -> Mask {
        self.matches.iter().fold(0, |mask, it| mask | it.domain)
    }

    /// The person who answers to all words of `needed`, or to as many as anybody if none does.
    pub(super) fn person(&self, needed: Mask) -> Option<Person> {
        let newest_first = self.matches.iter().enumerate();
        let (log_on, best) =
            newest_first.filter(|(_, it)| it.mask != 0).max_by_key(|(place, it)| {
                ((it.mask & needed).count_ones(), !it.nickname, !it.inferred, usize::MAX - place)
            })?;
        let wanted = best.mask & needed;
        let counts = |it: &Match| {
            let all = wanted != 0 && it.mask & wanted == wanted;
            // "maria" beside "Maria Lopez" is the same person when both words were said.
            all || (it.mask & wanted != 0 && it.complete)
        };
        let count = self.matches.iter().filter(|it| counts(it)).count();
        let newest = self.matches.first().is_some_and(counts);
        // An administrator's visits do not make a machine less its owner's. A server has no owner.
        let people = || self.matches.iter().filter(|it| self.server || !it.shared || counts(it));
        let recent = people().take(RECENT).any(counts);
        let total = people().count();
        let owner = count * 2 >= total && recent;
        let score = if owner {
            OWNER
        } else if newest || count * 10 >= total * 4 {
            REGULAR
        } else {
            VISITOR
        };
        // `mlopez` beside `maria` is Maria Lopez.
        let confirmed = self.matches.iter().any(|it| it.complete && !it.inferred);
        let certain = owner && (!best.inferred || confirmed);
        let less = if best.inferred || best.nickname { INFERRED_LESS } else { 0 };
        let score = (score - less).min(best.likeness.unwrap_or(u16::MAX));
        let proof =
            Proof { certain, alone: best.nickname && certain, ..Proof::new(best.mask, score) };
        Some(Person { proof, owner, count, newest, log_on })
    }

    /// Others than whom the words name use the device, so a name on the case may be out of date.
    pub(super) fn contradict(&self) -> bool {
        let others = self.matches.iter().filter(|it| it.mask == 0 && !it.shared).count();
        let named = self.matches.iter().filter(|it| it.mask != 0).count();
        others > named
    }
}

fn match_account(query: &Query<'_>, account: &Account) -> Match {
    let mut found = Match { shared: account.is_shared(), ..Match::default() };
    let joined = account.joined();
    let short = account.short();
    let first = account.first_name();
    let mut words_said = 0;
    for (_, word) in query.words.bits() {
        if word.domain {
            if account.domain.iter().any(|it| it == word.text()) {
                found.domain |= word.mask;
            }
            continue;
        }
        if word.kind.is_some() || word.digits > 0 {
            continue;
        }
        for spelling in &word.spellings {
            let text = &spelling.text;
            let is_short = spelling.how != How::Nickname
                && (short.as_ref() == Some(text) || first == Some(text.as_str()));
            let is_word = account.words.contains(text);
            if !(is_word || is_short || joined.as_ref() == Some(text)) {
                continue;
            }
            found.mask |= word.mask;
            words_said += if is_word { 1 } else { account.words.len() };
            // A slip in a person's name has to be one beyond doubt.
            let doubtful = matches!(spelling.how, How::Slip(grade, _) if grade != Slip::Anyone);
            found.inferred |= doubtful || is_short && !is_word;
            found.nickname |= spelling.how == How::Nickname;
            if let How::Slip(_, likeness) = spelling.how {
                found.likeness = Some(likeness);
            }
            break;
        }
    }
    if let [only] = account.words.as_slice() {
        for pair in query.words.pairs.iter().filter(|pair| pair.text == *only) {
            found.inferred |= found.mask & pair.mask != pair.mask;
            found.mask |= pair.mask;
            words_said += 1;
        }
    }
    found.complete = words_said >= account.words.len() && found.mask != 0;
    found
}
