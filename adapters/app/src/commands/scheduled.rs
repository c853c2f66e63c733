//! `countersign scheduled` and `countersign cancel`: what waits for its start.

use std::path::Path;

use anyhow::anyhow;
use countersign::conversation::CancelError;
use countersign::run::Marker;
use countersign::schedule::Start;
use countersign::words;

use super::{Outcome, admin, print, start, unusable};
use crate::cli::{CancelArgs, DONE, NOT_DONE};

pub(super) async fn list(config: &Path) -> Outcome {
    let bot = start(config).await?;
    let runs = bot.engine.scheduled().await?;
    if runs.is_empty() {
        print("nothing is scheduled\n")?;
    }
    for run in runs {
        let starts = run.scheduled().map(Start::sentence).unwrap_or_default();
        let (marker, what) = (run.marker.as_str(), run.call.sentence());
        let asker = bot.engine.people().get(&run.requester);
        let name = asker.map_or(run.requester.as_str(), |it| it.name.as_str());
        print(&format!("{marker}  {what}, asked by {name}: {starts}\n"))?;
    }
    Ok(DONE)
}

/// Works beside a running `serve`: whoever commits first wins.
pub(super) async fn cancel(config: &Path, args: CancelArgs) -> Outcome {
    let marker = Marker::parse(&args.code)
        .ok_or_else(|| unusable(anyhow!("write the code as `countersign scheduled` lists it")))?;
    let bot = start(config).await?;
    let by = admin(&bot.engine, args.who.person.as_deref())?;
    match bot.engine.cancel(by, &marker).await {
        Ok(sentence) => {
            print(&format!("{sentence}\n"))?;
            Ok(DONE)
        }
        Err(error @ CancelError::Store(_)) => Err(error.into()),
        Err(refusal) => {
            print(&format!("{}\n", words::sentence(&refusal.to_string())))?;
            Ok(NOT_DONE)
        }
    }
}
