//! The words that mean something before any device is known: kinds of machine, systems, filler, names.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Shape of a device as far as it is known; narrower than its class where model or host name tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Server,
    Desktop,
    Laptop,
    /// A workstation of which nothing says whether it folds.
    Unknown,
}

/// What a word asks of the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Laptop,
    Desktop,
    Server,
    /// "pc", "computer": whatever a person sits at.
    Pc,
    /// "machine", "box": anything.
    Any,
}

/// How well a shape answers a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    No,
    /// Nothing speaks against it.
    Maybe,
    Yes,
}

impl Kind {
    pub(super) fn fit(self, shape: Shape) -> Fit {
        match (self, shape) {
            (Self::Any, _)
            | (Self::Laptop, Shape::Laptop)
            | (Self::Desktop, Shape::Desktop)
            | (Self::Server, Shape::Server)
            | (Self::Pc, Shape::Desktop | Shape::Unknown) => Fit::Yes,
            // People call a laptop a PC too, so the desktop beside it is not certain.
            (Self::Pc, Shape::Laptop) | (Self::Laptop | Self::Desktop, Shape::Unknown) => {
                Fit::Maybe
            }
            (Self::Laptop, Shape::Desktop | Shape::Server)
            | (Self::Desktop, Shape::Laptop | Shape::Server)
            | (Self::Server, Shape::Laptop | Shape::Desktop | Shape::Unknown)
            | (Self::Pc, Shape::Server) => Fit::No,
        }
    }
}

const KINDS: &[(&str, Kind)] = &[
    ("laptop", Kind::Laptop),
    ("notebook", Kind::Laptop),
    ("ultrabook", Kind::Laptop),
    ("macbook", Kind::Laptop),
    ("mbp", Kind::Laptop),
    ("desktop", Kind::Desktop),
    ("tower", Kind::Desktop),
    ("imac", Kind::Desktop),
    ("server", Kind::Server),
    ("pc", Kind::Pc),
    ("workstation", Kind::Pc),
    ("computer", Kind::Pc),
    ("machine", Kind::Any),
    ("box", Kind::Any),
    ("device", Kind::Any),
    ("endpoint", Kind::Any),
];

pub(super) fn kind(word: &str) -> Option<Kind> {
    KINDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
}

/// The words of [`kind`], for spelling.
pub(super) fn kind_words() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(word, _)| *word)
}

/// A word of a phrase that also asks for an Apple machine.
pub(super) fn asks_for_mac(word: &str) -> bool {
    matches!(word, "macbook" | "mbp" | "imac")
}

/// Words that carry no meaning of their own. "and", "not", "my", "old", "all" are missing on purpose: a
/// phrase with one of them means more than one name.
pub(super) fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "of"
            | "on"
            | "at"
            | "in"
            | "from"
            | "for"
            | "to"
            | "by"
            | "please"
            | "called"
            | "named"
            | "used"
            | "belonging"
            | "hostname"
            | "serial"
            | "sn"
            | "site"
            | "client"
            | "company"
            | "user"
    )
}

/// Words of a company name that people leave out.
pub(super) fn is_company_suffix(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "pty"
            | "ltd"
            | "limited"
            | "inc"
            | "llc"
            | "llp"
            | "gmbh"
            | "ag"
            | "plc"
            | "corp"
            | "corporation"
            | "co"
            | "company"
            | "group"
            | "bv"
            | "sa"
    )
}

/// Other spellings of an operating system word, as in "the linux server".
pub(super) fn os_words(os_word: &str) -> &'static [&'static str] {
    match os_word {
        "macos" | "osx" | "darwin" => &["mac", "macos", "apple"],
        "mac" => &["macos", "apple"],
        "windows" => &["win"],
        "ubuntu" | "debian" | "centos" | "rhel" | "fedora" | "suse" | "rocky" | "almalinux"
        | "alma" => &["linux"],
        "linux" => &["gnu"],
        _ => &[],
    }
}

