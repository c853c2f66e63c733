//! Ids that look random, need no table, and can be read back.
//!
//! Of the sixteen bytes, twelve are a hash and the last four carry the number of the thing, masked by a hash of the
//! twelve. An id that was not made here fails the check, so unknown ids are refused without looking anything up.

use uuid::Uuid;

use crate::fleet::{ClientNo, Fleet, MachineNo, SiteNo};
use crate::mix::mix;

/// Ids of tenants that were moved from the old product start with the ASCII text `Command ID: `.
const MIGRATED: &[u8; 12] = b"Command ID: ";
const MIGRATED_COMPANY: u32 = 0x0011_2200;
const MIGRATED_SITE: u32 = 0x0044_5500;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Thing {
    Company = 1,
    Site,
    Endpoint,
    Script,
    Task,
    Instance,
    Ticket,
    Note,
    Lookup,
    Group,
    Update,
    Person,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    pub(crate) seed: u64,
}

impl Ids {
    /// The id of thing number `no`; `edition` tells apart what succeeds itself, like a reinstalled agent.
    pub(crate) fn id(self, thing: Thing, no: u32, edition: u16) -> Uuid {
        let kind = thing as u64;
        let high = mix(&[self.seed, kind, u64::from(no), u64::from(edition)]);
        let low = mix(&[self.seed, kind, high]) & 0xffff_ffff_0000_0000;
        let bits = (u128::from(high) << 64) | u128::from(low);
        let mut bytes =
            uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().into_bytes();
        let masked = no ^ self.mask(thing, &bytes);
        bytes[12..].copy_from_slice(&masked.to_be_bytes());
        Uuid::from_bytes(bytes)
    }

    /// The number in an id made by [`Ids::id`]. Of any other id it gives some number: make the id again and compare.
    pub(crate) fn number(self, thing: Thing, id: Uuid) -> u32 {
        let bytes = id.as_bytes();
        let tail = [bytes[12], bytes[13], bytes[14], bytes[15]];
        u32::from_be_bytes(tail) ^ self.mask(thing, bytes)
    }

    /// The number in `id`, if it is one of ours.
    pub(crate) fn read(self, thing: Thing, id: &str) -> Option<u32> {
        let id = Uuid::try_parse(id).ok()?;
        let no = self.number(thing, id);
        (self.id(thing, no, 0) == id).then_some(no)
    }

    fn mask(self, thing: Thing, bytes: &[u8; 16]) -> u32 {
        let mut high = [0; 8];
        high.copy_from_slice(&bytes[..8]);
        mix(&[self.seed, 0x3a5c, thing as u64, u64::from_be_bytes(high)]) as u32
    }

    pub(crate) fn endpoint(self, fleet: &Fleet, no: MachineNo) -> Uuid {
        self.id(Thing::Endpoint, no.0, fleet.machine(no).installation)
    }

    pub(crate) fn find_endpoint(self, fleet: &Fleet, id: &str) -> Option<MachineNo> {
        let id = Uuid::try_parse(id).ok()?;
        let no = MachineNo(self.number(Thing::Endpoint, id));
        (no.at() < fleet.machines.len() && self.endpoint(fleet, no) == id).then_some(no)
    }

    pub(crate) fn company(self, fleet: &Fleet, no: ClientNo) -> Uuid {
        match fleet.client(no).migrated {
            true => migrated(MIGRATED_COMPANY + no.0),
            false => self.id(Thing::Company, no.0, 0),
        }
    }

    pub(crate) fn find_company(self, fleet: &Fleet, id: &str) -> Option<ClientNo> {
        let id = Uuid::try_parse(id).ok()?;
        let old = old_number(id).and_then(|it| it.checked_sub(MIGRATED_COMPANY));
        let no = ClientNo(old.unwrap_or_else(|| self.number(Thing::Company, id)));
        (no.at() < fleet.clients.len() && self.company(fleet, no) == id).then_some(no)
    }

    pub(crate) fn site(self, fleet: &Fleet, no: SiteNo) -> Uuid {
        match fleet.client(fleet.site(no).client).migrated {
            true => migrated(MIGRATED_SITE + no.0),
            false => self.id(Thing::Site, no.0, 0),
        }
    }

    pub(crate) fn find_site(self, fleet: &Fleet, id: &str) -> Option<SiteNo> {
        let id = Uuid::try_parse(id).ok()?;
        let old = old_number(id).and_then(|it| it.checked_sub(MIGRATED_SITE));
        let no = SiteNo(old.unwrap_or_else(|| self.number(Thing::Site, id)));
        (no.at() < fleet.sites.len() && self.site(fleet, no) == id).then_some(no)
    }
}

fn migrated(number: u32) -> Uuid {
    let mut bytes = [0; 16];
    bytes[..12].copy_from_slice(MIGRATED);
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    Uuid::from_bytes(bytes)
}

fn old_number(id: Uuid) -> Option<u32> {
    let tail = id.as_bytes().strip_prefix(MIGRATED)?;
    Some(u32::from_be_bytes(tail.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_be_read_back_and_a_foreign_one_is_nobody() {
        let fleet = crate::fleet::generate(3, 600, jiff::Timestamp::UNIX_EPOCH);
        let ids = Ids { seed: 3 };
        for no in (0..600).map(MachineNo) {
            assert_eq!(ids.find_endpoint(&fleet, &ids.endpoint(&fleet, no).to_string()), Some(no));
        }
        for no in (0..fleet.clients.len() as u32).map(ClientNo) {
            assert_eq!(ids.find_company(&fleet, &ids.company(&fleet, no).to_string()), Some(no));
        }
        for no in (0..fleet.sites.len() as u32).map(SiteNo) {
            assert_eq!(ids.find_site(&fleet, &ids.site(&fleet, no).to_string()), Some(no));
        }
        let foreign = Uuid::from_u128(0x7b1f_7d3e_52c3_4a83_9d4a_1f0f_0c2b_9a11).to_string();
        assert_eq!(ids.find_endpoint(&fleet, &foreign), None);
        assert_eq!(ids.find_company(&fleet, &foreign), None);
        assert_eq!(ids.read(Thing::Task, &foreign), None);
    }

    #[test]
    fn a_migrated_company_spells_command_id() {
        let fleet = crate::fleet::generate(1, 25, jiff::Timestamp::UNIX_EPOCH);
        let id = Ids { seed: 1 }.company(&fleet, ClientNo(0)).to_string();
        assert!(id.starts_with("436f6d6d-616e-6420-4944-3a20"), "{id}");
    }
}
