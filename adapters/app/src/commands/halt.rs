//! `countersign halt` and `countersign resume`: the kill switch from the command line.

use std::path::Path;

use anyhow::anyhow;
use countersign::conversation::{HaltError, Named, Switch};
use countersign::words;

use super::{Outcome, admin, print, start, unusable};
use crate::cli::{DONE, HaltArgs, NOT_DONE};

/// Works beside a running `serve`: whatever starts asks the store right before.
pub(super) async fn run(config: &Path, switch: Switch, args: HaltArgs) -> Outcome {
    let bot = start(config).await?;
    let Some(what) = &args.what else {
        let halts = bot.engine.store().policies().await?.halts;
        if halts.is_empty() {
            print("nothing is halted\n")?;
        }
        for halt in halts {
            print(&format!("{}, {}\n", halt.sentence(), words::at(halt.at)))?;
        }
        return Ok(DONE);
    };
    let named = Named::of(&what.to_lowercase(), &args.name).ok_or_else(|| {
        unusable(anyhow!("write everything, client NAME, tool NAME or person NAME"))
    })?;
    let by = admin(&bot.engine, args.who.person.as_deref())?;
    match bot.engine.switch(by, switch, &named, args.reason.as_deref()).await {
        Ok(sentence) => {
            print(&format!("{sentence}\n"))?;
            Ok(DONE)
        }
        Err(error @ HaltError::Store(_)) => Err(error.into()),
        Err(refusal) => {
            print(&format!("{}\n", words::sentence(&refusal.to_string())))?;
            Ok(NOT_DONE)
        }
    }
}
