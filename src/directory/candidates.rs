//! Which devices a phrase touches, read from the index alone, and the words each of them may explain.
//!
//! Generous: evidence of two different people on one device adds up here. [`crate::directory::evidence`]
//! then looks at the few best devices closely.

use std::collections::BinaryHeap;

use crate::directory::index::Use;
use crate::directory::lexicon::{Field, Term};
use crate::directory::query::Query;
use crate::directory::vocabulary::Shape;
use crate::directory::words::{How, Mask};

/// First order of candidates: whole names before people before parts before clients.
const WHOLE: u8 = 200;
const PERSON: u8 = 100;
const PART: u8 = 90;
const PLACE: u8 = 10;

#[derive(Debug)]
pub(super) struct Candidates {
    masks: Vec<Mask>,
    weights: Vec<u8>,
    touched: Vec<u32>,
}

/// The best candidates, and what the others come to.
#[derive(Debug)]
pub(super) struct Best {
    pub devices: Vec<u32>,
    /// Candidates that were left out.
    pub others: usize,
    /// Others at the client of the channel.
    pub others_hinted: usize,
    /// Is a whole name among the others?
    pub others_whole: bool,
}

impl Candidates {
    pub(super) fn of(query: &Query<'_>) -> Self {
        let count = query.directory.devices().len();
        let mut all = Self { masks: vec![0; count], weights: vec![0; count], touched: Vec::new() };
        all.add_words(query);
        all.add_names(query);
        all
    }

    fn add(&mut self, device: u32, mask: Mask, weight: u8) {
        let place = device as usize;
        if self.masks[place] == 0 {
            self.touched.push(device);
        }
        self.masks[place] |= mask;
        self.weights[place] = self.weights[place].max(weight);
    }

    fn add_devices(&mut self, query: &Query<'_>, term: Term, field: Field, mask: Mask, weight: u8) {
        for device in query.directory.index.lexicon.numbers(term, field) {
            self.add(device, mask, weight);
        }
    }

    fn add_accounts(&mut self, query: &Query<'_>, term: Term, field: Field, mask: Mask) {
        let index = &query.directory.index;
        for account in index.lexicon.numbers(term, field) {
            for used in index.uses(account) {
                self.add(used.device(), mask, PERSON + Use::weight(used));
            }
        }
    }

    fn add_words(&mut self, query: &Query<'_>) {
        for (_, word) in query.words.bits() {
            // A kind of machine is asked of the device itself.
            let names = if word.kind.is_some() { &[][..] } else { &word.spellings };
            for spelling in names {
                let Some(term) = query.term(&spelling.text) else { continue };
                self.add_devices(query, term, Field::Host, word.mask, PART);
                self.add_devices(query, term, Field::Friendly, word.mask, PART);
                self.add_accounts(query, term, Field::User, word.mask);
                if spelling.how != How::Nickname {
                    self.add_accounts(query, term, Field::ShortUser, word.mask);
                }
            }
        }
        for pair in &query.words.pairs {
            let Some(term) = query.term(&pair.text) else { continue };
            self.add_devices(query, term, Field::Host, pair.mask, PART);
            self.add_accounts(query, term, Field::User, pair.mask);
        }
    }

    fn add_names(&mut self, query: &Query<'_>) {
        for run in &query.runs {
            let Some(term) = query.term(&run.key) else { continue };
            self.add_devices(query, term, Field::WholeHost, run.mask, WHOLE);
            self.add_devices(query, term, Field::WholeFriendly, run.mask, WHOLE);
        }
        let index = &query.directory.index;
        for named in &query.clients {
            for client in &named.hit.names {
                for device in index.of_client.get(*client) {
                    self.add(*device, named.mask, PLACE);
                }
            }
        }
        for named in &query.sites {
            for site in &named.hit.names {
                for device in index.of_site.get(*site) {
                    self.add(*device, named.mask, PLACE);
                }
            }
        }
        for (device, mask) in &query.keys {
            self.add(*device, *mask, WHOLE);
        }
    }

