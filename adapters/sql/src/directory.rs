//! The directory as a snapshot: every table is read once, in order, without a list in between.

use std::borrow::Cow;

use countersign::digest::Digest;
use countersign::directory::{
    Client, Device, Directory, Pathway, Product, Reported, Script, Shared, Site,
};
use countersign::ids::{ClientId, DeviceId, SiteId};

use crate::codec::{from_json, parsed, time};
use crate::db::{Db, Row, Tx};
use crate::fault::{Fault, Result};
use crate::inventory;
use crate::links;

pub(crate) async fn read(db: &Db) -> Result<Directory> {
    let mut tx = db.snapshot().await?;
    let mut clients = Vec::new();
    tx.each("SELECT id, name, rmm, automate FROM client ORDER BY id", &[], |row| {
        clients.push(client(&row)?);
        Ok(())
    })
    .await?;

    let mut sites = Vec::new();
    tx.each("SELECT id, client, name, time_zone FROM site ORDER BY id", &[], |row| {
        sites.push(site(&row)?);
        Ok(())
    })
    .await?;

    let mut devices = Vec::new();
    let mut shared = Shared::default();
    tx.each("SELECT detail FROM device", &[], |row| {
        let mut device: Device = from_json(row.str("detail")?, "device")?;
        (device.rmm, device.automate, device.control) = (None, None, None);
        shared.within(&mut device);
        devices.push(device);
        Ok(())
    })
    .await?;
    // A session knows no board; what its machine told may.
    let boards = inventory::boards(&mut tx).await?;
    devices.shrink_to_fit();
    devices.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    pathways(&mut tx, &mut devices).await?;
    for device in &mut devices {
        let session = device.control.as_ref().map(|it| it.id.as_str());
        if device.bios_uuid.is_none()
            && let Some(board) = session.and_then(|it| boards.get(it))
        {
            device.bios_uuid = Some(board.clone());
        }
    }

    let mut scripts = Vec::new();
    tx.each(
        "SELECT product, id, slug, name, description, params, params_broken, expected_secs, content
         FROM script ORDER BY product, id",
        &[],
        |row| {
            scripts.push(script(&row)?);
            Ok(())
        },
    )
    .await?;

    let synced_at = match tx.row("SELECT max(finished_at) AS at FROM sync_state", &[]).await? {
        Some(row) => row.opt_int("at")?.map(|at| time(at, "sync")).transpose()?,
        None => None,
    };
    let links = links::read(&mut tx).await?;
    tx.commit().await?;
    let reported = Reported { clients, sites, devices };
    Ok(Directory::of_products(reported, scripts, links, synced_at))
}

/// A pathway as it is kept, with whose it is.
pub(crate) type KeptPathway<'a> = (Cow<'a, DeviceId>, Product, Cow<'a, Pathway>);

/// Gives each of `devices`, sorted by id, its pathways.
async fn pathways(tx: &mut Tx, devices: &mut [Device]) -> Result<()> {
    tx.each("SELECT detail FROM pathway", &[], |row| {
        let (id, product, pathway): KeptPathway<'_> = from_json(row.str("detail")?, "pathway")?;
        let Ok(at) = devices.binary_search_by(|it| it.id.cmp(&id)) else { return Ok(()) };
        let place = match product {
            Product::Rmm => &mut devices[at].rmm,
            Product::Automate => &mut devices[at].automate,
            Product::Control => &mut devices[at].control,
        };
        *place = Some(pathway.into_owned());
        Ok(())
    })
    .await
}

fn client(row: &Row) -> Result<Client> {
    Ok(Client {
        id: ClientId::new(row.text("id")?),
        name: row.text("name")?,
        rmm: row.opt_text("rmm")?,
        automate: row.opt_text("automate")?,
    })
}

fn site(row: &Row) -> Result<Site> {
    Ok(Site {
        id: SiteId::new(row.text("id")?),
        client: ClientId::new(row.text("client")?),
        name: row.text("name")?,
        time_zone: row.opt_text("time_zone")?,
    })
}

fn script(row: &Row) -> Result<Script> {
    let expected = row.opt_int("expected_secs")?;
    Ok(Script {
        product: parsed(row, "product", "script", Product::parse)?,
        id: row.text("id")?,
        slug: row.text("slug")?,
        name: row.text("name")?,
        description: row.text("description")?,
        schema: row.opt_text("params")?.map(|text| from_json(&text, "script")).transpose()?,
        schema_broken: row.int("params_broken")? != 0,
        expected_secs: expected
            .map(u64::try_from)
            .transpose()
            .map_err(|error| Fault::unreadable("script", error))?,
        content: Digest::from_stored(row.text("content")?),
    })
}
