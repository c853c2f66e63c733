//! The directory, piece by piece: clients, locations, pages of computers by id, scripts.
//!
//! A whole round reads every computer. For two hours after it, rounds are partial: they read only computers
//! whose agent reported since, which is all that the product can tell apart; one that is switched off has
//! nothing new to tell. What was changed at the server (a retired computer, another location) shows in the
//! next whole round.
//!
//! A position is a stage and how many pages are done, so a restart goes on behind the last saved piece.
//! Pages are cut by place, not by id: a computer that is retired meanwhile moves those behind it one place
//! up, and one of them would be missed, and so be taken for gone. So each piece of a whole round looks first
//! whether the last computer of the piece before still stands where it stood; if not, that piece is read
//! again.

use std::sync::{Mutex, PoisonError};

use countersign::directory::{Client, Device, LogOn, Pathway, Site};
use countersign::ids::DeviceId;
use countersign::ports::{CallError, Position, SyncBatch};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tracing::{debug, warn};

use crate::Automate;
use crate::client::PAGE_ROWS_MAX;
use crate::condition::Condition;
use crate::script::scripts;
use crate::wire::Computer;

/// Pages of one piece: four requests side by side, and a few megabytes.
const PAGES_PER_PIECE: u32 = 4;

/// Times that a piece is read again in one sync; more retired computers wait for the next one.
const AGAIN_MAX: u8 = 5;

/// How long partial rounds follow a whole one.
const WHOLE_EVERY: SignedDuration = SignedDuration::from_hours(2);

/// Reports are asked for from this long before the last round: the server's clock may be behind ours, and
/// a computer is called offline some minutes after its last report.
const MARGIN: SignedDuration = SignedDuration::from_mins(30);

/// Which rounds came to an end, in this process: after a restart everything is read once.
#[derive(Debug, Default)]
pub(crate) struct Synced(Mutex<Option<Ended>>);

#[derive(Debug, Clone, Copy)]
struct Ended {
    /// When the last whole round began.
    whole: Timestamp,
    /// When the last round began.
    any: Timestamp,
}

impl Synced {
    fn get(&self) -> Option<Ended> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, round: Round) {
        let mut ended = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = match (round.since, *ended) {
            (None, _) => round.began,
            (Some(_), Some(before)) => before.whole,
            (Some(_), None) => return,
        };
        *ended = Some(Ended { whole, any: round.began });
    }
}

/// One sync, from its first piece to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Round {
    began: Timestamp,
    /// Only computers that reported since; `None`: all of them.
    since: Option<Timestamp>,
}

impl Round {
    fn begin(automate: &Automate) -> Self {
        let began = automate.api.client.now();
        let ended = automate.synced.get();
        let recent = ended.filter(|it| began.duration_since(it.whole) < WHOLE_EVERY);
        Self { began, since: recent.and_then(|it| it.any.checked_sub(MARGIN).ok()) }
    }

