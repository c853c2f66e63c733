//! One device in full, v1: hardware, software, users, and the licence keys nobody should pass on.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::devices::{endpoint_type, reg_id};
use super::errors::error;
use super::{Desk, Memory};
use crate::faults::ErrorShape::ErrorDescription;
use crate::fleet::{Family, Fleet, Kind, Machine, MachineNo, services};
use crate::http::Answer;
use crate::mix::mix;

/// Shaped like a key, and no key.
const LICENCE_KEY: &str = "SIMUL-ATED0-LICEN-CEKEY-00000";

pub(super) fn device(desk: &Desk<'_>, id: &str) -> Answer {
    match desk.rmm.ids.find_endpoint(desk.fleet, id) {
        Some(no) => Answer::ok(&record(desk.rmm, desk.fleet, no, desk.now)),
        None => error(ErrorDescription, 404, "not found", "endpoint not found"),
    }
}

fn record(rmm: &Memory, fleet: &Fleet, no: MachineNo, now: Timestamp) -> Value {
    let machine = fleet.machine(no);
    let mut record = json!({
        "createTimeUTC": machine.last_contact(now),
        "agentInstalledUTC": machine.installed_at,
        "endpointID": rmm.ids.endpoint(fleet, no),
        "clientID": rmm.ids.company(fleet, machine.client),
        "siteID": rmm.ids.site(fleet, machine.site),
        "regID": reg_id(no),
        "friendlyName": machine.friendly.as_deref().unwrap_or_default(),
        "resourceType": endpoint_type(machine.kind),
        "endpointType": endpoint_type(machine.kind),
        "rolesFeatures": roles(machine),
        "system": system(fleet, machine),
        "os": os(machine),
        "baseBoard": base_board(machine),
        "bios": bios(machine),
        "processors": [{
            "product": machine.model.processor,
            "numberOfCores": machine.model.cores,
            "clockSpeedMhz": "2400",
            "family": "",
            "manufacturer": "",
            "processorType": "CPU",
            "level": 6,
        }],
        "physicalMemory": [{ "manufacturer": "", "serialNumber": "", "sizeBytes": memory_bytes(machine) }],
        "drives": [drive(machine)],
        "networks": [network(fleet, no)],
        "users": users(fleet, machine),
    });
    if let (Family::Windows, Some(fields)) = (machine.os.family, record.as_object_mut()) {
        windows_only(machine, fields);
    }
    record
}

/// Blocks that other systems leave out.
fn windows_only(machine: &Machine, fields: &mut Map<String, Value>) {
    let service = |name: &str, shown: &str, startup: &str, status: &str| {
        json!({
            "serviceName": name, "displayName": shown, "startupType": startup, "serviceStatus": status,
            "executablePath": "C:\\Windows\\System32\\svchost.exe -k netsvcs", "logOnAs": "LocalSystem",
            "delayedAutoStart": false, "win32ExitCode": 0, "serviceSpecificExitCode": 0,
        })
    };
    let services: Vec<Value> = machine
        .services()
        .into_iter()
        .map(|(it, runs)| {
            let startup = if it.starts_itself { "Auto" } else { "Manual" };
            service(it.name, it.shown, startup, services::word(runs))
        })
        .collect();
    fields.insert("services".into(), Value::Array(services));
    let software = |name: &str, version: &str, publisher: &str| json!({ "name": name, "version": version, "publisher": publisher, "installDate": machine.installed_at });
    let installed = json!([
        software("Google Chrome", "128.0.6613.120", "Google LLC"),
        software(
            "Microsoft 365 Apps for business - en-us",
            "16.0.17830.20166",
            "Microsoft Corporation"
        ),
        software("7-Zip 23.01 (x64)", "23.01", "Igor Pavlov"),
    ]);
    fields.insert("installedSoftwares".into(), installed);
    fields.insert(
        "softwareLicenses".into(),
        json!([{ "productName": machine.os.product, "productId": "00330-80000-00000-AAOEM", "productKey": LICENCE_KEY }]),
    );
    fields.insert(
        "shares".into(),
        json!([{ "name": "C$", "path": "C:\\", "description": "Default share" }]),
    );
}

pub(super) fn system(fleet: &Fleet, machine: &Machine) -> Value {
    let windows = machine.os.family == Family::Windows;
    let code = &fleet.client(machine.client).code;
    json!({
        "product": machine.model.name,
        "model": machine.model.name,
        "manufacturer": machine.model.maker,
        "timeZone": fleet.site(machine.site).place.time_zone,
        "timeZoneDescription": fleet.site(machine.site).place.time_zone,
        "serialNumber": machine.serial,
        "systemName": machine.name,
        "domain": if windows { format!("{}.local", code.to_lowercase()) } else { String::new() },
        "domainRole": match (windows, machine.kind) {
            (true, Kind::Server) if is_domain_controller(machine) => 5,
            (true, Kind::Server) => 3,
            (true, _) => 1,
            (false, _) => 0,
        },
        "category": match machine.kind {
            Kind::Laptop => "Laptop",
            Kind::Desktop => "Desktop",
            Kind::Server => "Server",
        },
    })
}