    /// Candidates that may explain every word, at most `limit`.
    pub(super) fn fits(&self, query: &Query<'_>, limit: usize) -> Best {
        let full = query.words.full;
        let attributes = Attributes::of(query);
        let assumed = query.domains;
        let fits = |device: &u32| {
            let mask = self.masks[*device as usize] | assumed;
            mask & full == full || (mask | attributes.of_device(*device)) & full == full
        };
        let touched = self.touched.iter().copied().filter(fits);
        if full == 0 || (query.attributes_max() | assumed) & full != full {
            return self.best(query, touched, limit, |_| 0);
        }
        // "laptop": nearly half of the fleet. All are counted; the first and those that may rank before
        // them are looked at.
        let hinted = query.hint.map(|client| query.directory.index.of_client.get(client));
        let hinted = hinted.unwrap_or_default().iter().copied().filter(fits);
        let first = (0..self.masks.len() as u32).filter(fits).take(limit);
        let mut some: Vec<u32> = touched.chain(hinted).chain(first).collect();
        some.sort_unstable();
        some.dedup();
        let best = self.best(query, some.into_iter(), limit, |_| 0);
        let masks = self.masks.iter().zip(attributes.all());
        let total =
            masks.filter(|(mask, attributes)| (**mask | attributes | assumed) & full == full);
        Best { others: total.count() - best.devices.len(), ..best }
    }

    /// Candidates that explain as much as any, at most `limit`.
    pub(super) fn nearest(&self, query: &Query<'_>, limit: usize) -> Vec<u32> {
        let attributes = Attributes::of(query);
        let known = |device: u32| {
            let mask = self.masks[device as usize] | attributes.of_device(device);
            (mask & query.words.full).count_ones()
        };
        self.best(query, self.touched.iter().copied(), limit, known).devices
    }

    /// Keeps the best by client of the channel, words known, weight and place, in one pass.
    fn best(
        &self,
        query: &Query<'_>,
        devices: impl Iterator<Item = u32>,
        limit: usize,
        known: impl Fn(u32) -> u32,
    ) -> Best {
        let client_of = &query.directory.index.client_of;
        let mut kept: BinaryHeap<Rank> = BinaryHeap::with_capacity(limit + 1);
        let mut others =
            Best { devices: Vec::new(), others: 0, others_hinted: 0, others_whole: false };
        for device in devices {
            let weight = self.weights[device as usize];
            let hinted = query.hint == Some(client_of[device as usize]);
            let rank = Rank(!hinted, u32::MAX - known(device), u8::MAX - weight, device);
            if kept.len() < limit {
                kept.push(rank);
                continue;
            }
            let mut left = rank;
            if let Some(mut worst) = kept.peek_mut()
                && left < *worst
            {
                std::mem::swap(&mut left, &mut *worst);
            }
            others.others += 1;
            others.others_hinted += usize::from(!left.0);
            others.others_whole |= u8::MAX - left.2 >= WHOLE;
        }
        let kept = kept.into_sorted_vec().into_iter();
        Best { devices: kept.map(|it| it.3).collect(), ..others }
    }
}

/// Rank of a candidate, the best first: elsewhere, words not known, weight missing, place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(bool, u32, u8, u32);

/// Words explained by what a device is, worked out per shape, looked up per device.
struct Attributes<'q, 'a> {
    query: &'q Query<'a>,
    kinds: [Mask; 4],
}

const SHAPES: [Shape; 4] = [Shape::Server, Shape::Desktop, Shape::Laptop, Shape::Unknown];

impl<'q, 'a> Attributes<'q, 'a> {
    fn of(query: &'q Query<'a>) -> Self {
        Self { query, kinds: SHAPES.map(|shape| query.kinds(shape).1) }
    }

    fn of_device(&self, device: u32) -> Mask {
        let shape = self.query.directory.index.shapes[device as usize];
        self.kinds[shape as usize] | self.query.attributes(device)
    }

    /// [`Self::of_device`] of each device in order.
    fn all(&self) -> impl Iterator<Item = Mask> {
        let shapes = self.query.directory.index.shapes.iter();
        let kinds = shapes.map(|shape| self.kinds[*shape as usize]);
        (0..).zip(kinds).map(|(device, kind)| kind | self.query.attributes(device))
    }
}
