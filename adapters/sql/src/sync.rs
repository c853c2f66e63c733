//! Pieces of the directory on their way in.
//!
//! A sync is a round with a number. Every row carries the round that reported it last; when a round
//! ends, what it did not report is gone from the product. A round may take many starts of the program:
//! its position is kept with every piece.

use std::borrow::Cow;
use std::collections::HashMap;

use countersign::directory::unify::newest_first;
use countersign::directory::{Client, Device, LogOn, Pathway, Product, Script, Site};
use countersign::ids::DeviceId;
use countersign::ports::{Position, SyncBatch, SyncState};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::codec::{from_json, json, micros, time};
use crate::db::{Arg, Db, Row, Tx, args, groups};
use crate::directory::KeptPathway;
use crate::fault::{Fault, Result};

pub(crate) async fn state(db: &Db, product: Product) -> Result<SyncState> {
    let row = db
        .row(
            "SELECT position, started_at, finished_at, label, done, total
             FROM sync_state WHERE product = $1",
            &args![product.key()],
        )
        .await?;
    row.as_ref().map_or_else(|| Ok(SyncState::default()), read_state)
}

fn read_state(row: &Row) -> Result<SyncState> {
    let at = |column| row.opt_int(column)?.map(|at| time(at, "sync")).transpose();
    let count =
        |column| u64::try_from(row.int(column)?).map_err(|error| Fault::unreadable("sync", error));
    Ok(SyncState {
        position: row.opt_text("position")?.map(Position),
        started_at: at("started_at")?,
        finished_at: at("finished_at")?,
        label: row.text("label")?,
        done: count("done")?,
        total: count("total")?,
    })
}

pub(crate) async fn restart(db: &Db, product: Product) -> Result<()> {
    db.execute("UPDATE sync_state SET position = NULL WHERE product = $1", &args![product.key()])
        .await?;
    Ok(())
}

pub(crate) async fn save(
    db: &Db,
    product: Product,
    batch: &SyncBatch,
    now: Timestamp,
) -> Result<()> {
    let batch = batch.clone();
    db.write(move |tx| Box::pin(async move { piece(tx, product, &batch, now).await })).await
}

async fn piece(tx: &mut Tx, product: Product, batch: &SyncBatch, now: Timestamp) -> Result<()> {
    let round = begin_or_go_on(tx, product, batch, now).await?;
    clients(tx, product, round, &batch.clients).await?;
    sites(tx, product, round, &batch.sites).await?;
    devices(tx, product, round, &batch.devices).await?;
    scripts(tx, product, round, &batch.scripts).await?;
    if batch.next.is_none() && !batch.partial {
        remove_unseen(tx, product, round).await?;
    }
    Ok(())
}

/// The number of the round this piece belongs to. The row is locked by this until the end.
async fn begin_or_go_on(
    tx: &mut Tx,
    product: Product,
    batch: &SyncBatch,
    now: Timestamp,
) -> Result<i64> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let finished = batch.next.is_none().then(|| micros(now));
    let row = tx
        .row(
            "INSERT INTO sync_state (product, round, position, started_at, finished_at, label, done, total)
             VALUES ($1, 1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (product) DO UPDATE SET
                round = CASE WHEN sync_state.position IS NULL THEN sync_state.round + 1
                        ELSE sync_state.round END,
                started_at = CASE WHEN sync_state.position IS NULL THEN excluded.started_at
                             ELSE sync_state.started_at END,
                position = excluded.position,
                finished_at = COALESCE(excluded.finished_at, sync_state.finished_at),
                label = excluded.label, done = excluded.done, total = excluded.total
             RETURNING round",
            &args![
                product.key(),
                batch.next.as_ref().map(|it| it.0.as_str()),
                micros(now),
                finished,
                &batch.label,
                count(batch.done),
                count(batch.total),
            ],
        )
        .await?;
    row.ok_or_else(|| Fault::unreadable("sync", "its row is missing"))?.int("round")
}

