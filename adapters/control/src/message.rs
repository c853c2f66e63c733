//! A message to whoever sits at a machine.

use countersign::plan::Target;
use countersign::ports::{CallError, Warned};

use crate::Control;
use crate::client::{PRODUCT, refused};
use crate::write::{same_host, session_id};

/// The session must be one of this machine, connected, with somebody logged on; else nothing is shown.
pub(crate) async fn warn(
    control: &Control,
    target: &Target,
    text: &str,
) -> Result<Warned, CallError> {
    let id = session_id(target)?;
    let session = control.api.session(id).await?.filter(|it| !it.is_ended);
    let of_it = |label: &str| same_host(label, target.called.as_deref().unwrap_or(&target.name));
    let Some(session) = session.filter(|it| of_it(&it.label())) else {
        return Err(refused(format!("the session of {} is gone", target.label())));
    };
    if !session.online {
        return Err(refused(format!("{} is not connected to {PRODUCT}", target.label())));
    }
    let Some(user) = session.guest.user else { return Ok(Warned::NobodyThere) };
    control.api.send_message(id, text).await?;
    Ok(Warned::Told { user })
}
