//! A phrase against one directory: what its words name, before any device is looked at.

use crate::directory::fold::{bare, is_letters, letters_then_number};
use crate::directory::index::{is_key, keys_of};
use crate::directory::lexicon::{Field, Term};
use crate::directory::names::{NameHit, Share};
use crate::directory::resolver::{ACT_MIN, Phrase};
use crate::directory::spelling::{Slip, slip};
use crate::directory::vocabulary::{Fit, Shape, is_first_name, kind, kind_words};
use crate::directory::words::{How, Mask, Run, Spelling, Words};
use crate::directory::{Directory, fold};

/// Similar words that are compared for one unknown word.
const ALIKE_MAX: usize = 12;

/// A name in the phrase that stands for clients or sites.
#[derive(Debug)]
pub(super) struct Named {
    pub mask: Mask,
    pub hit: NameHit,
}

/// Words that each system or model explains, by its number; empty when there are none.
#[derive(Debug, Default)]
struct Attributes {
    systems: Vec<Mask>,
    models: Vec<Mask>,
    all: Mask,
}

#[derive(Debug)]
pub(super) struct Query<'a> {
    pub directory: &'a Directory,
    pub words: Words,
    pub runs: Vec<Run>,
    pub clients: Vec<Named>,
    pub sites: Vec<Named>,
    /// The client of the channel.
    pub hint: Option<u32>,
    /// Devices whose serial number or agent id was said.
    pub keys: Vec<(u32, Mask)>,
    attributes: Attributes,
    pub domains: Mask,
}

impl<'a> Query<'a> {
    pub(super) fn new(phrase: &Phrase<'_>, directory: &'a Directory) -> Self {
        let index = &directory.index;
        let mut query = Self {
            directory,
            words: Words::of(phrase.text),
            runs: Vec::new(),
            clients: Vec::new(),
            sites: Vec::new(),
            hint: phrase.client_hint.and_then(|id| index.client_at.get(id).copied()),
            keys: Vec::new(),
            attributes: Attributes::default(),
            domains: 0,
        };
        query.name_clients_and_sites();
        query.runs = query.words.runs();
        if query.correct_spelling() {
            query.name_clients_and_sites();
            query.runs = query.words.runs();
        }
        let domains = query.words.bits().filter(|(_, word)| word.domain);
        query.domains = domains.fold(0, |mask, (_, word)| mask | word.mask);
        query.keys = query.find_keys();
        query.attributes = query.find_attributes();
        query
    }

    fn name_clients_and_sites(&mut self) {
        let index = &self.directory.index;
        let spellings = |place: usize| -> Vec<&str> {
            let word = &self.words.words[place];
            let fit = word.spellings.iter().filter(|it| it.how != How::Nickname);
            fit.map(|it| it.text.as_str()).collect()
        };
        let count = self.words.words.len();
        let named = |(span, hit)| Named { mask: self.words.mask_of(span), hit };
        let clients = index.clients.spans(count, spellings).into_iter().map(named);
        let sites = index.sites.spans(count, spellings).into_iter().map(named);
        let clients: Vec<Named> = clients.filter(|it| it.mask != 0).collect();
        let sites = sites.filter(|it| it.mask != 0).collect();
        self.clients = clients;
        self.sites = sites;
    }

    /// Gives words that nothing in the fleet is called the words they may be slips of.
    fn correct_spelling(&mut self) -> bool {
        let mut corrected = Vec::new();
        for (place, word) in self.words.bits() {
            let known = word.kind.is_some()
                || word.spellings.iter().any(|it| self.lexicon_has(&it.text))
                || self.clients.iter().chain(&self.sites).any(|it| it.mask & word.mask != 0)
                || self.runs.iter().any(|run| {
                    run.mask & word.mask != 0 && run.words.len() > 1 && self.lexicon_has(&run.key)
                });
            if !known && !word.domain {
                corrected.push((place, self.slips(word.text())));
            }
        }
        let mut any = false;
        for (place, slips) in corrected {
            let word = &mut self.words.words[place];
            for spelling in slips {
                any = true;
                word.kind = word.kind.or_else(|| kind(&spelling.text));
                // Of Thomas, too, may be a machine called THOMASS-MBP.
                let owned = is_letters(&spelling.text)
                    .then(|| Spelling { text: format!("{}s", spelling.text), how: spelling.how });
                word.spellings.extend([Some(spelling), owned].into_iter().flatten());
            }
        }
        any
    }

    fn lexicon_has(&self, word: &str) -> bool {
        self.directory.index.lexicon.find(word).is_some()
    }