/// The shape a host name or model word gives away.
pub(super) fn shape_word(word: &str) -> Option<Shape> {
    match word {
        "lt" | "nb" | "lap" | "laptop" | "notebook" | "mbp" | "mba" | "macbook" | "latitude"
        | "elitebook" | "probook" | "thinkpad" | "zbook" | "travelmate" | "zenbook"
        | "lifebook" | "xps" => Some(Shape::Laptop),
        "dt" | "imac" | "optiplex" | "elitedesk" | "prodesk" | "thinkcentre" | "tower" => {
            Some(Shape::Desktop)
        }
        "srv" | "svr" | "server" => Some(Shape::Server),
        _ => None,
    }
}

/// Host name parts that say what a machine is, not which: left over, they take nothing away.
pub(super) fn says_only_what(word: &str) -> bool {
    shape_word(word).is_some()
        || kind(word).is_some()
        || matches!(
            word,
            "ws" | "wks"
                | "mac"
                | "pro"
                | "air"
                | "mini"
                | "book"
                | "win"
                | "srv"
                | "svr"
                | "local"
        )
}

/// Accounts that belong to nobody.
pub(super) fn is_shared_account(word: &str) -> bool {
    matches!(
        word,
        "admin"
            | "administrator"
            | "localadmin"
            | "ladmin"
            | "user"
            | "owner"
            | "system"
            | "guest"
            | "root"
            | "service"
            | "svc"
            | "defaultuser0"
            | "setup"
            | "support"
    )
}

/// People who are called by any of these may be called by the others.
const NICKNAMES: &[&[&str]] = &[
    &["robert", "bob", "rob", "bobby", "robbie"],
    &["elizabeth", "liz", "beth", "lizzie", "eliza", "betty"],
    &["michael", "mike", "mick", "mikey"],
    &["william", "will", "bill", "billy", "liam"],
    &["richard", "rick", "dick", "ricky", "rich"],
    &["james", "jim", "jimmy", "jamie"],
    &["john", "johnny", "jack"],
    &["jonathan", "jon", "jonny"],
    &["joseph", "joe", "joey"],
    &["thomas", "tom", "tommy"],
    &["daniel", "dan", "danny"],
    &["david", "dave", "davey"],
    &["matthew", "matt"],
    &["christopher", "chris", "kit"],
    &["christine", "christina", "chris", "tina", "chrissy"],
    &["anthony", "tony"],
    &["andrew", "andy", "drew"],
    &["steven", "stephen", "steve"],
    &["edward", "ed", "eddie", "ted", "ned"],
    &["charles", "charlie", "chuck"],
    &["alexander", "alex", "sasha"],
    &["alexandra", "alex", "sandra", "sasha"],
    &["nicholas", "nick", "nicky"],
    &["samuel", "sam"],
    &["samantha", "sam"],
    &["benjamin", "ben", "benny"],
    &["gregory", "greg"],
    &["jeffrey", "geoffrey", "jeff", "geoff"],
    &["kenneth", "ken", "kenny"],
    &["lawrence", "larry"],
    &["patrick", "pat", "paddy"],
    &["patricia", "pat", "trish", "patty"],
    &["peter", "pete"],
    &["philip", "phillip", "phil"],
    &["ronald", "ron"],
    &["timothy", "tim"],
    &["victoria", "vicky", "tori"],
    &["katherine", "catherine", "kathryn", "kate", "katie", "kathy", "cathy"],
    &["margaret", "maggie", "meg", "peggy"],
    &["jennifer", "jen", "jenny"],
    &["jessica", "jess"],
    &["susan", "sue", "susie"],
    &["deborah", "deb", "debbie"],
    &["rebecca", "becky", "becca"],
    &["francis", "frank"],
    &["frederick", "fred"],
    &["gerald", "gerry", "jerry"],
    &["abigail", "abby"],
    &["josephine", "jo", "josie"],
    &["joanna", "joanne", "jo"],
    &["madeline", "maddie"],
    &["zachary", "zach", "zac"],
    &["nathaniel", "nathan", "nate"],
    &["maximilian", "max"],
    &["francisco", "paco", "pancho"],
    &["jose", "pepe"],
    &["ignacio", "nacho"],
    &["johannes", "hans"],
];

