//! The pretend world behind the products: clients, sites, people and machines. It knows no product.
//!
//! Each product shows this fleet in its own words and derives its own ids from the numbers here, so a machine is one
//! machine whichever product one looks through.

mod generator;
mod hardware;
mod machine;
mod names;
pub(crate) mod services;
mod story;

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;

pub use generator::{ENDPOINTS_MAX, generate};
pub use hardware::{Family, Kind, Model, Os};
pub use machine::{LogOn, Machine, Patches};

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
        impl $name {
            pub(crate) fn at(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

numbers! {
    /// Place of a client in [`Fleet::clients`].
    ClientNo
    /// Place of a site in [`Fleet::sites`].
    SiteNo
    /// Place of a person in [`Fleet::people`].
    PersonNo
    /// Place of a machine in [`Fleet::machines`].
    MachineNo
}

/// A customer of the MSP.
#[derive(Clone, Debug)]
pub struct Client {
    pub name: Box<str>,
    /// The name people use, when it differs.
    pub friendly: Option<Box<str>>,
    /// Windows domain and prefix of generated host names, e.g. `BLUEGUM`.
    pub code: Box<str>,
    pub sites: Vec<SiteNo>,
    pub machines: Vec<MachineNo>,
    pub people: Vec<PersonNo>,
    pub contact: Option<PersonNo>,
    /// Came over from the old product, which shows in its ids.
    pub migrated: bool,
}

/// A place of a client.
#[derive(Clone, Debug)]
pub struct Site {
    pub client: ClientNo,
    pub name: &'static str,
    pub place: &'static names::Place,
}

/// Somebody who works at a client. All of them are invented.
#[derive(Clone, Debug)]
pub struct Person {
    pub first: Cow<'static, str>,
    pub last: Cow<'static, str>,
    pub client: ClientNo,
    /// Account name without domain, e.g. `maria`.
    pub login: Box<str>,
}

impl Person {
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

/// Everything there is.
#[derive(Debug)]
pub struct Fleet {
    pub(crate) seed: u64,
    pub clients: Vec<Client>,
    pub sites: Vec<Site>,
    pub people: Vec<Person>,
    pub machines: Vec<Machine>,
}

/// A machine named by a test does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchThing(pub String);

impl std::fmt::Display for NoSuchThing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the simulator has no {}", self.0)
    }
}

impl std::error::Error for NoSuchThing {}

impl Fleet {
    pub(crate) fn empty(seed: u64) -> Self {
        Self {
            seed,
            clients: Vec::new(),
            sites: Vec::new(),
            people: Vec::new(),
            machines: Vec::new(),
        }
    }

    pub fn client(&self, no: ClientNo) -> &Client {
        &self.clients[no.at()]
    }

    pub fn site(&self, no: SiteNo) -> &Site {
        &self.sites[no.at()]
    }

    pub fn person(&self, no: PersonNo) -> &Person {
        &self.people[no.at()]
    }

    pub fn machine(&self, no: MachineNo) -> &Machine {
        &self.machines[no.at()]
    }

    pub(crate) fn machine_mut(&mut self, no: MachineNo) -> &mut Machine {
        &mut self.machines[no.at()]
    }

    /// The machine called `host`, or `client/host` where several clients use one host name; ASCII case aside.
    /// Without a client the first of several is meant.
    pub fn find(&self, host: &str) -> Result<MachineNo, NoSuchThing> {
        let (client, name) =
            host.split_once('/').map_or((None, host), |(client, name)| (Some(client), name));
        let fits = |it: &Machine| {
            it.name.eq_ignore_ascii_case(name)
                && client
                    .is_none_or(|client| self.client(it.client).name.eq_ignore_ascii_case(client))
        };
        let at = self
            .machines
            .iter()
            .position(fits)
            .ok_or_else(|| NoSuchThing(format!("machine {host:?}")))?;
        Ok(MachineNo(at as u32))
    }

    pub fn find_client(&self, name: &str) -> Result<ClientNo, NoSuchThing> {
        let at = self.clients.iter().position(|it| it.name.eq_ignore_ascii_case(name));
        at.map(|it| ClientNo(it as u32)).ok_or_else(|| NoSuchThing(format!("client {name:?}")))
    }

    /// The account of this machine's last user as the machine itself writes it: `BLUEGUM\maria`, on a Mac `tom`.
    pub fn account(&self, machine: &Machine, person: PersonNo) -> String {
        let login = &self.person(person).login;
        match machine.os.family {
            Family::Windows => format!("{}\\{login}", self.client(machine.client).code),
            Family::Mac | Family::Linux => login.to_string(),
        }
    }

    pub(crate) fn add_client(&mut self, name: &str, code: &str, migrated: bool) -> ClientNo {
        let no = ClientNo(self.clients.len() as u32);
        self.clients.push(Client {
            name: name.into(),
            friendly: None,
            code: code.into(),
            sites: Vec::new(),
            machines: Vec::new(),
            people: Vec::new(),
            contact: None,
            migrated,
        });
        no
    }

    pub(crate) fn add_site(&mut self, client: ClientNo, place: &'static names::Place) -> SiteNo {
        let no = SiteNo(self.sites.len() as u32);
        self.sites.push(Site { client, name: place.name, place });
        self.clients[client.at()].sites.push(no);
        no
    }

    /// The person behind an account of this client; a new one is made when there is none.
    pub(crate) fn person_at(
        &mut self,
        client: ClientNo,
        name: (Cow<'static, str>, Cow<'static, str>),
        login: &str,
    ) -> PersonNo {
        let people = &self.clients[client.at()].people;
        let known = people.iter().find(|it| self.person(**it).login.eq_ignore_ascii_case(login));
        if let Some(known) = known {
            return *known;
        }
        let no = PersonNo(self.people.len() as u32);
        self.people.push(Person { first: name.0, last: name.1, client, login: login.into() });
        self.clients[client.at()].people.push(no);
        no
    }

    pub(crate) fn add(&mut self, machine: Machine) -> MachineNo {
        let no = MachineNo(self.machines.len() as u32);
        self.clients[machine.client.at()].machines.push(no);
        self.machines.push(machine);
        no
    }

    /// `account` (with or without domain) signs in at the machine.
    pub(crate) fn log_on(&mut self, no: MachineNo, account: &str, at: Timestamp) {
        let login = account.rsplit('\\').next().unwrap_or(account);
        let client = self.machine(no).client;
        let mut first = login.split('.').next().unwrap_or(login).to_owned();
        if let Some(letter) = first.get_mut(..1) {
            letter.make_ascii_uppercase();
        }
        let person = self.person_at(client, (first.into(), "".into()), login);
        self.machine_mut(no).log_on(person, at);
    }

    /// The BIOS UUID of a machine made by this fleet.
    pub(crate) fn bios_uuid(&self, no: u32) -> Uuid {
        let high = crate::mix::mix(&[self.seed, 0xb105, u64::from(no)]);
        let low = crate::mix::mix(&[self.seed, 0xb106, u64::from(no)]);
        uuid::Builder::from_random_bytes(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
            .into_uuid()
    }
}