/// One row per key, the last one wins: a statement cannot touch a row twice.
fn last_of_each<'a, T, K: Eq + std::hash::Hash>(
    items: &'a [T],
    key: impl Fn(&'a T) -> K,
) -> Vec<&'a T> {
    let mut place = HashMap::with_capacity(items.len());
    let mut kept: Vec<&T> = Vec::with_capacity(items.len());
    for item in items {
        match place.entry(key(item)) {
            std::collections::hash_map::Entry::Occupied(at) => kept[*at.get()] = item,
            std::collections::hash_map::Entry::Vacant(at) => {
                at.insert(kept.len());
                kept.push(item);
            }
        }
    }
    kept
}

async fn clients(tx: &mut Tx, product: Product, round: i64, clients: &[Client]) -> Result<()> {
    let mut values = Vec::with_capacity(clients.len() * 6);
    for it in last_of_each(clients, |it| &it.id) {
        values.extend(args![it.id.as_str(), &it.name, &it.rmm, &it.automate, product.key(), round]);
    }
    tx.upsert(
        "INSERT INTO client (id, name, rmm, automate, product, seen_in) VALUES",
        6,
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name,
            rmm = COALESCE(excluded.rmm, client.rmm),
            automate = COALESCE(excluded.automate, client.automate),
            product = excluded.product, seen_in = excluded.seen_in",
        &values,
    )
    .await
}

async fn sites(tx: &mut Tx, product: Product, round: i64, sites: &[Site]) -> Result<()> {
    let mut values = Vec::with_capacity(sites.len() * 6);
    for it in last_of_each(sites, |it| &it.id) {
        values.extend(args![
            it.id.as_str(),
            it.client.as_str(),
            &it.name,
            &it.time_zone,
            product.key(),
            round,
        ]);
    }
    tx.upsert(
        "INSERT INTO site (id, client, name, time_zone, product, seen_in) VALUES",
        6,
        "ON CONFLICT (id) DO UPDATE SET client = excluded.client, name = excluded.name,
            time_zone = excluded.time_zone, product = excluded.product, seen_in = excluded.seen_in",
        &values,
    )
    .await
}

async fn scripts(tx: &mut Tx, product: Product, round: i64, scripts: &[Script]) -> Result<()> {
    let mut values = Vec::with_capacity(scripts.len() * 10);
    for it in last_of_each(scripts, |it| &it.id) {
        let params = it.schema.as_ref().map(json).transpose()?;
        let expected = it.expected_secs.map(|secs| i64::try_from(secs).unwrap_or(i64::MAX));
        values.extend(args![product.key(), &it.id, &it.slug, &it.name, &it.description,]);
        values.push(Arg::Text(params.map(Into::into)));
        values.extend(args![i64::from(it.schema_broken), expected, it.content.as_str(), round,]);
    }
    tx.upsert(
        "INSERT INTO script (product, id, slug, name, description, params, params_broken, expected_secs, content, seen_in) VALUES",
        10,
        "ON CONFLICT (product, id) DO UPDATE SET slug = excluded.slug, name = excluded.name,
            description = excluded.description, params = excluded.params,
            params_broken = excluded.params_broken, expected_secs = excluded.expected_secs,
            content = excluded.content, seen_in = excluded.seen_in",
        &values,
    )
    .await
}

async fn devices(tx: &mut Tx, product: Product, round: i64, devices: &[Device]) -> Result<()> {
    let devices = last_of_each(devices, |it| &it.id);
    let stored = stored_log_ons(tx, &devices).await?;
    let mut values = Vec::with_capacity(devices.len() * 4);
    for it in &devices {
        let old = stored.get(&it.id).map_or(&[][..], Vec::as_slice);
        // The pathways have rows of their own, for they come and go by themselves.
        let kept = Device {
            log_ons: newest_first(&it.log_ons, old),
            rmm: None,
            automate: None,
            control: None,
            ..(**it).clone()
        };
        values.extend(args![
            it.id.as_str(),
            it.client.as_str(),
            it.site.as_ref().map(|site| site.as_str()),
            json(&kept)?,
        ]);
    }
    tx.upsert(
        "INSERT INTO device (id, client, site, detail) VALUES",
        4,
        "ON CONFLICT (id) DO UPDATE SET client = excluded.client, site = excluded.site,
            detail = excluded.detail",
        &values,
    )
    .await?;
    pathways(tx, product, round, &devices).await
}