    fn condition(self) -> Condition {
        match self.since {
            None => Condition::default(),
            Some(since) => Condition::default().since("RemoteAgentLastContact", since),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    round: Round,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Locations,
    Computers {
        /// The next page, from 1.
        page: u32,
        /// The last computer on the page before.
        last: i64,
        again: u8,
    },
    Scripts {
        seen: u64,
    },
}

/// See [`countersign::ports::Provider::sync`].
pub(crate) async fn next(
    automate: &Automate,
    position: Option<&Position>,
) -> Result<SyncBatch, CallError> {
    // A position of another version starts anew.
    let place = position.and_then(|position| serde_json::from_str::<Place>(&position.0).ok());
    let Some(Place { round, stage }) = place else {
        return clients(automate, Round::begin(automate)).await;
    };
    match stage {
        Stage::Locations => locations(automate, round).await,
        Stage::Computers { page, last, again } => {
            computers(automate, round, page, last, again).await
        }
        Stage::Scripts { seen } => last(automate, round, seen).await,
    }
}

fn at(round: Round, stage: Stage) -> Option<Position> {
    serde_json::to_string(&Place { round, stage }).ok().map(Position)
}

async fn clients(automate: &Automate, round: Round) -> Result<SyncBatch, CallError> {
    let found = automate.api.clients(&Condition::default()).await?.rows;
    let client = |it: crate::wire::ClientRow| Client {
        id: crate::ids::client(it.id),
        name: it.name,
        rmm: None,
        automate: Some(it.id.to_string()),
    };
    Ok(SyncBatch {
        clients: found.into_iter().map(client).collect(),
        next: at(round, Stage::Locations),
        label: "clients of Automate".into(),
        done: 0,
        total: 1,
        ..SyncBatch::default()
    })
}

async fn locations(automate: &Automate, round: Round) -> Result<SyncBatch, CallError> {
    // An account that may not see locations still has computers.
    let found = match automate.api.locations().await {
        Ok(found) => found.rows,
        Err(error @ (CallError::MissingScope { .. } | CallError::NotFound { .. })) => {
            warn!(error = %error, "the locations cannot be read; computers are shown without");
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    let site = |it: crate::wire::Location| {
        Some(Site {
            id: crate::ids::site(it.id),
            client: crate::ids::client(it.client?.id?),
            name: it.name,
            time_zone: None,
        })
    };
    Ok(SyncBatch {
        sites: found.into_iter().filter_map(site).collect(),
        next: at(round, Stage::Computers { page: 1, last: 0, again: 0 }),
        label: "locations of Automate".into(),
        done: 0,
        total: 1,
        ..SyncBatch::default()
    })
}

async fn computers(
    automate: &Automate,
    mut round: Round,
    page: u32,
    last: i64,
    again: u8,
) -> Result<SyncBatch, CallError> {
    // In a partial round computers come in between all the time, and none goes.
    let moved = round.since.is_none()
        && page > 1
        && again < AGAIN_MAX
        && !still_there(automate, page, last).await?;
    let (page, again) = match moved {
        true => {
            debug!(page, "computers moved between pages; reading a piece again");
            (page.saturating_sub(PAGES_PER_PIECE).max(1), again + 1)
        }
        false => (page, again),
    };
    let read = |round: Round| async move {
        let condition = round.condition();
        automate.api.computer_pages(&condition, page, PAGES_PER_PIECE, PAGE_ROWS_MAX).await
    };
    let found = match read(round).await {
        // A server that cannot compare dates, or writes them in another zone: all of them, then.
        Err(CallError::Refused { .. } | CallError::Failed { .. })
            if round.since.is_some() && page == 1 =>
        {
            round.since = None;
            read(round).await?
        }
        Ok(found) if round.since.is_some() && page == 1 && found.rows.is_empty() => {
            round.since = None;
            read(round).await?
        }
        other => other?,
    };
    let now = automate.api.client.now();
    let seen = rows_before(page) + found.rows.len() as u64;
    let last = found.rows.last().map_or(last, |it| it.id);
    let next = match found.more {
        true => Stage::Computers { page: page + PAGES_PER_PIECE, last, again },
        false => Stage::Scripts { seen },
    };
    Ok(SyncBatch {
        devices: found.rows.into_iter().map(|it| device(it, now)).collect(),
        next: at(round, next),
        label: "computers of Automate".into(),
        done: seen,
        // One more for the scripts.
        total: found.total.unwrap_or(seen).max(seen) + 1,
        ..SyncBatch::default()
    })
}

fn rows_before(page: u32) -> u64 {
    u64::from(page.saturating_sub(1)) * PAGE_ROWS_MAX as u64
}

/// Whether `last` is still the last computer before `page`: a page of one row tells.
async fn still_there(automate: &Automate, page: u32, last: i64) -> Result<bool, CallError> {
    let place = u32::try_from(rows_before(page)).unwrap_or(u32::MAX);
    let found = automate.api.computer_pages(&Condition::default(), place, 1, 1).await?;
    Ok(found.rows.first().is_some_and(|it| it.id == last))
}

async fn last(automate: &Automate, round: Round, seen: u64) -> Result<SyncBatch, CallError> {
    let found = match automate.api.scripts(&Condition::default()).await {
        Ok(found) => found.rows,
        Err(error @ CallError::MissingScope { .. }) => {
            warn!(error = %error, "the scripts cannot be read; there are no tools for them");
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    automate.synced.end(round);
    Ok(SyncBatch {
        scripts: scripts(found),
        next: None,
        partial: round.since.is_some(),
        label: "scripts of Automate".into(),
        done: seen + 1,
        total: seen + 1,
        ..SyncBatch::default()
    })
}

/// One computer as a device of its own; what it shares with another product's is found by the merge.
fn device(it: Computer, now: Timestamp) -> Device {
    let id = it.id.to_string();
    let class = it.class();
    let mut log_ons: Vec<LogOn> = Vec::new();
    // Whoever is logged on was so at the last contact; when the last user was, the list does not say.
    for user in it.users.iter().chain(&it.last_user) {
        let is_on = it.users.contains(user);
        let same = |known: &LogOn| same_user(&known.user, user);
        match log_ons.iter_mut().find(|known| same(known)) {
            Some(known) if user.contains('\\') => known.user = user.as_str().into(),
            Some(_) => {}
            None => log_ons
                .push(LogOn { user: user.as_str().into(), at: it.contact_at.filter(|_| is_on) }),
        }
    }
    Device {
        id: DeviceId::first_seen("automate", &id),
        name: it.name,
        friendly_name: it.friendly,
        client: crate::ids::client(it.client.as_ref().and_then(|it| it.id).unwrap_or_default()),
        site: it.location.as_ref().and_then(|it| it.id).map(crate::ids::site),
        class,
        os: it.os.map(Into::into),
        model: None,
        serial: it.serial,
        bios_uuid: None,
        rmm: None,
        automate: Some(Pathway { id, online: it.online, seen_at: it.contact_at, name: None }),
        control: None,
        log_ons,
        read_at: now,
    }
}

/// `ACME\jpatel` and `jpatel` are one user of one computer.
fn same_user(one: &str, other: &str) -> bool {
    let plain = |it: &str| it.rsplit('\\').next().unwrap_or_default().to_lowercase();
    plain(one) == plain(other)
}
