//! Turns what a person typed ("Maria's laptop", "acme fs01") into one device, or says why it cannot.
//!
//! It never picks between two devices that fit: one more question costs less than one wrong reboot. A
//! device fits when it explains every word of the phrase; it is acted on when it is certain by itself and
//! clearly ahead of every other that fits. Being online or recently seen orders lists, nothing else.

use std::cmp::Reverse;

use crate::directory::candidates::{Best, Candidates};
use crate::directory::closest::closest;
use crate::directory::evidence::{Judgement, judge, why};
use crate::directory::query::Query;
use crate::directory::{Device, Directory};
use crate::ids::ClientId;

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phrase<'a> {
    /// As typed, at most 200 characters are looked at.
    pub text: &'a str,
    /// The client of the channel or thread: counts as evidence, does not exclude others. A device of
    /// another client that the phrase does not name is asked about.
    pub client_hint: Option<&'a ClientId>,
}

/// A device with the reasons it was found, best reason first, as people read them.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'a> {
    pub device: &'a Device,
    pub why: Vec<String>,
    /// 0 to 1.
    pub score: f32,
}

/// How many choices are shown.
pub const CHOICES_MAX: usize = 10;

#[derive(Debug, Clone, PartialEq)]
pub enum Resolution<'a> {
    /// Exactly one device fits. Only this variant may be acted on.
    One(Found<'a>),
    /// Several fit, or one does and it is not certain; best first, at most [`CHOICES_MAX`] of `total`.
    /// Ask the person.
    Several { choices: Vec<Found<'a>>, total: usize },
    /// None fits; `closest` are the nearest names, possibly none.
    Unknown { closest: Vec<Found<'a>> },
}

/// The least score that is acted on, and that a slip of the fingers has to reach.
pub(super) const ACT_MIN: u16 = 850;

/// How far ahead of the second the first has to be.
const GAP_MIN: u16 = 100;

/// What the client of the channel adds. More than [`GAP_MIN`], so that it breaks ties; not so much that a
/// part of a name here beats the whole name elsewhere.
const HINT: u16 = 150;

/// Devices that are looked at closely. With more that fit, nothing but the client of the channel can
/// single one out.
const JUDGED_MAX: usize = 32;

/// What a device that was not looked at may score at most: a whole name, and anything else.
const UNJUDGED_WHOLE: u16 = 1000;
const UNJUDGED: u16 = 955;

/// Finds the device meant by `phrase`.
///
/// Pure and deterministic. Takes well under a millisecond with 100,000 devices.
pub fn resolve<'a>(phrase: &Phrase<'_>, directory: &'a Directory) -> Resolution<'a> {
    let query = Query::new(phrase, directory);
    if query.words.words.is_empty() {
        return Resolution::Unknown { closest: Vec::new() };
    }
    let candidates = Candidates::of(&query);
    let best = candidates.fits(&query, JUDGED_MAX);
    let judged = best.devices.iter().map(|number| judge(&query, *number));
    let mut fits: Vec<Judgement> = judged.filter(|it| it.full).collect();
    fits.sort_by_cached_key(|it| order(directory, it));
    let Some(first) = fits.first() else {
        return Resolution::Unknown { closest: closest(&query, &candidates) };
    };
    if stands_out(first, fits.get(1), &best) {
        return Resolution::One(found(&query, first));
    }
    let total = fits.len() + best.others;
    let choices = fits.iter().take(CHOICES_MAX).map(|it| found(&query, it)).collect();
    Resolution::Several { choices, total }
}

fn stands_out(first: &Judgement, second: Option<&Judgement>, best: &Best) -> bool {
    let unjudged = if best.others_whole { UNJUDGED_WHOLE } else { UNJUDGED };
    let unjudged = (best.others > 0).then_some(unjudged);
    let rival = second.map(with_hint).max(unjudged);
    let clear = rival.is_none_or(|rival| with_hint(first) >= rival + GAP_MIN);
    let alone = second.is_none() && best.others == 0;
    let enough = first.certain && first.score >= ACT_MIN && best.others_hinted == 0;
    enough && clear && (alone || !first.alone)
}

fn with_hint(judgement: &Judgement) -> u16 {
    judgement.score + if judgement.hinted { HINT } else { 0 }
}

/// Best first; then online, seen last, and by name, so that the same question has the same answer.
fn order(directory: &Directory, it: &Judgement) -> impl Ord + use<> {
    let device = &directory.devices()[it.number as usize];
    let agents = [&device.rmm, &device.automate, &device.control];
    let seen = agents.into_iter().flatten().filter_map(|it| it.seen_at).max();
    (
        Reverse((with_hint(it), it.certain)),
        Reverse((device.online(), seen)),
        directory.client_name(&device.client).to_owned(),
        device.name.clone(),
        it.number,
    )
}

pub(super) fn found<'a>(query: &Query<'a>, judgement: &Judgement) -> Found<'a> {
    Found {
        device: &query.directory.devices()[judgement.number as usize],
        why: why(query, judgement),
        score: f32::from(judgement.score) / 1000.0,
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
