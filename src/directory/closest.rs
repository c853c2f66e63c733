//! The nearest names for a phrase that nothing fits. Only ever shown, never acted on.

use std::cmp::Reverse;

use crate::directory::candidates::Candidates;
use crate::directory::evidence::{Judgement, judge};
use crate::directory::lexicon::Field;
use crate::directory::query::Query;
use crate::directory::resolver::{Found, found};
use crate::directory::spelling::likeness;

/// How many are shown.
const CLOSEST_MAX: usize = 5;

/// Candidates, and similar names, that are looked at.
const JUDGED_MAX: usize = 12;

/// Similar words looked up for each word that nothing explains, and devices taken for each.
const ALIKE_MAX: usize = 6;
const DEVICES_MAX: usize = 8;

/// The least likeness worth showing: `dc01` and `DC02` have 780.
const LIKENESS_MIN: u16 = 740;

/// Nothing fits, so no score reaches what is acted on.
const SCORE_MAX: u32 = 800;

pub(super) fn closest<'a>(query: &Query<'a>, candidates: &Candidates) -> Vec<Found<'a>> {
    let mut near: Vec<(u32, u16)> =
        candidates.nearest(query, JUDGED_MAX).into_iter().map(|number| (number, 0)).collect();
    let mut similar = similar(query);
    similar.sort_unstable_by_key(|(number, likeness)| (Reverse(*likeness), *number));
    similar.dedup();
    similar.truncate(JUDGED_MAX);
    near.extend(similar);
    near.sort_unstable_by_key(|(number, likeness)| (*number, Reverse(*likeness)));
    near.dedup_by_key(|(number, _)| *number);
    let judged = near.into_iter().map(|(number, likeness)| (judge(query, number), likeness));
    let mut scored: Vec<(Reverse<u32>, Judgement)> = judged
        .map(|(judgement, likeness)| (Reverse(nearness(query, &judgement, likeness)), judgement))
        .filter(|(score, _)| score.0 > 0)
        .collect();
    scored.sort_by_key(|(score, judgement)| (*score, Reverse(judgement.hinted), judgement.number));
    scored.truncate(CLOSEST_MAX);
    let shown = scored.into_iter().map(|(score, judgement)| {
        let mut found = found(query, &judgement);
        // Within 0 to 800.
        found.score = score.0 as f32 / 1000.0;
        found
    });
    shown.collect()
}

/// Share of the words that are explained, the others counting as much as they look alike.
fn nearness(query: &Query<'_>, judgement: &Judgement, likeness: u16) -> u32 {
    let full = query.words.full;
    let words = full.count_ones().max(1);
    let known = (judgement.explained & full).count_ones();
    let similar = if known < words { u32::from(likeness) } else { 0 };
    // A name that fits is nearer than a client or a kind that does.
    let named = u32::from(judgement.best_proof) / 2;
    ((known * 1000 + similar.max(named)) * SCORE_MAX / (words * 1000)).min(SCORE_MAX)
}

/// Devices with names and users that look like the words nobody has.
fn similar(query: &Query<'_>) -> Vec<(u32, u16)> {
    let index = &query.directory.index;
    let mut near = Vec::new();
    let typed = query.runs.iter().filter(|run| run.words.len() == 1 && run.mask != 0);
    let mut seen = Vec::new();
    for run in typed {
        let text = query.words.words[run.words.start].text();
        if seen.contains(&run.mask) || text.len() < 3 {
            continue;
        }
        seen.push(run.mask);
        for term in index.lexicon.alike(text, ALIKE_MAX) {
            let likeness = likeness(text, index.lexicon.word(term));
            if likeness < LIKENESS_MIN {
                continue;
            }
            let named = [Field::WholeHost, Field::Host, Field::WholeFriendly, Field::Friendly];
            let devices = named.into_iter().flat_map(|field| index.lexicon.numbers(term, field));
            let accounts = index.lexicon.numbers(term, Field::User);
            let used = accounts.flat_map(|it| index.uses(it)).map(|it| it.device());
            near.extend(devices.chain(used).take(DEVICES_MAX).map(|device| (device, likeness)));
        }
    }
    near
}
