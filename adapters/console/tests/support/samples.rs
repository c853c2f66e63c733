//! People, a small fleet, approvals and one message with every kind of block.

use countersign::approval::{Approval, Quorum, State};
use countersign::digest::Digest;
use countersign::directory::{
    Client, Device, DeviceClass, Directory, LogOn, Pathway, People, Person, Product, Role, Script,
    Site,
};
use countersign::ids::{
    ApprovalId, CardKey, ClientId, ConversationId, DeviceId, PersonId, RequestId, SiteId, TrialId,
};
use countersign::plan::{Call, Plan, Target};
use countersign::reply::{Action, Block, Button, ButtonStyle, Choice, Field, Message, Tone};
use countersign::tool::{Effect, ScriptRef, ToolName};
use countersign::trial::{Said, Seen, Trial};
use jiff::Timestamp;
use serde_json::{Map, json};

pub fn people() -> People {
    let person = |name: &str, roles: &[Role]| Person {
        id: PersonId::new(name.to_lowercase()),
        name: name.into(),
        email: None,
        roles: roles.to_vec(),
        client: None,
        accounts: vec![],
    };
    People::new(vec![
        person("Ana", &[Role::Technician]),
        person("Ben", &[Role::Approver]),
        person("Mara", &[Role::Manager]),
        person("Olga", &[Role::Admin, Role::Technician]),
        person("Vic", &[Role::Viewer]),
    ])
}

pub fn fleet() -> Directory {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let client = |id: &str, name: &str| Client {
        id: ClientId::new(id),
        name: name.into(),
        rmm: None,
        automate: None,
    };
    let site = Site {
        id: SiteId::new("s1"),
        client: ClientId::new("c1"),
        name: "Newcastle".into(),
        time_zone: None,
    };
    let device = |id: &str, name: &str, client: &str, class, user: &str, online| Device {
        id: DeviceId::new(id),
        name: name.into(),
        friendly_name: None,
        client: ClientId::new(client),
        site: (client == "c1").then(|| SiteId::new("s1")),
        class,
        os: Some("Windows 11 Pro".into()),
        model: Some("Latitude 5440".into()),
        serial: None,
        bios_uuid: None,
        rmm: Some(Pathway {
            name: None,
            id: format!("{id}-endpoint"),
            online: Some(online),
            seen_at: Some(at("2026-11-03T09:10:00Z")),
        }),
        automate: None,
        control: None,
        log_ons: vec![LogOn { user: user.into(), at: Some(at("2026-11-03T08:02:00Z")) }],
        read_at: at("2026-11-03T09:00:00Z"),
    };
    let script = |slug: &str, name: &str, description: &str| Script {
        product: Product::Rmm,
        id: format!("script-{slug}"),
        slug: slug.into(),
        name: name.into(),
        description: description.into(),
        schema: (slug == "disk-cleanup").then(|| {
            json!({
                "type": "object",
                "properties": {
                    "drive": {"type": "string", "enum": ["C:", "D:"], "title": "Drive"},
                    "older_than_days": {"type": "integer", "title": "Older than (days)"},
                    "dry_run": {"type": "boolean", "title": "Only report"},
                },
                "required": ["drive"],
            })
        }),
        schema_broken: false,
        expected_secs: Some(300),
        content: Digest::of(&json!(name)),
    };
    Directory::new(
        vec![client("c1", "Bluegum Vet"), client("c2", "Acme Logistics")],
        vec![site],
        vec![
            device("d1", "MARIA-LT-01", "c1", DeviceClass::Laptop, "BLUEGUM\\maria", true),
            device("d2", "DC01", "c2", DeviceClass::Server, "administrator", true),
            device("d3", "DC01", "c1", DeviceClass::Server, "administrator", false),
        ],
        vec![
            script(
                "disk-cleanup",
                "Disk Cleanup",
                "Empties temporary folders and the recycle bin.",
            ),
            script("get-uptime", "Get Uptime", "Reports how long the machine has been up."),
        ],
        Some(at("2026-11-03T09:00:00Z")),
    )
}

pub fn plan() -> Plan {
    let directory = fleet();
    let device = directory.device(&DeviceId::new("d1")).unwrap();
    let why = vec!["last user is BLUEGUM\\maria".into(), "it is a laptop".into()];
    let call = Call {
        instead_of: None,
        start: None,
        canary: None,
        warn_mins: None,
        spread: None,
        tool: ToolName::new("connectwise_rmm:cw-rmm-script-disk-cleanup"),
        title: "Disk Cleanup".into(),
        product: Product::Rmm,
        effect: Effect::Write,
        arguments: Map::from_iter([
            ("drive".to_owned(), json!("C:")),
            ("older_than_days".to_owned(), json!(7)),
        ]),
        targets: vec![Target::of(device, &directory, why)],
        client: None,
        script: Some(ScriptRef {
            id: "script-disk-cleanup".into(),
            name: "Disk Cleanup".into(),
            content: Digest::of(&json!("Disk Cleanup")),
            expected_secs: Some(300),
        }),
    };
    Plan { calls: vec![call], policy: Digest::of(&json!("policy")) }
}

/// Asked by Ana at `asked_at`, good for 15 minutes.
pub fn approval(id: &str, conversation: &str, asked_at: Timestamp) -> Approval {
    let plan = plan();
    Approval {
        id: ApprovalId::new(id),
        code: "K7QD".into(),
        request: RequestId::new(format!("req-{id}")),
        conversation: ConversationId::new(conversation),
        requester: PersonId::new("ana"),
        approvers: vec![],
        asked: "run disk cleanup on Maria's laptop".into(),
        digest: plan.digest(),
        plan,
        reason: "Disk Cleanup changes the device; its policy is approval needed.".into(),
        quorum: Quorum::default(),
        instead_of: None,
        replaced_by: None,
        paper_trail: false,
        decisions: vec![],
        asked_at,
        expires_at: asked_at + std::time::Duration::from_secs(15 * 60),
        state: State::Waiting,
        version: 1,
    }
}