pub(super) fn os(machine: &Machine) -> Value {
    json!({
        "product": machine.os.product,
        "manufacturer": match machine.os.family {
            Family::Windows => "Microsoft Corporation",
            Family::Mac => "Apple Inc.",
            Family::Linux => "Canonical Ltd.",
        },
        "osLanguage": "English (Australia)",
        "serialNumber": "00330-80000-00000-AAOEM",
        "version": machine.os.version,
        "installDate": machine.installed_at,
        "type": super::devices::os_type(machine.os.family),
        "arch": machine.os.arch,
        "servicePack": "",
        "productId": "00330-80000-00000-AAOEM",
        "productKey": if machine.os.family == Family::Windows { LICENCE_KEY } else { "" },
    })
}

pub(super) fn base_board(machine: &Machine) -> Value {
    json!({
        "product": machine.model.name,
        "manufacturer": machine.model.maker,
        "model": "",
        "serialNumber": format!("/{}/SIM/", machine.serial),
        "name": "Base Board",
        "version": "A00",
    })
}

pub(super) fn bios(machine: &Machine) -> Value {
    json!({
        "product": "BIOS",
        "manufacturer": machine.model.maker,
        "version": "1.14.0",
        "serialNumber": machine.serial,
        "smbiosVersion": "3.4",
    })
}

fn roles(machine: &Machine) -> Value {
    match machine.kind {
        Kind::Server if is_domain_controller(machine) => json!(["AD-Domain-Services", "DNS"]),
        Kind::Server => json!(["FileAndStorage-Services"]),
        Kind::Laptop | Kind::Desktop => json!([]),
    }
}

fn is_domain_controller(machine: &Machine) -> bool {
    machine.name.to_ascii_uppercase().contains("DC0")
}

pub(super) fn memory_bytes(machine: &Machine) -> u64 {
    u64::from(machine.model.memory_gib) << 30
}

fn drive(machine: &Machine) -> Value {
    let part = json!({
        "name": machine.system_drive(),
        "label": if machine.system_drive() == "C:" { "OS" } else { "" },
        "fileSystem": match machine.os.family { Family::Windows => "NTFS", Family::Mac => "apfs", Family::Linux => "ext4" },
        "description": "Local Fixed Disk",
        "sizeBytes": machine.disk_total(),
    });
    json!({
        "product": "NVMe SSD",
        "manufacturer": "(Standard disk drives)",
        "mediaType": "Fixed hard disk media",
        "interfaceType": "SCSI",
        "logicalName": "\\\\.\\PHYSICALDRIVE0",
        "serialNumber": format!("S{}", machine.serial),
        "partitions": [machine.system_drive()],
        "sizeBytes": machine.disk_total(),
        "numberOfPartitions": 1,
        "partitionData": [part],
    })
}

/// A private address that stays with the machine.
pub(super) fn address(fleet: &Fleet, no: MachineNo) -> String {
    let within = fleet
        .client(fleet.machine(no).client)
        .machines
        .iter()
        .position(|it| *it == no)
        .unwrap_or_default();
    format!("10.{}.{}.{}", 10 + fleet.machine(no).client.0 % 200, within / 200, 10 + within % 200)
}

/// Locally administered, so it cannot be anybody's.
pub(super) fn mac_address(fleet: &Fleet, no: MachineNo) -> String {
    let bits = mix(&[fleet.seed, 0x3ac, u64::from(no.0)]).to_be_bytes();
    format!("02:{:02X}:{:02X}:{:02X}:{:02X}:{:02X}", bits[0], bits[1], bits[2], bits[3], bits[4])
}

fn network(fleet: &Fleet, no: MachineNo) -> Value {
    let address = address(fleet, no);
    let gateway = format!("10.{}.0.1", 10 + fleet.machine(no).client.0 % 200);
    json!({
        "vendor": "Intel Corporation",
        "product": "Ethernet Connection",
        "logicalName": "Ethernet",
        "macAddress": mac_address(fleet, no),
        "ipEnabled": true,
        "ipv4": address,
        "ipv4List": [address],
        "ipv6": "",
        "ipv6List": [],
        "subnetMask": "255.255.0.0",
        "subnetMasks": ["255.255.0.0"],
        "defaultIPGateway": gateway,
        "defaultIPGateways": [gateway],
        "dhcpEnabled": true,
        "dhcpServer": gateway,
        "dnsServers": [gateway],
    })
}

fn users(fleet: &Fleet, machine: &Machine) -> Value {
    let mut users = vec![json!({
        "username": "Administrator", "userType": "Local", "userDisabled": true, "userLockout": false, "passwordRequired": true,
    })];
    users.extend(machine.log_ons.iter().map(|it| {
        json!({
            "username": fleet.person(it.person).login, "userType": "Domain", "userDisabled": false,
            "userLockout": false, "passwordRequired": true,
        })
    }));
    Value::Array(users)
}