/// The other names of whoever is called `name`, without `name`.
pub(super) fn nicknames(name: &str) -> impl Iterator<Item = &'static str> {
    NICKNAMES
        .iter()
        .filter(move |group| group.contains(&name))
        .flat_map(|group| group.iter().copied())
        .filter(move |other| *other != name)
}

/// First names that are one slip away from another: whoever types one of these means it.
const FIRST_NAMES: &str = " maria marie mario marina marian marion marisa maira mara mira mary mariah \
    moira anna ana anne ann hanna hannah joanna joan jon jan jean jane janet janice jana june julia \
    julie julian juliana juan eric erica erik erika paul paula pablo karen karin karina karl carl \
    carla carlo carlos carol carole caroline carolyn dan dean dana diana diane don dawn daniel daniela \
    danielle denis denise dennis brian brain bryan ryan rian christian christina christine cristina \
    kristen kristin kirsten kirstin kerstin martin martina marten mark marc marco marcus marcos lars \
    laura lauren laurent lara clara claire clare claudia claude simon simone samir sami samira nina \
    nino tina tim tom ali alia alice alicia alina alan allan allen elena ellen helen helena \
    emma emily emil emilia amelia amy aimee louis louise luis luisa lucas lukas luke luca lucy lucia \
    sara sarah sandra sonia sonja tanya tania stefan stefanie stephan stephanie steffi oliver olivia \
    victor viktor vera rita rosa rose ross russ ruth hugo hugh henry henri harry harriet george \
    georgia georgina gina tara terry teresa theresa theo thea leo leon leona lena lea leah mia max \
    maya mina ian ivan ivo ines iris isabel isabella isabelle noah nora noel noelle natalie natalia \
    natasha nadia nadine adam adan aidan ada ava eva eve evan owen ethan aaron arun ajay vijay anita \
    anja anya angela angelo angelica andrea andreas andres andre priya pria petra pedro peter piotr \
    wei wen lin ling mei ming chen chan tran phan omar amir emir ahmed ahmad mohamed mohammed \
    muhammad fatima fatma yusuf youssef hasan hassan hussein leila layla lila kim kyle kylie kelly \
    kerry kevin kelvin calvin colin connor conor craig greta gary barry larry harold gerard gerhard \
    bernard bernd brenda brent brett bruce bruno sean shaun shawn shane wayne dwayne duane ";

/// Is `word` a first name people know? Decides that a near miss is no slip of the fingers.
pub(super) fn is_first_name(word: &str) -> bool {
    static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let nicknames = NICKNAMES.iter().flat_map(|group| group.iter().copied());
        nicknames.chain(FIRST_NAMES.split_ascii_whitespace()).collect()
    });
    KNOWN.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nicknames_go_both_ways_and_may_mean_two_names() {
        assert!(nicknames("bob").any(|it| it == "robert"));
        assert!(nicknames("robert").any(|it| it == "bob"));
        let alex: Vec<_> = nicknames("alex").collect();
        assert!(alex.contains(&"alexander") && alex.contains(&"alexandra"));
        assert_eq!(nicknames("maria").count(), 0);
    }

    #[test]
    fn a_shape_that_is_known_otherwise_never_fits() {
        assert_eq!(Kind::Server.fit(Shape::Laptop), Fit::No);
        assert_eq!(Kind::Laptop.fit(Shape::Desktop), Fit::No);
        assert_eq!(Kind::Laptop.fit(Shape::Unknown), Fit::Maybe);
        assert_eq!(Kind::Pc.fit(Shape::Laptop), Fit::Maybe);
        assert_eq!(Kind::Any.fit(Shape::Server), Fit::Yes);
    }

    #[test]
    fn words_that_add_meaning_are_no_filler() {
        for word in ["and", "or", "not", "my", "all", "old", "new", "other", "second", "both"] {
            assert!(!is_filler(word), "{word}");
        }
    }
}