/// Over, with what was said and seen of its one call.
pub fn trial(said: Option<Said>, seen: Seen, asked_at: Timestamp) -> Trial {
    let plan = plan();
    Trial {
        id: TrialId::new("t1"),
        code: "7F3K".into(),
        request: RequestId::new("r1"),
        conversation: ConversationId::new("console/console/1"),
        requester: PersonId::new("ana"),
        digest: plan.digest(),
        plan,
        reason: "rule “on trial”: plan only".into(),
        would: "ask one person other than the requester".into(),
        asked: "run disk cleanup on maria-lt-01".into(),
        asked_at,
        said,
        seen: vec![seen],
        before: vec![None],
        looks: 5,
        look_at: None,
        version: 1,
    }
}

pub fn buttons(approval: &Approval) -> Block {
    let button = |label: &str, style, action| Button { label: label.into(), style, action };
    let (id, seen) = (approval.id.clone(), approval.digest.clone());
    Block::Buttons(vec![
        button(
            "Approve",
            ButtonStyle::Go,
            Action::Approve { approval: id.clone(), seen, steps: None },
        ),
        button("Deny", ButtonStyle::Stop, Action::Deny { approval: id.clone(), reason: None }),
        button("Withdraw", ButtonStyle::Plain, Action::Withdraw { approval: id }),
    ])
}

pub fn approval_card(approval: &Approval) -> Message {
    Message::of(
        "Ana asks: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)",
        vec![
            Block::Title {
                text: "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)".into(),
                tone: Tone::Waiting,
            },
            Block::Text("Ana asked for this. It waits for an approver until 09:30 UTC.".into()),
            Block::Fields(vec![
                Field::new("Device", "MARIA-LT-01, online, last user BLUEGUM\\maria"),
                Field::new("Client", "Bluegum Vet, Newcastle"),
                Field::new("Through", "ConnectWise RMM"),
                Field::new("Parameters", "drive C:, files older than 7 days"),
                Field::new("Why it needs a yes", approval.reason.clone()),
            ]),
            Block::Note(format!("Or type: approve {}", approval.code)),
            buttons(approval),
        ],
    )
    .as_card(&CardKey::new(format!("approval-{}", approval.id)))
}

pub fn running_card(done: u32, total: u32) -> Message {
    Message::of(
        format!("Windows Update: {done} of {total} devices"),
        vec![
            Block::Title {
                text: "Windows Update on 12 devices of Acme Logistics".into(),
                tone: Tone::Busy,
            },
            Block::Progress { done, total, label: "Devices finished".into() },
            Block::Note("Started 09:02 UTC, usually takes 25 minutes".into()),
        ],
    )
    .as_card(&CardKey::new("run-1"))
}

/// Every kind of block that the cards above do not have.
pub fn result_card() -> Message {
    let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    Message::of(
        "Disk Cleanup on MARIA-LT-01 (Bluegum Vet) succeeded",
        vec![
            Block::Title { text: "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)".into(), tone: Tone::Good },
            Block::Text("Freed 41.2 GB on C:. Exit code 0.".into()),
            Block::Meter { label: "C:".into(), percent: 62, detail: "181 GB free of 476 GB".into() },
            Block::Meter { label: "D:".into(), percent: 83, detail: "170 GB free of 1 TB".into() },
            Block::Meter { label: "Memory".into(), percent: 94, detail: "15.1 of 16 GB".into() },
            Block::Table {
                columns: ["Folder", "Before", "After", "Freed"].map(str::to_owned).to_vec(),
                rows: vec![
                    row(["C:\\Windows\\SoftwareDistribution\\Download", "28.4 GB", "0.2 GB", "28.2 GB"]),
                    row(["C:\\Users\\maria\\AppData\\Local\\Temp", "9.1 GB", "0.1 GB", "9.0 GB"]),
                    row(["Recycle bin", "4.0 GB", "0 GB", "4.0 GB"]),
                ],
                more: 12,
            },
            Block::Code {
                text: "PS> Start-Cleanup -Drive C: -OlderThanDays 7\nScanning C:\\Windows\\SoftwareDistribution\\Download ... 28.4 GB in 1,204 files, all of them older than 7 days\nRemoved 1,204 files\nScanning C:\\Users\\maria\\AppData\\Local\\Temp ... 9.1 GB\nDone in 214 s".into(),
                cut: 18_340,
            },
            Block::Link { label: "Open ticket #48213".into(), url: "https://tickets.example/48213".into() },
            Block::Note("Approved by Ben 09:16 UTC, ran once, marker CS-3f2a9c01b7de".into()),
        ],
    )
    .as_card(&CardKey::new("run-2"))
}

pub fn question() -> Message {
    let choice = |label: &str, detail: &str, option| Choice {
        label: label.into(),
        detail: detail.into(),
        action: Action::Pick { question: 1, option },
    };
    Message::of(
        "Which DC01 do you mean?",
        vec![
            Block::Text("Two devices are called DC01. Which one do you mean?".into()),
            Block::Choices {
                options: vec![
                    choice("DC01 (Acme Logistics)", "server, online, last user administrator", 0),
                    choice("DC01 (Bluegum Vet)", "server, offline since 2 Nov, site Newcastle", 1),
                ],
            },
        ],
    )
}
