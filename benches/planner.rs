//! How long the grammar takes to read a request, with a large fleet and a full catalogue.

use std::time::{Duration, Instant};

use countersign::conversation::Context;
use countersign::digest::Digest;
use countersign::directory::{
    Client, Device, DeviceClass, Directory, LogOn, Pathway, Person, Product, Role,
};
use countersign::ids::{ClientId, DeviceId, PersonId};
use countersign::planner::grammar::propose;
use countersign::planner::{Ask, Proposal};
use countersign::policy::Policy;
use countersign::tool::{Aim, Catalogue, Effect, ScriptRef, Tool, ToolName};
use serde_json::{Value, json};

const DEVICES: usize = 100_000;
const SCRIPTS: usize = 500;
const CLIENTS: usize = 1_000;

/// One of each kind: terse, polite, several commands, all devices of a client, unknown, talk.
const REQUESTS: &[&str] = &[
    "dc01 patches",
    "could you please run the disk cleanup script on Maria's laptop when you get a sec? thanks",
    "run reset printer 17 on fs01, fs02 and print01 and log a ticket",
    "run flush dns on all bluegum dental workstations",
    "open tickets for harbour legal",
    "is DC01 healthy?",
    "run frobnicate gizmo on dc01",
    "maria called, fs01 is slow. restart the spooler please",
    "create ticket Printer offline at acme foods, priority high",
    "help",
];

fn main() {
    let world = World::new();
    world.percentiles();
    divan::main();
}

struct World {
    catalogue: Catalogue,
    directory: Directory,
    person: Person,
    context: Context,
}

impl World {
    fn new() -> Self {
        Self {
            catalogue: Catalogue::new(tools().chain((0..SCRIPTS).map(script))),
            directory: directory(),
            person: Person {
                id: PersonId::new("ana"),
                name: "Ana".into(),
                email: None,
                roles: vec![Role::Technician],
                client: None,
                accounts: vec![],
            },
            context: Context::default(),
        }
    }

