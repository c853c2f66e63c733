//! Companies and sites.

use jiff::Timestamp;
use serde_json::Value;

use super::Json;

#[derive(Debug, Clone)]
pub(crate) struct Company {
    pub(crate) id: String,
    /// The friendly name where there is one.
    pub(crate) name: String,
    /// Other name in the record, when it differs.
    pub(crate) formal_name: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) contact: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) primary_site: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) time_zone: Option<String>,
    /// No customer any more since then.
    pub(crate) ended_at: Option<Timestamp>,
}

impl Company {
    /// `None` for a record without a usable id.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        let id = json.id(&["id"]).filter(|id| crate::ids::is_segment(id))?;
        let friendly = json.text("friendlyName");
        let formal = json.text("name");
        let contact = json.get("primaryContact");
        let site = json.get("primarySite");
        Some(Self {
            name: friendly.or(formal).unwrap_or(&id).to_owned(),
            formal_name: formal
                .filter(|it| friendly.is_some_and(|name| name != *it))
                .map(str::to_owned),
            status: json.name_of("activityStatus").map(str::to_owned),
            contact: contact.and_then(person),
            email: contact
                .and_then(|it| it.get("primaryEmail")?.text("emailAddress"))
                .map(str::to_owned),
            phone: contact
                .and_then(|it| phone(it.get("primaryPhoneNumber")?))
                .or_else(|| phone(site?.get("primaryPhoneNumber")?)),
            primary_site: site
                .and_then(|it| it.text_of(&["friendlyName", "name"]))
                .map(str::to_owned),
            address: site.and_then(|it| address(it.get("primaryAddress")?)),
            time_zone: site.and_then(|it| it.text("timeZone")).map(str::to_owned),
            ended_at: json.time(&["deletedDate", "inactiveDate"]),
            id,
        })
    }

    /// Still a customer at `now`.
    pub(crate) fn is_current(&self, now: Timestamp) -> bool {
        self.ended_at.is_none_or(|ended| ended > now)
    }
}

fn person(json: Json<'_>) -> Option<String> {
    let names: Vec<&str> =
        ["firstName", "lastName"].into_iter().filter_map(|name| json.text(name)).collect();
    if names.is_empty() {
        return None;
    }
    let title = json.text("title").map(|title| format!(" ({title})")).unwrap_or_default();
    Some(format!("{}{title}", names.join(" ")))
}

fn phone(json: Json<'_>) -> Option<String> {
    let number = json.text("nationalNumber")?;
    Some(match json.text("countryCode") {
        Some(code) => format!("+{} {number}", code.trim_start_matches('+')),
        None => number.to_owned(),
    })
}

fn address(json: Json<'_>) -> Option<String> {
    let parts: Vec<&str> =
        ["addressLine1", "addressLine2", "locality", "administrativeArea", "postCode", "country"]
            .into_iter()
            .filter_map(|name| json.text(name))
            .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The company it is of.
    pub(crate) company: Option<String>,
    pub(crate) company_name: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) active: bool,
}

impl Site {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        let id = json.id(&["id"]).filter(|id| crate::ids::is_segment(id))?;
        let company = json.get("company");
        Some(Self {
            name: json.text_of(&["friendlyName", "name"]).unwrap_or(&id).to_owned(),
            company: company.and_then(|it| it.id(&["id"])),
            company_name: company
                .and_then(|it| it.text_of(&["friendlyName", "name"]))
                .map(str::to_owned),
            time_zone: json.text("timeZone").map(str::to_owned),
            address: json.get("primaryAddress").and_then(address),
            active: json.flag("activeFlag").unwrap_or(true),
            id,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_company_is_read_with_a_synthetic_id_and_holes() {
        let company = Company::read(&json!({
            "id": "436f6d6d-616e-6420-4944-3a2000112233", "name": "Bluegum Vet Pty", "friendlyName": "Bluegum Vet",
            "inactiveDate": "0001-01-01T00:00:00Z", "deletedDate": null,
            "primaryContact": {"firstName": "Mia", "lastName": "Tran", "title": "Manager",
                "primaryPhoneNumber": {"countryCode": "61", "nationalNumber": "291234567"}},
        }))
        .unwrap();
        assert_eq!(company.name, "Bluegum Vet");
        assert_eq!(company.formal_name.as_deref(), Some("Bluegum Vet Pty"));
        assert_eq!(company.contact.as_deref(), Some("Mia Tran (Manager)"));
        assert_eq!(company.phone.as_deref(), Some("+61 291234567"));
        assert!(company.is_current(Timestamp::UNIX_EPOCH));
        assert!(Company::read(&json!({"id": "a/b", "name": "x"})).is_none());
        assert!(Company::read(&json!({"name": "x"})).is_none());
    }
}
