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

/// A client of ConnectWise Automate or Control and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    pub client: Client,
    pub state: LinkState,
    /// Clients of a product before it that it may be, best first; empty once that is settled.
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
        !self.seconds().is_empty()
    }

    /// The products whose clients may be those of a product before.
    pub fn seconds(&self) -> Vec<Product> {
        let has = Product::ALL.into_iter().filter(|it| self.provider(*it).is_some());
        has.skip(1).collect()
    }

    /// A client of any of [`Engine::seconds`] by its name, or by its id.
    pub fn second_client(&self, name: &str) -> Result<Client, LinkError> {
        let mut found = Vec::new();
        for product in self.seconds() {
            match self.reported_client(product, name) {
                Ok(client) => found.push(client),
                Err(LinkError::NoSuchClient { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        let product = match self.seconds().as_slice() {
            [one] => one.label(),
            _ => "ConnectWise Automate or Control",
        };
        one_of(found, name, product)
    }

    /// A client that `other` may be linked to, by its name or by its id.
    pub fn first_client(&self, other: &Client, name: &str) -> Result<Client, LinkError> {
        let firsts = product_of(other).map(|it| self.firsts(it)).unwrap_or_default();
        let lower = name.trim().to_lowercase();
        let is_id =
            |it: &Client| it.rmm.as_deref() == Some(name) || it.automate.as_deref() == Some(name);
        let named = |it: &Client| is_id(it) || it.name.to_lowercase() == lower;
        let found: Vec<Client> = firsts.into_iter().filter(named).collect();
        match found.iter().find(|it| is_id(it)) {
            Some(client) => Ok(client.clone()),
            None => one_of(found, name, "the products before"),
        }
    }

    /// Clients that others may be linked to: those of the products before `product` that are none of another.
    pub fn firsts(&self, product: Product) -> Vec<Client> {
        let directory = self.directory();
        let links = directory.links();
        let all = directory.reported_clients().iter().filter(|it| !links.is_out(it));
        let kept: Vec<Client> = all.cloned().collect();
        let into = linked(&kept, links);
        let before = |it: &Client| product_of(it).is_some_and(|it| it < product);
        let mut firsts: Vec<Client> =
            kept.into_iter().filter(|it| before(it) && !into.contains_key(&it.id)).collect();
        firsts.sort_by_cached_key(|it| it.name.to_lowercase());
        firsts
    }

    /// Every client of ConnectWise Automate, then of ConnectWise Control, in the order of names. Without RMM
    /// those of Automate are nobody else's.
    pub fn links(&self) -> Vec<LinkView> {
        self.seconds().into_iter().flat_map(|it| self.links_of(it)).collect()
    }

    fn links_of(&self, product: Product) -> Vec<LinkView> {
        let directory = self.directory();
        let (reported, links) = (directory.reported_clients(), directory.links());
        let mut others: Vec<Client> =
            reported.iter().filter(|it| product_of(it) == Some(product)).cloned().collect();
        others.sort_by_cached_key(|it| it.name.to_lowercase());
        let kept: Vec<Client> = reported.iter().filter(|it| !links.is_out(it)).cloned().collect();
        let into = linked(&kept, links);
        // A client may be spelled in several ways in Control, and has one id in Automate.
        let takes = |id: &ClientId| {
            let other = reported.iter().find(|it| &it.id == id);
            other.and_then(product_of) == Some(product) && product != Product::Control
        };
        let taken: HashSet<&ClientId> =
            into.iter().filter(|(other, _)| takes(other)).map(|(_, one)| one).collect();
        let mut free = self.firsts(product);
        free.retain(|it| !taken.contains(&it.id));
        let suggestions = suggest(&free, &others);
        let view = |(client, suggested): (&Client, Vec<_>)| {
            let decided = links.of(&client.id);
            let to = into.get(&client.id).and_then(|id| reported.iter().find(|it| &it.id == id));
            let state = match (to, decided) {
                (Some(to), _) => LinkState::Linked { to: to.clone(), by_name: decided.is_none() },
                (None, Some(ClientLink::Own)) => LinkState::Own,
                (None, Some(ClientLink::Out)) => LinkState::Out { decided: true },
                // Linked to a client that is not there any more.
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

    /// Suggestions that stand out, as decisions; each client of a product before once for each product.
    pub fn clear_links(&self) -> Vec<(Client, Option<ClientLink>)> {
        let mut taken = HashSet::new();
        let clear = |view: LinkView| {
            let best = view.suggestions.iter().find(|it| it.clear)?;
            let to = best.client.id.clone();
            taken
                .insert((product_of(&view.client), to.clone()))
                .then(|| (view.client.clone(), Some(ClientLink::Linked(to))))
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
            Product::Control => Some(it.id.to_string()),
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
                    let product = product_of(client).map_or("another product", Product::label);
                    format!("client “{}” of {product} linked to “{name}”", client.name)
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
            if client.id.is_of_control() {
                continue;
            }
            let same =
                |(other, one): &&(Client, Client)| &one.id == to && !other.id.is_of_control();
            let before = linked.iter().find(same).map(|(other, _)| other);
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

/// The only one of `found`, or why there is none.
fn one_of(mut found: Vec<Client>, name: &str, product: &'static str) -> Result<Client, LinkError> {
    let name = name.to_owned();
    let id =
        |it: &Client| it.rmm.clone().or(it.automate.clone()).unwrap_or_else(|| it.id.to_string());
    let ids: Vec<String> = found.iter().map(id).collect();
    match (ids.len(), found.pop()) {
        (1, Some(client)) => Ok(client),
        (0, _) | (_, None) => Err(LinkError::NoSuchClient { product, name }),
        (count, Some(_)) => {
            Err(LinkError::SeveralClients { product, name, count, ids: ids.join(", ") })
        }
    }
}
