//! Looks at one device closely: which words of the phrase it explains, how well, and whether that is
//! enough to act on.
//!
//! A device fits only when it explains every word. It is certain only when the proof that tells it from
//! other machines (a name, a person, an id) and all the words beside it leave no doubt.

mod host;
mod person;
mod why;

use crate::directory::Device;
use crate::directory::fold::fold;
use crate::directory::query::{Query, is_plain};
use crate::directory::vocabulary::{Shape, asks_for_mac};
use crate::directory::words::Mask;
use host::Parts;
use person::{LogOns, Person};
pub(super) use why::why;

/// One piece of evidence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof {
    pub mask: Mask,
    /// 0 to 1000.
    pub score: u16,
    pub certain: bool,
    /// Certain only as long as no other device fits at all.
    pub alone: bool,
}

impl Proof {
    fn new(mask: Mask, score: u16) -> Self {
        Self { mask, score, certain: true, alone: false }
    }
}

// Scores that speak for the same phrase lie within 100 of each other, so that they end in a question: a
// machine that is Maria's by name, and one that is by its log-ons. Only the letters of a name, typed
// exactly, and a visitor's single log-on are farther apart.

/// A serial number or agent id.
const KEY: u16 = 1000;
/// Owner of the machine, and the host name says so.
const OWNER_AND_NAME: u16 = 955;
/// Named after the person, by whom nobody was ever seen on it.
const NAMED_AFTER: u16 = 920;
/// The only "laptop at Acme".
const ATTRIBUTES: u16 = 900;
/// The only "laptop", wherever.
const ATTRIBUTES_ANYWHERE: u16 = 850;
/// Every word is explained, but by things that have nothing to do with each other.
const MIXED: u16 = 830;
/// A word fits the machine's kind as far as anybody knows.
const MAYBE_LESS: u16 = 10;

#[derive(Debug)]
pub(super) struct Judgement {
    pub number: u32,
    pub score: u16,
    pub certain: bool,
    pub alone: bool,
    pub full: bool,
    /// Words explained.
    pub explained: Mask,
    /// Score of the strongest proof, whatever words it leaves open.
    pub best_proof: u16,
    pub hinted: bool,
    evidence: Evidence,
}

#[derive(Debug)]
struct Evidence {
    key: Option<Proof>,
    whole: Option<Proof>,
    friendly: Option<Proof>,
    friendly_parts: Option<Proof>,
    person: Option<Person>,
    parts: Option<Parts>,
    client: Mask,
    site: Mask,
    kind: Mask,
    /// Words that ask for a system or model.
    attributes: Mask,
}

impl Evidence {
    fn base(&self) -> Mask {
        self.client | self.site | self.kind | self.attributes
    }

    /// Is `mask` the proof of a whole name or a person, which stands whatever the kind is called?
    fn tells(&self, mask: Mask) -> bool {
        let person = self.person.as_ref().map(|it| it.proof);
        let mut strong = [self.key, self.whole, self.friendly, person].into_iter().flatten();
        strong.any(|proof| proof.mask == mask)
    }

    /// What tells the device from others, the strongest first.
    fn proofs(&self) -> impl Iterator<Item = Proof> {
        let person = self.person.as_ref().map(|it| it.proof);
        let parts = self.parts.as_ref().map(|it| it.proof);
        let proofs = [self.key, self.whole, self.friendly, person, parts, self.friendly_parts];
        proofs.into_iter().flatten()
    }
}

pub(super) fn judge(query: &Query<'_>, number: u32) -> Judgement {
    let device = &query.directory.devices()[number as usize];
    let full = query.words.full;
    let client = client(query, number);
    let (kind, kind_doubt) = kinds(query, number, device);
    let log_ons = LogOns::of(query, device);
    let key = query.keys.iter().filter(|it| it.0 == number).map(|it| it.1).max();
    let units = query.directory.index.units(number, &device.name);
    let whole = host::whole(query, device);
    let owned = whole.is_some_and(|(_, owned)| owned);
    let mut evidence = Evidence {
        key: key.map(|mask| Proof::new(mask, KEY)),
        whole: whole.map(|(proof, _)| proof),
        friendly: host::whole_friendly(query, device),
        friendly_parts: host::friendly_parts(query, device),
        person: None,
        parts: host::parts(query, number, &units),
        client: client.mask,
        site: site(query, device),
        kind,
        attributes: query.attributes(number) | macs(query, &units),
    };
    let domains = log_ons.domains();
    let named = [evidence.key, evidence.whole].into_iter().flatten();
    let named = named.fold(0, |mask, it| mask | it.mask);
    evidence.person = log_ons.person(full & !(evidence.base() | named | query.domains));
    weigh_name_and_log_ons(&mut evidence, &log_ons);
    if let Some(whole) = evidence.whole.as_mut().filter(|_| owned && log_ons.contradict()) {
        whole.certain = false;
    }

    let base = evidence.base() | domains;
    let mut verdict = evidence
        .proofs()
        .filter(|proof| (proof.mask | base) & full == full)
        .max_by_key(|proof| (proof.score, proof.certain, !proof.alone))
        .or_else(|| attributes_only(query, &evidence, base, number))
        .or_else(|| mixed(&evidence, base, full));
    let by_key = verdict.is_some_and(|it| evidence.key.is_some_and(|key| key.mask == it.mask));
    let hinted = query.hint == Some(query.directory.index.client_of[number as usize]);
    if let Some(verdict) = &mut verdict {
        if kind_doubt {
            verdict.score -= MAYBE_LESS;
            verdict.certain &= evidence.tells(verdict.mask);
        }
        let in_names = query.words.kinds_in_names;
        let kind_in_name = named & in_names != in_names;
        verdict.certain &= !kind_in_name;
        let elsewhere = query.hint.is_some() && !hinted && evidence.client == 0;
        let doubted = client.doubtful && !hinted || client.other || elsewhere;
        verdict.certain &= by_key || !doubted;
    }
    let explained = evidence.proofs().fold(base, |mask, it| mask | it.mask);
    let fallback = Proof { certain: false, ..Proof::new(explained, 0) };
    let proof = verdict.unwrap_or(fallback);
    Judgement {
        number,
        score: proof.score,
        certain: proof.certain,
        alone: proof.alone,
        full: verdict.is_some(),
        explained,
        best_proof: evidence.proofs().map(|proof| proof.score).max().unwrap_or(0),
        hinted,
        evidence,
    }
}