    fn hear(&self, text: &str) -> Proposal {
        propose(&Ask {
            text,
            context: &self.context,
            catalogue: &self.catalogue,
            directory: &self.directory,
            person: &self.person,
            now: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    fn percentiles(&self) {
        let mut took: Vec<Duration> = Vec::new();
        for round in 0..500 {
            for text in REQUESTS {
                let start = Instant::now();
                divan::black_box(self.hear(text));
                if round >= 10 {
                    took.push(start.elapsed());
                }
            }
        }
        took.sort_unstable();
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
        println!(
            "{DEVICES} devices, {SCRIPTS} scripts, {CLIENTS} clients: p50 {:?}, p99 {:?}, worst {:?} of {}",
            at(0.5),
            at(0.99),
            at(1.0),
            took.len()
        );
    }
}

#[divan::bench(args = REQUESTS)]
fn reads(bencher: divan::Bencher<'_, '_>, text: &str) {
    let world = World::new();
    bencher.bench(|| world.hear(text));
}

const FIRST: [&str; 20] = [
    "Acme",
    "Bluegum",
    "Harbour",
    "Initech",
    "Northside",
    "Globex",
    "Umbra",
    "Stark",
    "Wayne",
    "Hooli",
    "Soylent",
    "Vandelay",
    "Pied",
    "Cyber",
    "Ocean",
    "Summit",
    "River",
    "Maple",
    "Cedar",
    "Granite",
];
const SECOND: [&str; 15] = [
    "Dental",
    "Legal",
    "Foods",
    "Logistics",
    "Vet",
    "Clinic",
    "Partners",
    "Steel",
    "Homes",
    "Travel",
    "Media",
    "Motors",
    "School",
    "Bakery",
    "Labs",
];

fn directory() -> Directory {
    let client = |number: usize| Client {
        id: ClientId::new(format!("c{number}")),
        name: format!(
            "{}{} {}",
            FIRST[number % FIRST.len()],
            ["", "field", "ton", "brook"][number / (FIRST.len() * SECOND.len()) % 4],
            SECOND[number / FIRST.len() % SECOND.len()]
        ),
        rmm: None,
        automate: None,
    };
    let device = |number: usize| Device {
        id: DeviceId::new(format!("d{number}")),
        name: format!("HOST-{number:06}"),
        friendly_name: None,
        client: ClientId::new(format!("c{}", number % CLIENTS)),
        site: None,
        class: if number.is_multiple_of(9) { DeviceClass::Server } else { DeviceClass::Laptop },
        os: None,
        model: None,
        serial: None,
        bios_uuid: None,
        rmm: Some(Pathway {
            id: format!("e{number}"),
            online: Some(true),
            seen_at: None,
            name: None,
        }),
        automate: None,
        control: None,
        log_ons: vec![LogOn { user: format!("CORP\\user{number}").into(), at: None }],
        read_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let clients = (0..CLIENTS).map(client).collect();
    let devices = (0..DEVICES).map(device).collect();
    Directory::new(clients, vec![], devices, vec![], None)
}

fn tools() -> impl Iterator<Item = Tool> {
    let reads = [
        ("list-companies", Aim::Tenant),
        ("get-company", Aim::Client),
        ("list-sites", Aim::Client),
        ("list-devices", Aim::Client),
        ("get-device", Aim::Device),
        ("get-device-state", Aim::Device),
        ("get-device-patches", Aim::Device),
        ("list-device-groups", Aim::Tenant),
        ("list-scripts", Aim::Tenant),
        ("list-shell-scripts", Aim::Tenant),
        ("list-tasks", Aim::Tenant),
        ("get-tasks-summary", Aim::DeviceOrTenant),
        ("get-task-results", Aim::Tenant),
        ("list-tickets", Aim::Client),
        ("get-ticket", Aim::Tenant),
    ];
    let writes = [("run-task", Aim::Devices), ("create-ticket", Aim::DeviceOrTenant)];
    let reads = reads.into_iter().map(|(name, aim)| tool(name, aim, Effect::Read));
    reads.chain(writes.into_iter().map(|(name, aim)| tool(name, aim, Effect::Write)))
}

fn tool(name: &str, aim: Aim, effect: Effect) -> Tool {
    Tool {
        name: ToolName::new(format!("connectwise_rmm:cw-rmm-{name}")),
        product: Product::Rmm,
        title: name.replace('-', " "),
        description: String::new(),
        schema: json!({ "type": "object", "properties": {} }),
        effect,
        aim,
        default_policy: Policy::ApprovalNeeded,
        script: None,
    }
}

/// "Disk Cleanup", "Flush DNS", "Restart Print Spooler", and many of the kind "Reset Printer 17".
fn script(number: usize) -> Tool {
    const VERBS: [&str; 10] = [
        "Reset", "Install", "Remove", "Repair", "Collect", "Update", "Enable", "Disable", "Check",
        "Clear",
    ];
    const THINGS: [&str; 8] = [
        "Printer",
        "Office",
        "Agent",
        "Profile",
        "Browser Cache",
        "Windows Update",
        "Network",
        "Antivirus",
    ];
    let title = match number {
        0 => "Disk Cleanup".to_owned(),
        1 => "Flush DNS".to_owned(),
        2 => "Restart Print Spooler".to_owned(),
        3 => "Reboot Computer".to_owned(),
        _ => format!("{} {} {number}", VERBS[number % VERBS.len()], THINGS[number % THINGS.len()]),
    };
    let days = json!({ "type": "integer", "title": "Days" });
    let schema: Value = json!({ "type": "object", "properties": { "days": days } });
    let slug = title.to_lowercase().replace(' ', "-");
    Tool {
        script: Some(ScriptRef {
            id: slug.clone(),
            name: title.clone(),
            content: Digest::of(&json!(slug)),
            expected_secs: None,
        }),
        title,
        schema,
        ..tool(&format!("script-{slug}"), Aim::Devices, Effect::Write)
    }
}
