//! Which client of one product is which of another: what is known, what is suggested, and deciding it.

use std::collections::HashSet;

use serde_json::json;

use crate::audit::NewEntry;
use crate::conversation::Engine;
use crate::directory::link::{clear, suggest};
use crate::directory::unify::{linked, product_of};
use crate::directory::{Client, ClientLink, Product, Role};
use crate::ids::{ClientId, PersonId};
use crate::ports::{Change, Decided, StoreError, Write};

/// A client of ConnectWise Automate and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    pub client: Client,
    pub state: LinkState,
    /// Clients of ConnectWise RMM that it may be, best first; empty once that is settled.
    pub suggestions: Vec<Suggested>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// `by_name`: nobody decided it, the names are equal.
    Linked { to: Client, by_name: bool },
    /// A client of its own.
    Own,
    /// Left out; `decided`: by name, and not because only certain clients are taken in.
    Out { decided: bool },
    /// A client of its own until somebody looks.
    Open,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggested {
    pub client: Client,
    /// 1 to 100.
    pub score: u8,
    pub why: &'static str,
    /// It stands out: can be taken without looking twice.
    pub clear: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("only an admin can link clients")]
    NotAdmin,
    #[error("no client of {product} is named “{name}”")]
    NoSuchClient { product: &'static str, name: String },
    #[error("{count} clients of {product} are named “{name}”; use the id: {ids}")]
    SeveralClients { product: &'static str, name: String, count: usize, ids: String },
    #[error(
        "“{one}” is linked to “{other}” already; take that back first: countersign link undo “{other}”"
    )]
    Taken { one: String, other: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Whether there are two products whose clients could be the same.
    pub fn has_links(&self) -> bool {
        [Product::Rmm, Product::Automate].into_iter().all(|it| self.provider(it).is_some())
    }

    /// Every client of ConnectWise Automate, in the order of names.
    pub fn links(&self) -> Vec<LinkView> {
        let directory = self.directory();
        let (reported, links) = (directory.reported_clients(), directory.links());
        let of = |product: Product| -> Vec<Client> {
            let mut clients: Vec<Client> =
                reported.iter().filter(|it| product_of(it) == Some(product)).cloned().collect();
            clients.sort_by_cached_key(|it| it.name.to_lowercase());
            clients
        };
        let (ones, others) = (of(Product::Rmm), of(Product::Automate));
        let kept: Vec<Client> = reported.iter().filter(|it| !links.is_out(it)).cloned().collect();
        let into = linked(&kept, links);
        let taken: HashSet<&ClientId> = into.values().collect();
        let free: Vec<Client> = ones.iter().filter(|it| !taken.contains(&it.id)).cloned().collect();
        let suggestions = suggest(&free, &others);
        let view = |(client, suggested): (&Client, Vec<_>)| {
            let decided = links.of(&client.id);
            let to = into.get(&client.id).and_then(|id| ones.iter().find(|it| &it.id == id));
            let state = match (to, decided) {
                (Some(to), _) => LinkState::Linked { to: to.clone(), by_name: decided.is_none() },
                (None, Some(ClientLink::Own)) => LinkState::Own,
                (None, Some(ClientLink::Out)) => LinkState::Out { decided: true },
                // Linked to a client that RMM does not have any more.
                (None, Some(ClientLink::Linked(_))) => LinkState::Open,
                (None, None) if links.is_out(client) => LinkState::Out { decided: false },
                (None, None) => LinkState::Open,
            };
            let is_open = matches!(state, LinkState::Open | LinkState::Out { decided: false });
            let best = clear(&suggested).map(|it| it.one.id.clone());
            let suggestions = suggested
                .into_iter()
                .filter(|_| is_open)
                .map(|it: crate::directory::link::Suggestion<'_>| Suggested {
                    clear: best.as_ref() == Some(&it.one.id),
                    client: it.one.clone(),
                    score: it.score,
                    why: it.likeness.text(),
                })
                .collect();
            LinkView { client: client.clone(), state, suggestions }
        };
        others.iter().zip(suggestions).map(view).collect()
    }

    /// Suggestions that stand out, as decisions; each client of ConnectWise RMM once.
    pub fn clear_links(&self) -> Vec<(Client, Option<ClientLink>)> {
        let mut taken = HashSet::new();
        let clear = |view: LinkView| {
            let best = view.suggestions.iter().find(|it| it.clear)?;
            let to = best.client.id.clone();
            taken.insert(to.clone()).then(|| (view.client.clone(), Some(ClientLink::Linked(to))))
        };
        self.links().into_iter().filter_map(clear).collect()
    }

    /// Clients that nothing is like, as clients of their own.
    pub fn missing_clients(&self) -> Vec<(Client, Option<ClientLink>)> {
        let missing =
            |view: &LinkView| view.state == LinkState::Open && view.suggestions.is_empty();
        let all = self.links().into_iter().filter(missing);
        all.map(|view| (view.client, Some(ClientLink::Own))).collect()
    }

    /// A client of a product by its name, case aside, or by its id there.
    pub fn reported_client(&self, product: Product, name: &str) -> Result<Client, LinkError> {
        let directory = self.directory();
        let id = |it: &Client| match product {
            Product::Rmm => it.rmm.clone(),
            Product::Automate => it.automate.clone(),
            Product::Control => None,
        };
        let all = directory.reported_clients().iter();
        let of: Vec<&Client> = all.filter(|it| product_of(it) == Some(product)).collect();
        if let Some(client) = of.iter().find(|it| id(it).as_deref() == Some(name)) {
            return Ok((*client).clone());
        }
        let named: Vec<&Client> = of
            .into_iter()
            .filter(|it| it.name.to_lowercase() == name.trim().to_lowercase())
            .collect();
        match named.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(LinkError::NoSuchClient { product: product.label(), name: name.to_owned() }),
            several => Err(LinkError::SeveralClients {
                product: product.label(),
                name: name.to_owned(),
                count: several.len(),
                ids: several.iter().filter_map(|it| id(it)).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Decides what clients are, all at once, or takes decisions back (`None`). Audited; holds at once.
    pub async fn link(
        &self,
        by: &PersonId,
        decisions: &[(Client, Option<ClientLink>)],
    ) -> Result<(), LinkError> {
        self.may_link(by)?;
        self.not_taken(decisions)?;
        let at = self.now();
        let mut change = Change::default();
        for (client, link) in decisions {
            let text = match link {
                Some(ClientLink::Linked(to)) => {
                    let name = self.reported_name(to);
                    format!("client “{}” of Automate linked to “{name}” of RMM", client.name)
                }
                Some(ClientLink::Own) => format!("client “{}” is a client of its own", client.name),
                Some(ClientLink::Out) => format!("client “{}” is left out", client.name),
                None => format!("the link of client “{}” was taken back", client.name),
            };
            change.audit.push(NewEntry {
                at,
                actor: by.to_string(),
                kind: "client_link",
                subject: json!({ "client": client.id, "link": link.as_ref().map(ClientLink::key) }),
                text,
                client: Some(client.id.to_string()),
            });
            change.writes.push(Write::ClientLink {
                client: client.id.clone(),
                link: link.clone(),
                by: Decided { by: by.clone(), at },
            });
        }
        self.store().commit(change).await?;
        Ok(self.refresh().await?)
    }

    /// Takes in only those clients of a product that somebody decided about, or all again.
    pub async fn only_certain_clients(
        &self,
        by: &PersonId,
        product: Product,
        only: bool,
    ) -> Result<(), LinkError> {
        self.may_link(by)?;
        let at = self.now();
        let text = match only {
            true => format!("only certain clients of {} are taken in", product.label()),
            false => format!("all clients of {} are taken in", product.label()),
        };
        let change = Change {
            writes: vec![Write::OnlyCertainClients {
                product,
                only,
                by: Decided { by: by.clone(), at },
            }],
            audit: vec![NewEntry {
                at,
                actor: by.to_string(),
                kind: "client_link",
                subject: json!({ "product": product, "only_certain": only }),
                text,
                client: None,
            }],
        };
        self.store().commit(change).await?;
        Ok(self.refresh().await?)
    }

    /// A client of RMM is one client of Automate.
    fn not_taken(&self, decisions: &[(Client, Option<ClientLink>)]) -> Result<(), LinkError> {
        let linked: Vec<(Client, Client)> = self
            .links()
            .into_iter()
            .filter_map(|it| match it.state {
                LinkState::Linked { to, by_name: false } => Some((it.client, to)),
                LinkState::Linked { .. }
                | LinkState::Own
                | LinkState::Out { .. }
                | LinkState::Open => None,
            })
            .filter(|(other, _)| decisions.iter().all(|(it, _)| it.id != other.id))
            .collect();
        let mut wanted = HashSet::new();
        for (client, link) in decisions {
            let Some(ClientLink::Linked(to)) = link else { continue };
            let before = linked.iter().find(|(_, one)| &one.id == to).map(|(other, _)| other);
            if before.is_some() || !wanted.insert(to) {
                return Err(LinkError::Taken {
                    one: self.reported_name(to),
                    other: before.unwrap_or(client).name.clone(),
                });
            }
        }
        Ok(())
    }

    fn may_link(&self, by: &PersonId) -> Result<(), LinkError> {
        let is_admin = self.people().get(by).is_some_and(|person| person.has(Role::Admin));
        if is_admin { Ok(()) } else { Err(LinkError::NotAdmin) }
    }

    fn reported_name(&self, id: &ClientId) -> String {
        let directory = self.directory();
        let found = directory.reported_clients().iter().find(|it| &it.id == id);
        found.map_or_else(|| id.to_string(), |it| it.name.clone())
    }
}
