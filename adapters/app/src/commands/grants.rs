//! `countersign grants`: yeses given ahead, and how one is taken back.

use std::path::Path;

use countersign::approval::standing::State;
use countersign::conversation::StandingError;
use countersign::words;

use super::{Outcome, admin, print, print_json, start};
use crate::cli::{DONE, GrantsArgs, GrantsCommand, NOT_DONE};

pub(super) async fn run(config: &Path, args: GrantsArgs) -> Outcome {
    let bot = start(config).await?;
    let done = match args.command {
        None => return list(&bot.engine, args.all, args.json).await,
        Some(GrantsCommand::Sign { code, who }) => {
            let by = admin(&bot.engine, who.person.as_deref())?;
            bot.engine.sign_standing(by, &code).await
        }
        Some(GrantsCommand::Revoke { code, reason, who }) => {
            let by = admin(&bot.engine, who.person.as_deref())?;
            bot.engine.revoke_standing(by, &code, reason.as_deref()).await
        }
    };
    match done {
        Ok(sentence) => {
            print(&format!("{sentence}\n"))?;
            Ok(DONE)
        }
        Err(StandingError::Store(error)) => Err(error.into()),
        Err(refusal) => {
            print(&format!("{}\n", words::sentence(&refusal.to_string())))?;
            Ok(NOT_DONE)
        }
    }
}

async fn list(engine: &countersign::conversation::Engine, all: bool, json: bool) -> Outcome {
    let mut grants = engine.standing_grants().await?;
    grants.retain(|it| all || it.is_open());
    if grants.is_empty() && !json {
        print("no standing grant is open\n")?;
    }
    for grant in grants {
        if json {
            print_json(&serde_json::to_value(&grant)?)?;
            continue;
        }
        let state = match (&grant.state, &grant.signed) {
            (State::Ended { why, .. }, _) => format!("ended: {why}"),
            (State::UsedUp { .. }, _) => "used up".to_owned(),
            (State::Active, Some(signed)) => format!(
                "{} of {} uses left until {}, signed by {}",
                grant.left(),
                grant.uses_max,
                words::at(signed.until),
                signed.by
            ),
            (State::Proposed | State::Active, _) => "waits for a manager".to_owned(),
        };
        let (code, what, who) = (&grant.code, grant.sentence(), &grant.requester);
        print(&format!("{code}  {what}, for requests of {who}: {state}\n"))?;
    }
    Ok(DONE)
}
