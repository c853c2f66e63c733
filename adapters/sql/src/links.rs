//! What was decided about clients of one product.

use countersign::directory::{ClientLink, ClientLinks, Product};
use countersign::ids::ClientId;
use countersign::ports::Decided;

use crate::codec::{micros, parsed};
use crate::db::{Row, Tx, args};
use crate::fault::{Fault, Result};

pub(crate) async fn read(tx: &mut Tx) -> Result<ClientLinks> {
    let mut links = ClientLinks::default();
    for row in tx.rows("SELECT client, kind, target FROM client_link", &[]).await? {
        links.decided.insert(ClientId::new(row.text("client")?), link(&row)?);
    }
    for row in tx.rows("SELECT product FROM client_scope", &[]).await? {
        links.only_certain.insert(parsed(&row, "product", "client scope", Product::parse)?);
    }
    Ok(links)
}

fn link(row: &Row) -> Result<ClientLink> {
    match (row.str("kind")?, row.opt_text("target")?) {
        ("linked", Some(to)) => Ok(ClientLink::Linked(ClientId::new(to))),
        ("own", None) => Ok(ClientLink::Own),
        ("out", None) => Ok(ClientLink::Out),
        (kind, _) => Err(Fault::unreadable("client link", kind)),
    }
}

pub(crate) async fn set(
    tx: &mut Tx,
    client: &ClientId,
    link: Option<&ClientLink>,
    by: &Decided,
) -> Result<()> {
    let Some(link) = link else {
        tx.execute("DELETE FROM client_link WHERE client = $1", &args![client.as_str()]).await?;
        return Ok(());
    };
    let target = match link {
        ClientLink::Linked(to) => Some(to.as_str()),
        ClientLink::Own | ClientLink::Out => None,
    };
    tx.execute(
        "INSERT INTO client_link (client, kind, target, set_by, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (client) DO UPDATE SET kind = excluded.kind, target = excluded.target,
            set_by = excluded.set_by, at = excluded.at",
        &args![client.as_str(), link.key(), target, by.by.as_str(), micros(by.at)],
    )
    .await?;
    Ok(())
}

pub(crate) async fn scope(
    tx: &mut Tx,
    product: Product,
    only_certain: bool,
    by: &Decided,
) -> Result<()> {
    if !only_certain {
        tx.execute("DELETE FROM client_scope WHERE product = $1", &args![product.key()]).await?;
        return Ok(());
    }
    tx.execute(
        "INSERT INTO client_scope (product, set_by, at) VALUES ($1, $2, $3)
         ON CONFLICT (product) DO UPDATE SET set_by = excluded.set_by, at = excluded.at",
        &args![product.key(), by.by.as_str(), micros(by.at)],
    )
    .await?;
    Ok(())
}