/// What is known of the devices' log-ons.
async fn stored_log_ons(tx: &mut Tx, devices: &[&Device]) -> Result<HashMap<DeviceId, Vec<LogOn>>> {
    let mut stored = HashMap::new();
    for chunk in devices.chunks(tx.rows_per_statement()) {
        let sql = format!("SELECT detail FROM device WHERE id IN {}", groups(1, chunk.len(), 1));
        let ids: Vec<Arg<'_>> = chunk.iter().map(|it| Arg::from(it.id.as_str())).collect();
        for row in tx.rows(AssertSqlSafe(sql), &ids).await? {
            let device: Device = from_json(row.str("detail")?, "device")?;
            stored.insert(device.id, device.log_ons);
        }
    }
    Ok(stored)
}

/// Pathways of all products that the devices have; of other products than the synced one only what is
/// said replaces what is stored.
async fn pathways(tx: &mut Tx, synced: Product, round: i64, devices: &[&Device]) -> Result<()> {
    for product in Product::ALL {
        let reported: Vec<(&DeviceId, &Pathway)> =
            devices.iter().filter_map(|it| Some((&it.id, it.pathway(product)?))).collect();
        let reported = last_of_each(&reported, |(_, pathway)| pathway.id.as_str());
        leave_other_devices(tx, product, &reported).await?;
        let mut values = Vec::with_capacity(reported.len() * 5);
        for (device, pathway) in reported {
            let kept: KeptPathway<'_> = (Cow::Borrowed(*device), product, Cow::Borrowed(*pathway));
            values.extend(args![
                device.as_str(),
                product.key(),
                &pathway.id,
                json(&kept)?,
                // Rounds of different products have nothing to do with each other.
                if product == synced { round } else { 0 },
            ]);
        }
        tx.upsert(
            "INSERT INTO pathway (device, product, id, detail, seen_in) VALUES",
            5,
            "ON CONFLICT (device, product) DO UPDATE SET id = excluded.id, detail = excluded.detail,
                seen_in = CASE WHEN excluded.seen_in = 0 THEN pathway.seen_in ELSE excluded.seen_in END",
            &values,
        )
        .await?;
    }
    Ok(())
}

/// An agent is on one device: where it was before, it is no more.
async fn leave_other_devices(
    tx: &mut Tx,
    product: Product,
    reported: &[&(&DeviceId, &Pathway)],
) -> Result<()> {
    for chunk in reported.chunks(tx.rows_per_statement()) {
        let sql = format!(
            "DELETE FROM pathway WHERE product = $1 AND id IN {} AND (id, device) NOT IN (VALUES {})",
            groups(1, chunk.len(), 2),
            groups(chunk.len(), 2, 2 + chunk.len()),
        );
        let mut values = vec![Arg::from(product.key())];
        values.extend(chunk.iter().map(|(_, pathway)| Arg::from(&pathway.id)));
        values
            .extend(chunk.iter().flat_map(|(device, pathway)| args![&pathway.id, device.as_str()]));
        tx.execute(AssertSqlSafe(sql), &values).await?;
    }
    Ok(())
}

/// What the ended round did not report. A device goes with its last pathway, a place with its last
/// device.
async fn remove_unseen(tx: &mut Tx, product: Product, round: i64) -> Result<()> {
    let unseen = args![product.key(), round];
    tx.execute("DELETE FROM pathway WHERE product = $1 AND seen_in <> $2", &unseen).await?;
    tx.execute(
        "DELETE FROM device WHERE NOT EXISTS
            (SELECT 1 FROM pathway WHERE pathway.device = device.id)",
        &[],
    )
    .await?;
    tx.execute("DELETE FROM script WHERE product = $1 AND seen_in <> $2", &unseen).await?;
    tx.execute(
        "DELETE FROM site WHERE product = $1 AND seen_in <> $2 AND NOT EXISTS
            (SELECT 1 FROM device WHERE device.site = site.id)",
        &unseen,
    )
    .await?;
    tx.execute(
        "DELETE FROM client WHERE product = $1 AND seen_in <> $2
            AND NOT EXISTS (SELECT 1 FROM device WHERE device.client = client.id)
            AND NOT EXISTS (SELECT 1 FROM site WHERE site.client = client.id)",
        &unseen,
    )
    .await?;
    Ok(())
}
