//! Companies and sites: bare arrays of large records, most of which nobody reads.

use serde_json::{Value, json};

use super::errors::error;
use super::ids::Thing;
use super::page::page;
use super::{Desk, Memory};
use crate::faults::ErrorShape::NestedList;
use crate::fleet::{ClientNo, Fleet, Person, SiteNo};
use crate::http::{Answer, Each, Request};

pub(super) fn companies(desk: &Desk<'_>, request: &Request) -> Answer {
    let all: Vec<ClientNo> = (0..desk.fleet.clients.len() as u32).map(ClientNo).collect();
    list(desk, request, &all, company_record)
}

pub(super) fn company(desk: &Desk<'_>, id: &str) -> Answer {
    match desk.rmm.ids.find_company(desk.fleet, id) {
        Some(no) => Answer::ok(&company_record(desk.rmm, desk.fleet, no)),
        None => missing("company"),
    }
}

pub(super) fn sites(desk: &Desk<'_>, request: &Request) -> Answer {
    let all: Vec<SiteNo> = (0..desk.fleet.sites.len() as u32).map(SiteNo).collect();
    list(desk, request, &all, site_record)
}

pub(super) fn company_sites(desk: &Desk<'_>, request: &Request, id: &str) -> Answer {
    match desk.rmm.ids.find_company(desk.fleet, id) {
        Some(no) => list(desk, request, &desk.fleet.client(no).sites, site_record),
        None => missing("company"),
    }
}

pub(super) fn site(desk: &Desk<'_>, company: Option<&str>, id: &str) -> Answer {
    let Some(no) = desk.rmm.ids.find_site(desk.fleet, id) else { return missing("site") };
    let owner = desk.rmm.ids.company(desk.fleet, desk.fleet.site(no).client).to_string();
    match company {
        Some(other) if other != owner => missing("site"),
        _ => Answer::ok(&site_record(desk.rmm, desk.fleet, no)),
    }
}

fn missing(what: &str) -> Answer {
    error(NestedList, 404, "not_found", &format!("{what} not found"))
}

fn list<T: Copy>(
    desk: &Desk<'_>,
    request: &Request,
    all: &[T],
    record: impl Fn(&Memory, &Fleet, T) -> Value,
) -> Answer {
    let page = match page(request, all.len(), desk.rmm.switches.page.unwrap_or(usize::MAX)) {
        Ok(page) => page,
        Err(cursor) => {
            return error(NestedList, 400, "bad_request", &format!("invalid cursor {cursor}"));
        }
    };
    let part = &all[page.range.clone()];
    page.link(Answer::ok(&Each(|| part.iter().map(|it| record(desk.rmm, desk.fleet, *it)))))
}

fn company_record(rmm: &Memory, fleet: &Fleet, no: ClientNo) -> Value {
    let client = fleet.client(no);
    let id = |what: u32| rmm.ids.id(Thing::Lookup, 0x0001_0000 + what, 0);
    let number = 101 + no.0;
    json!({
        "id": rmm.ids.company(fleet, no),
        "name": client.name,
        "friendlyName": client.friendly.as_deref().unwrap_or_default(),
        "description": "",
        "partnerId": id(1),
        "industryCode": "",
        "acquiredDate": "2023-04-02T00:00:00Z",
        "inactiveDate": null,
        "createdBy": "sync",
        "createdDate": "2023-04-02T05:11:09Z",
        "updatedBy": "sync",
        "updatedDate": "2026-06-01T01:00:00Z",
        "deletedDate": null,
        "activityStatus": { "id": id(2), "name": "Active", "activeFlag": true, "defaultFlag": true },
        "ownershipType": { "id": id(3), "name": "Customer", "defaultFlag": true },
        "externalIds": [{ "id": id(0x100 + no.0), "externalId": number.to_string(), "productId": id(4) }],
        "primaryContact": client.contact.map(|it| contact(fleet.person(it), &client.code)),
        "primarySite": client.sites.first().map(|it| {
            let site = fleet.site(*it);
            json!({
                "id": rmm.ids.site(fleet, *it),
                "name": site.name,
                "friendlyName": "",
                "timeZone": site.place.time_zone,
                "primaryFlag": true,
                "primaryAddress": address(fleet, *it),
                "primaryPhoneNumber": phone(*it),
            })
        }),
    })
}

fn site_record(rmm: &Memory, fleet: &Fleet, no: SiteNo) -> Value {
    let site = fleet.site(no);
    let client = fleet.client(site.client);
    let id = |what: u32| rmm.ids.id(Thing::Lookup, 0x0002_0000 + what, 0);
    json!({
        "id": rmm.ids.site(fleet, no),
        "name": site.name,
        "friendlyName": "",
        "description": "",
        "partnerId": rmm.ids.id(Thing::Lookup, 0x0001_0001, 0),
        "activeFlag": true,
        "primaryFlag": client.sites.first() == Some(&no),
        "physicalAddressFlag": true,
        "timeZone": site.place.time_zone,
        "industryCode": "",
        "inactiveDate": null,
        "createdBy": "sync",
        "createdDate": "2023-04-02T05:11:09Z",
        "updatedBy": "sync",
        "updatedDate": "2026-06-01T01:00:00Z",
        "deletedBy": null,
        "deletedDate": null,
        "primaryAddress": address(fleet, no),
        "primaryPhoneNumber": phone(no),
        "type": { "id": id(1), "name": "Office", "defaultFlag": true },
        "externalIds": [{ "id": id(0x100 + no.0), "externalId": (501 + no.0).to_string(), "backsynced": false }],
        "company": {
            "id": rmm.ids.company(fleet, site.client),
            "name": client.name,
            "friendlyName": client.friendly.as_deref().unwrap_or_default(),
            "externalIds": [],
        },
    })
}

fn contact(person: &Person, code: &str) -> Value {
    json!({
        "firstName": person.first,
        "lastName": person.last,
        "title": "",
        "primaryEmail": {
            "emailAddress": format!("{}@{}.example", person.login, code.to_lowercase()),
            "activeFlag": true,
            "primaryFlag": true,
        },
    })
}

fn address(fleet: &Fleet, no: SiteNo) -> Value {
    let place = fleet.site(no).place;
    json!({
        "addressLine1": format!("{} Example St", 1 + no.0 % 300),
        "addressLine2": "",
        "locality": place.name,
        "administrativeArea": place.state,
        "postCode": place.post_code,
        "country": "Australia",
        "countryCode": "AU",
    })
}

/// From the range the Australian numbering plan sets aside for fiction.
fn phone(no: SiteNo) -> Value {
    json!({ "countryCode": "61", "nationalNumber": format!("2555001{:02}", no.0 % 100), "extension": "", "activeFlag": true })
}
