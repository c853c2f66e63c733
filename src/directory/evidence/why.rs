//! The reasons, as people read them.

use jiff::tz::TimeZone;

use crate::directory::Device;
use crate::directory::evidence::Judgement;
use crate::directory::fold::{bare, fold};
use crate::directory::index::keys_of;
use crate::directory::query::Query;
use crate::directory::vocabulary::Shape;
use crate::directory::words::How;

/// Why a device was found, best reason first.
pub(in crate::directory) fn why(query: &Query<'_>, judgement: &Judgement) -> Vec<String> {
    let device = &query.directory.devices()[judgement.number as usize];
    let evidence = &judgement.evidence;
    let mut why = Vec::new();
    if evidence.key.is_some() {
        why.extend(key(query, device));
    }
    if evidence.whole.is_some() {
        why.push(format!("host name is {}", device.name));
    }
    if evidence.friendly.is_some()
        && let Some(name) = &device.friendly_name
    {
        why.push(format!("friendly name is {name}"));
    }
    people(judgement, device, &mut why);
    let base = evidence.base();
    let parts = evidence.parts.as_ref().filter(|parts| parts.proof.mask & !base != 0);
    if evidence.whole.is_none() && parts.is_some() {
        why.push(format!("the host name {} has it", device.name));
    }
    if evidence.friendly.is_none()
        && evidence.friendly_parts.is_some()
        && let Some(name) = &device.friendly_name
    {
        why.push(format!("the friendly name {name} has it"));
    }
    if evidence.kind != 0 {
        why.push(match query.directory.index.shapes[judgement.number as usize] {
            Shape::Server => "a server".to_owned(),
            Shape::Desktop => "a desktop".to_owned(),
            Shape::Laptop => "a laptop".to_owned(),
            Shape::Unknown => "a workstation".to_owned(),
        });
    }
    if evidence.attributes != 0 {
        let named = [device.os.as_deref(), device.model.as_deref()];
        why.extend(named.into_iter().flatten().next().map(|it| format!("runs or is {it}")));
    }
    places(query, judgement, device, &mut why);
    spellings(query, judgement, &mut why);
    why
}

fn key(query: &Query<'_>, device: &Device) -> Option<String> {
    let typed = bare(&query.words.folded);
    let (label, key) = keys_of(device).find(|(_, key)| typed.contains(&bare(&fold(key))))?;
    Some(format!("{label} is {key}"))
}

fn people(judgement: &Judgement, device: &Device, why: &mut Vec<String>) {
    let person = judgement.evidence.person.as_ref().filter(|person| person.count > 0);
    let Some(person) = person else { return };
    let Some(seen) = device.log_ons.get(person.log_on) else { return };
    if person.newest {
        let day = seen.at.map(|at| at.to_zoned(TimeZone::UTC).strftime(", %-d %b %Y").to_string());
        why.push(format!("last log-on {}{}", seen.user, day.unwrap_or_default()));
    }
    let total = device.log_ons.len();
    let name = seen.user.rsplit('\\').next().unwrap_or(&seen.user);
    let name = name.split('@').next().unwrap_or(name);
    match (person.count, total) {
        (0, _) | (1, 1) => {}
        (count, total) if count == total => {
            why.push(format!("all of the last {total} log-ons are {name}"));
        }
        (count, total) => why.push(format!("{count} of the last {total} log-ons are {name}")),
    }
}

fn places(query: &Query<'_>, judgement: &Judgement, device: &Device, why: &mut Vec<String>) {
    let client = query.directory.client_name(&device.client);
    if judgement.evidence.client != 0 {
        why.push(format!("at {client}"));
    } else if judgement.hinted {
        why.push(format!("at {client}, the client of this channel"));
    }
    let site = device.site.as_ref().and_then(|id| query.directory.site(id));
    if judgement.evidence.site != 0
        && let Some(site) = site
    {
        why.push(format!("at the site {}", site.name));
    }
}

/// Words that were read as others.
fn spellings(query: &Query<'_>, judgement: &Judgement, why: &mut Vec<String>) {
    for (_, word) in query.words.bits() {
        if judgement.explained & word.mask == 0 {
            continue;
        }
        let slip = word.spellings.iter().find(|it| matches!(it.how, How::Slip(..)));
        if let Some(slip) = slip {
            why.push(format!("“{}” read as {}", word.text(), slip.text));
        }
    }
    if judgement.alone {
        why.push("the name is a nickname".to_owned());
    }
}
