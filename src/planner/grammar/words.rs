//! Words that mean the same in every request: verbs, kinds of devices, and the small words in between.

use super::lexicon::Words;

/// "Run", in front of a script's name.
pub(super) static RUN: Words =
    Words::new("run execute launch start trigger kick fire do perform rerun push deploy apply");

/// Verbs that change something. A request that starts with one is never answered by a mere look.
pub(super) static CHANGE: Words = Words::new(
    "run execute launch start trigger perform rerun deploy apply push reboot restart bounce cycle \
     shutdown shut stop kill end install uninstall update upgrade patch remediate fix repair delete \
     remove disable enable reset change set wipe format clean cleanup clear flush purge empty \
     rename move block unblock lock unlock isolate defrag optimize optimise sync resync register \
     renew release activate rebuild reinstall force kick fire send map unmap mount encrypt decrypt \
     schedule logoff turn power silence dismiss acknowledge ack bump tidy recycle scan rollback \
     restore close resolve assign escalate merge",
);

/// Verbs and question words of somebody who wants to see something.
pub(super) static LOOK: Words = Words::new(
    "show list display get fetch view see find check what which who whose when where why how is are \
     was were did does has have had any tell describe lookup look count pull give anything anyone \
     summarize summarise explain report inspect status read search",
);

/// Commands, for finding where the next one starts after "and".
pub(super) static COMMAND: Words = Words::new(
    "run execute launch reboot restart install uninstall clean clear flush purge reset show list \
     check get tell open create log raise make file submit see give start stop fix repair enable \
     disable update scan patch delete remove format wipe shutdown kill what which who when how is",
);

pub(super) static PREPOSITIONS: Words =
    Words::new("on at for of from to onto in into against across with under");

/// What leads to a device or a client. "with" and "in" lead to other things as well.
pub(super) const TOWARDS: &[&str] =
    &["on", "at", "for", "of", "from", "to", "onto", "against", "across", "in"];

/// Leads to a place.
pub(super) const AT: &[&str] = &["at", "for", "from", "of", "in"];

pub(super) const JOINTS: &[&str] = &["and", "plus", "then", "or"];

/// One device, in general words.
pub(super) static KIND: Words = Words::new(
    "device machine computer pc server workstation desktop laptop endpoint box host notebook system \
     agent vm node asset unit",
);

/// Several.
pub(super) static KINDS: Words = Words::new(
    "devices machines computers pcs servers workstations desktops laptops endpoints boxes hosts \
     notebooks systems agents vms stations",
);

pub(super) const ALL: &[&str] =
    &["all", "every", "each", "everything", "everywhere", "entire", "whole"];

/// A device that was talked about.
pub(super) const IT: &[&str] = &["it", "its", "that", "this", "there", "same", "again"];
pub(super) const THEM: &[&str] = &["them", "those", "these", "their", "they", "both"];

/// Small words around a name, never part of one at its edges.
static FILLERS: Words = Words::new(
    "a an the some any me us we our you your i is are was were be been am do does did has have had \
     what which who when where how why much many currently still also too please show list display \
     get fetch view see find check tell describe lookup look up pull give now right just there got \
     need needs want know about last first as well new so then ok okay hey if left available today \
     recently yet out over by exactly actually really again else only it and or plus that they \
     would should will can could named called info current latest ever script scripts task job tool \
     real via using through but not anything count number here sure let kind sort having going \
     state gracefully cleanly safely properly almost nearly very quite rather manage managed total \
     overall",
);

/// Words that correct spelling must leave alone, because they only look like a slip of another.
static LOOKALIKES: Words = Words::new(
    "report reports rebook spare modem modems driver drivers device state service services desk \
     desks batch stock store stores office offices printer printers print client school clinic \
     dental legal medical logan patty patsy denis dennis marta maria marie mario start stats starts \
     restore cases clears shell sales floor front house cheer there their these those where after \
     about could would should serve serves server group grape ticker advice stale slate stat backup \
     backups monday tuesday wednesday thursday friday saturday sunday runs done down drop form \
     thanks thank other others seven second third weather healthy heath wealth memo sites sight \
     loading upton listen taken takes closes opens opened model models lodge clement boots booth \
     robot updates scrip cleaner cleaners unit units clearance stopped started runner checkout \
     marina users domain",
);

/// A word that names nothing.
pub(super) fn is_filler(low: &str) -> bool {
    FILLERS.has(low)
}

/// A word that is spelt right although no intent knows it.
pub(super) fn is_plain(low: &str) -> bool {
    LOOKALIKES.has(low) || is_filler(low) || PREPOSITIONS.has(low)
}

/// Verbs and kinds: what spelling corrects towards, besides the words of the intents.
pub(super) fn vocabulary() -> impl Iterator<Item = &'static str> {
    [&RUN, &CHANGE, &COMMAND, &LOOK, &KIND, &KINDS].into_iter().flat_map(Words::iter)
}