/// A name on the case and the people seen on the machine prove or contradict each other.
fn weigh_name_and_log_ons(evidence: &mut Evidence, log_ons: &LogOns) {
    let Some(parts) = evidence.parts.as_mut().filter(|parts| parts.person) else { return };
    match &mut evidence.person {
        // The case says "Maria" and the log-ons `mlopez`: Maria Lopez it is.
        Some(person) if person.owner && parts.proof.mask & person.proof.mask != 0 => {
            person.proof.certain |= parts.proof.certain;
            person.proof.score =
                person.proof.score.max(OWNER_AND_NAME.min(person.proof.score + 20));
        }
        _ if log_ons.contradict() => parts.proof.certain = false,
        _ if parts.proof.certain && !parts.proof.alone => {
            parts.proof.score = parts.proof.score.max(NAMED_AFTER.min(parts.proof.score + 20));
        }
        _ => {}
    }
}

/// "The server at Acme": no name at all, so the place and the kind have to be beyond doubt.
fn attributes_only(
    query: &Query<'_>,
    evidence: &Evidence,
    base: Mask,
    number: u32,
) -> Option<Proof> {
    let full = query.words.full;
    if full == 0 || base & full != full {
        return None;
    }
    let hinted = query.hint == Some(query.directory.index.client_of[number as usize]);
    let what = evidence.kind | evidence.attributes;
    let certain = what != 0 && (evidence.client & !what != 0 || hinted);
    let score = if certain { ATTRIBUTES } else { ATTRIBUTES_ANYWHERE };
    Some(Proof { certain, ..Proof::new(base, score) })
}

/// Several proofs together explain the phrase: "Mike's DESKTOP-8F3K2L1".
fn mixed(evidence: &Evidence, base: Mask, full: Mask) -> Option<Proof> {
    let all = evidence.proofs().fold(base, |mask, it| mask | it.mask);
    if full == 0 || all & full != full {
        return None;
    }
    let whole = [evidence.key, evidence.whole, evidence.friendly].into_iter().flatten();
    let whole = whole.max_by_key(|proof| (proof.score, proof.certain));
    // With the whole name said, one person may stand for the rest.
    let person = evidence.person.as_ref().map_or(0, |it| it.proof.mask);
    match whole {
        Some(whole) if (whole.mask | person | base) & full == full => Some(whole),
        _ => Some(Proof { certain: false, ..Proof::new(all, MIXED) }),
    }
}

struct ClientSaid {
    mask: Mask,
    /// The words may mean another client as well.
    doubtful: bool,
    /// Another client was named beyond doubt.
    other: bool,
}

fn client(query: &Query<'_>, number: u32) -> ClientSaid {
    let client = query.directory.index.client_of[number as usize];
    let mut said = ClientSaid { mask: 0, doubtful: false, other: false };
    for named in &query.clients {
        if named.hit.names.binary_search(&client).is_ok() {
            said.mask |= named.mask;
            said.doubtful |= !is_plain(&named.hit);
        } else if is_plain(&named.hit) {
            said.other = true;
        }
    }
    said
}

fn site(query: &Query<'_>, device: &Device) -> Mask {
    let site = device.site.as_ref().and_then(|id| query.directory.index.site_at.get(id));
    let Some(site) = site else { return 0 };
    let here = query.sites.iter().filter(|named| named.hit.names.binary_search(site).is_ok());
    here.fold(0, |mask, named| mask | named.mask)
}

/// Words that ask for this kind of machine, and whether one of them is only not contradicted.
fn kinds(query: &Query<'_>, number: u32, device: &Device) -> (Mask, bool) {
    let shape: Shape = query.directory.index.shapes[number as usize];
    let (sure, mut maybe) = query.kinds(shape);
    let other_system = device.os.as_deref().is_some_and(|os| {
        let os = fold(os);
        !(os.contains("mac") || os.contains("os x") || os.contains("darwin"))
    });
    for (_, word) in query.words.bits().filter(|(_, word)| asks_for_mac(word.text())) {
        if other_system {
            maybe &= !word.mask;
        }
    }
    (maybe, maybe & !sure != 0)
}

/// "mac" for a machine whose name says so.
fn macs(query: &Query<'_>, units: &[crate::directory::fold::Unit]) -> Mask {
    if !units.iter().any(|unit| asks_for_mac(&unit.text)) {
        return 0;
    }
    let macs = query.words.bits().filter(|(_, word)| word.text() == "mac");
    macs.fold(0, |mask, (_, word)| mask | word.mask)
}
