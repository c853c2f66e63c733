//! Turns what a person typed ("Maria's laptop", "acme fs01") into one device, or says why it cannot.
//!
//! It never picks between two devices that fit: one more question costs less than one wrong reboot.

use crate::directory::{Device, Directory};
use crate::ids::ClientId;

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phrase<'a> {
    /// As typed, at most 200 characters are looked at.
    pub text: &'a str,
    /// The client of the channel or thread: counts as evidence, does not exclude others.
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
    /// Several fit, best first, at most [`CHOICES_MAX`] of `total`. Ask the person.
    Several { choices: Vec<Found<'a>>, total: usize },
    /// None fits; `closest` are the nearest names, possibly none.
    Unknown { closest: Vec<Found<'a>> },
}

/// Finds the device meant by `phrase`.
pub fn resolve<'a>(_phrase: &Phrase<'_>, _directory: &'a Directory) -> Resolution<'a> {
    Resolution::Unknown { closest: Vec::new() }
}
