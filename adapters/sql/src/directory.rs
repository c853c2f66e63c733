//! The directory as a snapshot: every table is read once, in order, without a list in between.

use std::collections::HashMap;

use countersign::digest::Digest;
use countersign::directory::{
    Client, Device, DeviceClass, Directory, Pathway, Product, Script, Site,
};
use countersign::ids::{ClientId, DeviceId, SiteId};

use crate::codec::{from_json, parsed, time};
use crate::db::{Db, Row, Tx};
use crate::fault::{Fault, Result};

pub(crate) async fn read(db: &Db) -> Result<Directory> {
    let mut tx = db.snapshot().await?;
    let mut pathways = pathways(&mut tx).await?;

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
    tx.each(
        "SELECT id, name, friendly_name, client, site, class, os, model, serial, bios_uuid, log_ons, read_at
         FROM device",
        &[],
        |row| {
            devices.push(device(&row, &mut pathways)?);
            Ok(())
        },
    )
    .await?;
    devices.sort_unstable_by(|one, other| one.id.cmp(&other.id));

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
    tx.commit().await?;
    Ok(Directory::new(clients, sites, devices, scripts, synced_at))
}

/// The pathways of each device: RMM, Automate, Control.
type Pathways = HashMap<String, [Option<Pathway>; 3]>;

async fn pathways(tx: &mut Tx) -> Result<Pathways> {
    let mut all = Pathways::new();
    tx.each("SELECT device, product, id, online, seen_at FROM pathway", &[], |row| {
        let product = parsed(&row, "product", "pathway", Product::parse)?;
        let pathway = Pathway {
            id: row.text("id")?,
            online: row.opt_int("online")?.map(|it| it != 0),
            seen_at: row.opt_int("seen_at")?.map(|at| time(at, "pathway")).transpose()?,
        };
        let place = match product {
            Product::Rmm => 0,
            Product::Automate => 1,
            Product::Control => 2,
        };
        all.entry(row.text("device")?).or_default()[place] = Some(pathway);
        Ok(())
    })
    .await?;
    Ok(all)
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

fn device(row: &Row, pathways: &mut Pathways) -> Result<Device> {
    let id = row.text("id")?;
    let [rmm, automate, control] = pathways.remove(&id).unwrap_or_default();
    let log_ons = match row.str("log_ons")? {
        "[]" => Vec::new(),
        text => from_json(text, "device")?,
    };
    Ok(Device {
        id: DeviceId::new(id),
        name: row.text("name")?,
        friendly_name: row.opt_text("friendly_name")?,
        client: ClientId::new(row.text("client")?),
        site: row.opt_text("site")?.map(SiteId::new),
        class: parsed(row, "class", "device", class)?,
        os: row.opt_text("os")?,
        model: row.opt_text("model")?,
        serial: row.opt_text("serial")?,
        bios_uuid: row.opt_text("bios_uuid")?,
        rmm,
        automate,
        control,
        log_ons,
        read_at: time(row.int("read_at")?, "device")?,
    })
}

/// The reverse of [`DeviceClass::label`], which is the word in the column.
fn class(word: &str) -> Option<DeviceClass> {
    [DeviceClass::Server, DeviceClass::Desktop, DeviceClass::Laptop, DeviceClass::Workstation]
        .into_iter()
        .find(|class| class.label() == word)
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
