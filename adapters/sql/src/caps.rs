//! Which devices runs were sent to in the last hour.

use std::collections::BTreeMap;

use countersign::ids::{ClientId, DeviceId, RunId};
use countersign::policy::caps::WINDOW;
use countersign::policy::{Caps, Touch};
use countersign::tool::ToolName;
use jiff::Timestamp;

use crate::codec::{micros, time};
use crate::db::{Db, Row, Tx, args};
use crate::fault::{Fault, Result};
use crate::lost;

const SINCE: &str = "SELECT device, client, tool, at FROM touch WHERE at > $1";

/// Counted in the commit that allows the send, which one commit does at a time: see
/// [`crate::policy::unchanged`].
pub(crate) async fn touch(
    tx: &mut Tx,
    run: &RunId,
    touches: &[Touch],
    caps: Caps,
    at: Timestamp,
) -> Result<()> {
    if caps.count_devices() && !touches.is_empty() {
        let rows = tx.rows(SINCE, &args![micros(at - WINDOW)]).await?;
        let touched = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        if caps.over_devices(touches, &touched, &BTreeMap::new()).is_some() {
            return Err(Fault::Lost(lost::CAPS));
        }
    }
    tx.execute("DELETE FROM touch WHERE at <= $1", &args![micros(at - WINDOW)]).await?;
    for touch in touches {
        tx.execute(
            "INSERT INTO touch (run, device, client, tool, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (run, device) DO NOTHING",
            &args![
                run.as_str(),
                touch.device.as_str(),
                touch.client.as_str(),
                touch.tool.as_str(),
                micros(touch.at),
            ],
        )
        .await?;
    }
    Ok(())
}

pub(crate) async fn since(db: &Db, since: Timestamp) -> Result<Vec<Touch>> {
    db.rows(SINCE, &args![micros(since)]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Touch> {
    Ok(Touch {
        device: DeviceId::new(row.text("device")?),
        client: ClientId::new(row.text("client")?),
        tool: ToolName::new(row.text("tool")?),
        at: time(row.int("at")?, "touch")?,
    })
}
