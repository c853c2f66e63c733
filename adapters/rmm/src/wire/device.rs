//! One endpoint, from any of the four answers it appears in: v1 list and detail, v2 list and detail.

use countersign::directory::DeviceClass;
use jiff::Timestamp;
use serde_json::Value;

use super::Json;

/// What is known of an endpoint; lists on v1 know only ids, type and system family.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) company: Option<String>,
    pub(crate) site: Option<String>,
    /// The host name.
    pub(crate) host: Option<String>,
    /// What people renamed it to, where that differs from the host name.
    pub(crate) friendly: Option<String>,
    /// "Desktop" or "Server", as sent.
    pub(crate) kind: Option<String>,
    /// "Windows 11 Pro", else the family: "windows".
    pub(crate) os: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) serial: Option<String>,
    /// "Laptop", "Desktop", where the hardware says so.
    pub(crate) category: Option<String>,
    pub(crate) installed_at: Option<Timestamp>,
}

impl Endpoint {
    /// Reads an endpoint; `group` is the object around it in a v2 list, which carries company and site.
    pub(crate) fn read(value: &Value, group: Option<Json<'_>>) -> Option<Self> {
        let json = Json(value);
        let id = json.id(&["endpointID", "endpointId"]).filter(|id| crate::ids::is_segment(id))?;
        let outer = |names: &[&str]| json.id(names).or_else(|| group.and_then(|it| it.id(names)));
        let system = json.get("system");
        let of_system = |names: &[&str]| system.and_then(|it| it.text_of(names)).map(str::to_owned);
        let os = json.get("os");
        let host = json
            .text("deviceName")
            .map(str::to_owned)
            .or_else(|| of_system(&["systemName"]))
            .or_else(|| json.text_of(&["friendlyName"]).map(str::to_owned));
        let friendly = json
            .text("friendlyName")
            .map(str::to_owned)
            .filter(|it| host.as_ref().is_some_and(|host| !host.eq_ignore_ascii_case(it)));
        Some(Self {
            company: outer(&["companyID", "clientID"]),
            site: outer(&["siteID"]),
            friendly,
            kind: json.text_of(&["endpointType", "resourceType"]).map(str::to_owned),
            os: os
                .and_then(|it| it.text_of(&["product", "type"]))
                .or_else(|| json.text("osType"))
                .map(str::to_owned),
            model: of_system(&["product", "model"]),
            serial: of_system(&["serialNumber"])
                .or_else(|| json.get("bios")?.text("serialNumber").map(str::to_owned)),
            category: of_system(&["category"]),
            installed_at: json.time(&["agentInstalledUTC"]),
            host,
            id,
        })
    }

    /// Every name by which the product may know the machine.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        [&self.host, &self.friendly].into_iter().flatten().any(|it| it.eq_ignore_ascii_case(name))
    }

    pub(crate) fn class(&self) -> DeviceClass {
        let has = |text: &Option<String>, words: &[&str]| {
            text.as_ref().is_some_and(|text| {
                let text = text.to_ascii_lowercase();
                words.iter().any(|word| text.contains(word))
            })
        };
        if has(&self.kind, &["server"])
            || has(&self.os, &["server"])
            || has(&self.category, &["server"])
        {
            DeviceClass::Server
        } else if has(&self.category, LAPTOP_CATEGORIES) || has(&self.model, LAPTOP_MODELS) {
            DeviceClass::Laptop
        } else if has(&self.category, &["desktop", "tower", "mini", "all in one", "all-in-one"])
            || has(&self.model, DESKTOP_MODELS)
        {
            DeviceClass::Desktop
        } else {
            DeviceClass::Workstation
        }
    }
}

const LAPTOP_CATEGORIES: &[&str] =
    &["laptop", "notebook", "portable", "convertible", "detachable", "tablet"];

/// Product lines that are laptops only; lower case.
const LAPTOP_MODELS: &[&str] = &[
    "latitude",
    "xps 13",
    "xps 15",
    "thinkpad",
    "thinkbook",
    "macbook",
    "elitebook",
    "probook",
    "zbook",
    "surface",
    "ideapad",
    "travelmate",
    "swift",
    "vivobook",
    "zenbook",
    "expertbook",
    "portege",
    "tecra",
    "lifebook",
    "toughbook",
    "yoga",
    "spectre",
    "pavilion x360",
    "chromebook",
    "galaxy book",
    "gram",
    "laptop",
    "notebook",
];

/// Product lines that are desktops only; lower case.
const DESKTOP_MODELS: &[&str] = &[
    "optiplex",
    "thinkcentre",
    "thinkstation",
    "prodesk",
    "elitedesk",
    "veriton",
    "imac",
    "mac mini",
    "macmini",
    "esprimo",
    "nuc",
    "vostro 3",
    "inspiron 3",
    "precision 3",
    "desktop",
    "tower",
];

/// The record without licence keys and without blocks nobody asked for (services, software, users): what
/// may be shown, logged, or read by a model.
pub(crate) fn without_secrets(mut value: Value) -> Value {
    strip(&mut value);
    value
}

fn strip(value: &mut Value) {
    const DROPPED: [&str; 6] =
        ["productkey", "softwarelicenses", "services", "installedsoftwares", "users", "shares"];
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !DROPPED.contains(&key.to_ascii_lowercase().as_str()));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_four_answers_give_the_same_machine() {
        let listed_v1 = json!({"clientId": "c1", "siteId": "s1", "endpointId": "e1", "endpointType": "Desktop", "osType": "windows"});
        let detail_v1 = json!({"endpointID": "e1", "clientID": "c1", "siteID": "s1", "friendlyName": "Front desk", "endpointType": "Desktop",
            "system": {"systemName": "BV-FRONT-01", "product": "Latitude 5440"}, "os": {"product": "Windows 11 Pro"}});
        let listed_v2 = json!({"endpointID": "e1", "deviceName": "BV-FRONT-01", "friendlyName": "Front desk",
            "os": {"product": "Windows 11 Pro", "type": "windows"}, "system": {"serialNumber": "PF3X1", "product": "Latitude 5440"}});
        let group = json!({"companyID": "c1", "siteID": "s1"});

        let lean = Endpoint::read(&listed_v1, None).unwrap();
        assert_eq!((lean.host.as_deref(), lean.os.as_deref()), (None, Some("windows")));
        for full in
            [Endpoint::read(&detail_v1, None), Endpoint::read(&listed_v2, Some(Json(&group)))]
        {
            let full = full.unwrap();
            assert_eq!(full.host.as_deref(), Some("BV-FRONT-01"));
            assert_eq!(full.friendly.as_deref(), Some("Front desk"));
            assert_eq!(full.company, lean.company);
            assert_eq!(full.site, lean.site);
            assert_eq!(full.class(), DeviceClass::Laptop);
        }
    }

    #[test]
    fn licence_keys_leave_the_record() {
        let value = json!({"os": {"productKey": "AAAAA", "product": "x"}, "softwareLicenses": [{}], "users": []});
        assert_eq!(without_secrets(value), json!({"os": {"product": "x"}}));
    }

    #[test]
    fn a_server_is_known_by_type_or_system() {
        let server = |value| Endpoint::read(&value, None).unwrap().class();
        assert_eq!(
            server(json!({"endpointId": "e", "endpointType": "Server"})),
            DeviceClass::Server
        );
        let by_os = json!({"endpointId": "e", "os": {"product": "Windows Server 2022 Standard"}});
        assert_eq!(server(by_os), DeviceClass::Server);
        assert_eq!(server(json!({"endpointId": "e"})), DeviceClass::Workstation);
    }
}