    /// The slips worth acting on; worse ones are left for the closest names.
    fn slips(&self, typed: &str) -> Vec<Spelling> {
        let lexicon = &self.directory.index.lexicon;
        let mut found: Vec<Spelling> = Vec::new();
        let mut offer = |typed: &str, text: String, single: bool| {
            let Some((grade, likeness)) = slip(typed, &text) else { return };
            // In names written together a slip may have crossed from one part into the next.
            let good = grade > Slip::Ask && single && likeness >= ACT_MIN;
            if good && found.iter().all(|it| it.text != text) {
                found.push(Spelling { text, how: How::Slip(grade, likeness) });
            }
        };
        for word in kind_words().filter(|word| word.len() >= 5) {
            offer(typed, word.to_owned(), true);
        }
        let (letters, number) = letters_then_number(typed).unwrap_or((typed, ""));
        for letters in spellings_to_check(letters) {
            for term in lexicon.alike(letters, ALIKE_MAX) {
                let text = format!("{}{number}", lexicon.word(term));
                let single = lexicon.find(&text).is_some_and(|term| lexicon.is_single(term));
                offer(&format!("{letters}{number}"), text, single);
            }
        }
        // Mixed words such as `acmelt231` are only in the lexicon as a whole.
        if !is_letters(typed) {
            for term in lexicon.alike(typed, ALIKE_MAX) {
                offer(typed, lexicon.word(term).to_owned(), lexicon.is_single(term));
            }
        }
        found
    }

    fn find_keys(&self) -> Vec<(u32, Mask)> {
        let words = &self.words;
        let mut found = Vec::new();
        let folded: String = words.folded.chars().filter(|c| *c != '\'').collect();
        let mut try_key = |typed: &str, mask: Mask| {
            let key = bare(typed);
            if mask == 0 || !is_key(&key) {
                return;
            }
            for device in self.directory.index.with_key(&key) {
                let known = &self.directory.devices()[device as usize];
                if keys_of(known).any(|(_, it)| bare(&fold::fold(it)) == key) {
                    found.push((device, mask));
                }
            }
        };
        for run in self.runs.iter().filter(|run| run.how == How::Typed) {
            try_key(&run.typed, run.mask);
        }
        // Ids of many parts are longer than a run.
        let all = words.mask_of(0..words.words.len());
        try_key(&folded, all);
        found
    }

    fn find_attributes(&self) -> Attributes {
        let index = &self.directory.index;
        let mut found = Attributes::default();
        for run in self.runs.iter().filter(|run| run.words.len() <= 2) {
            let term = index.lexicon.find(&run.key).filter(|_| !self.is_lone_kind(run.mask));
            let Some(term) = term else { continue };
            let fields = [
                (Field::Os, &mut found.systems, index.systems),
                (Field::Model, &mut found.models, index.models),
            ];
            for (field, masks, count) in fields {
                for number in index.lexicon.numbers(term, field) {
                    masks.resize(count, 0);
                    masks[number as usize] |= run.mask;
                    found.all |= run.mask;
                }
            }
        }
        found
    }

    /// "server" asks for the kind, whatever "Windows Server" says.
    fn is_lone_kind(&self, mask: Mask) -> bool {
        self.words.bits().any(|(_, word)| word.mask == mask && word.kind.is_some())
    }

    /// Words explained by system and model.
    pub(super) fn attributes(&self, device: u32) -> Mask {
        if self.attributes.all == 0 {
            return 0;
        }
        let index = &self.directory.index;
        let of = |masks: &[Mask], number: u32| masks.get(number as usize).copied().unwrap_or(0);
        let system = of(&self.attributes.systems, index.os_of[device as usize]);
        system | of(&self.attributes.models, index.model_of[device as usize])
    }

    /// Words that a shape fits beyond doubt, and words it may fit.
    pub(super) fn kinds(&self, shape: Shape) -> (Mask, Mask) {
        let fitting = |least: Fit| {
            let words = self.words.bits();
            let fits = words.filter(|(_, word)| word.kind.is_some_and(|it| it.fit(shape) >= least));
            fits.fold(0, |mask, (_, word)| mask | word.mask)
        };
        (fitting(Fit::Yes), fitting(Fit::Maybe))
    }

    /// Could the phrase be about attributes alone, so that every device is a candidate?
    pub(super) fn attributes_max(&self) -> Mask {
        let kinds = self.words.bits().filter(|(_, word)| word.kind.is_some());
        kinds.fold(self.attributes.all, |mask, (_, word)| mask | word.mask)
    }

    pub(super) fn term(&self, word: &str) -> Option<Term> {
        self.directory.index.lexicon.find(word)
    }

    /// Somebody's name, or what somebody could be called.
    pub(super) fn names_a_person(&self, word: &str) -> bool {
        let lexicon = &self.directory.index.lexicon;
        is_first_name(word) || self.term(word).is_some_and(|term| lexicon.has(term, Field::User))
    }
}

/// A typo may sit before a possessive s that nobody marked.
fn spellings_to_check(letters: &str) -> impl Iterator<Item = &str> {
    [Some(letters), letters.strip_suffix('s').filter(|it| it.len() >= 4)].into_iter().flatten()
}

/// Does the name leave no doubt which client is meant?
pub(super) fn is_plain(hit: &NameHit) -> bool {
    hit.names.len() == 1 && hit.share != Share::Inside
}
