//! `[runs]`, and `runs_at_once` of each product's section.

use countersign::ports::RunPlaces;
use serde::Deserialize;

use super::read::{Number, Reader};
use super::sections::Runs;

/// Each place is a task with a call under way; more would wait for the products' own limits.
const PLACES_MAX: u32 = 1_000;

const AT_ONCE: u32 = 32;

/// Two products that hang leave a quarter of the usual places to the third.
const AT_ONCE_PER_PRODUCT: u32 = 12;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RunsRaw {
    at_once: Option<Number>,
    at_once_per_product: Option<Number>,
}

/// `runs_at_once` of each product.
#[derive(Default)]
pub(super) struct OfProducts {
    pub(super) rmm: Option<Number>,
    pub(super) automate: Option<Number>,
    pub(super) control: Option<Number>,
}

impl Reader {
    pub(super) fn runs(&mut self, raw: RunsRaw, of: OfProducts) -> Runs {
        let before = self.problems.len();
        let all = self.number("runs.at_once", raw.at_once, AT_ONCE, 1..=PLACES_MAX);
        // What is wrong with the whole is told once, not with each part.
        let most = if self.problems.len() > before { PLACES_MAX } else { all };
        let usual = AT_ONCE_PER_PRODUCT.min(most);
        let each = self.places("runs.at_once_per_product", raw.at_once_per_product, usual, most);
        let places = RunPlaces {
            rmm: self.places("connectwise_rmm.runs_at_once", of.rmm, each, most),
            automate: self.places("connectwise_automate.runs_at_once", of.automate, each, most),
            control: self.places("connectwise_control.runs_at_once", of.control, each, most),
        };
        Runs { at_once: usize::try_from(all).unwrap_or(usize::MAX), places }
    }

    fn places(&mut self, key: &str, raw: Option<Number>, usual: u32, most: u32) -> u32 {
        let (text, number) = match raw {
            None => return usual,
            Some(Number::Number(number)) => (number.to_string(), Some(number)),
            Some(Number::Text(text)) => (text.clone(), text.trim().parse().ok()),
        };
        match number.filter(|number| (1..=most).contains(number)) {
            Some(number) => number,
            None => {
                let text = format!(
                    "“{text}” does not fit; write a number from 1 to {most}, or raise runs.at_once, \
                     the places there are in all"
                );
                self.problem(key, text);
                usual
            }
        }
    }
}
