//! Values to store. Times are counted in seconds from one fixed moment.

use std::time::Duration;

use countersign::approval::{Approval, Quorum, State as ApprovalState};
use countersign::audit::NewEntry;
use countersign::conversation::{Body, Context, Inbound, Thread};
use countersign::digest::Digest;
use countersign::directory::{
    Account, Client, Device, DeviceClass, LogOn, Pathway, Platform, Product, Script, Site,
};
use countersign::ids::{
    ApprovalId, CardKey, ClientId, ConversationId, DeviceId, PersonId, RequestId, RunId, SiteId,
    WorkerId,
};
use countersign::plan::{Call, Plan, Target};
use countersign::policy::{Caps, Touch};
use countersign::ports::{Change, Write};
use countersign::reply::Message;
use countersign::run::{Authority, Marker, Run, State as RunState, Trace};
use countersign::tool::{Effect, ToolName};
use jiff::Timestamp;
use serde_json::{Map, json};

pub(crate) const LEASE: Duration = Duration::from_secs(60);

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + secs).expect("a time")
}

pub(crate) fn worker(name: &str) -> WorkerId {
    WorkerId::new(name)
}

pub(crate) fn person(name: &str) -> PersonId {
    PersonId::new(name)
}

pub(crate) fn thread(name: &str) -> Thread {
    Thread { platform: Platform::Console, channel: "desk".into(), thread: name.into() }
}

pub(crate) fn conversation(name: &str) -> ConversationId {
    thread(name).conversation()
}

pub(crate) fn event(id: &str, conversation: &str, text: &str, secs: i64) -> Inbound {
    Inbound {
        event_id: id.into(),
        thread: thread(conversation),
        account: Account { platform: Platform::Console, id: "ana".into() },
        body: Body::Text(text.into()),
        at: at(secs),
    }
}

pub(crate) fn entry(text: &str) -> NewEntry {
    NewEntry {
        at: at(0),
        actor: "ana".into(),
        kind: "request",
        subject: json!({ "request": "r1", "b": 1, "a": [null, 0.1, 1e300, "ä"] }),
        text: text.into(),
        client: Some("Bluegum Vet".into()),
    }
}

pub(crate) fn plan() -> Plan {
    let target = Target {
        device: DeviceId::new("dev-1"),
        name: "MARIA-LT-01".into(),
        client: ClientId::new("c1"),
        client_name: "Bluegum Vet".into(),
        site_name: None,
        server: false,
        online: Some(true),
        user: None,
        rmm: Some("7b1f".into()),
        automate: None,
        control: None,
        why: vec!["last log-on".into()],
        from_outside: false,
        called: None,
        also: Vec::new(),
    };
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
        arguments: Map::from_iter([("days".to_owned(), json!(7))]),
        targets: vec![target],
        client: None,
        script: None,
    };
    Plan { calls: vec![call], policy: countersign::digest::Digest::of_bytes(b"ask") }
}

/// Waits in the conversation `main`, asked `secs` after the start, for ten minutes.
pub(crate) fn approval(id: &str, code: &str, secs: i64) -> Approval {
    let plan = plan();
    Approval {
        id: ApprovalId::new(id),
        code: code.into(),
        request: RequestId::new("r1"),
        conversation: conversation("main"),
        requester: person("ana"),
        digest: plan.digest(),
        plan,
        reason: "scripts need an approval".into(),
        quorum: Quorum::default(),
        approvers: vec![],
        asked: "run disk cleanup on pc1".into(),
        instead_of: None,
        replaced_by: None,
        paper_trail: false,
        decisions: vec![],
        asked_at: at(secs),
        expires_at: at(secs + 600),
        state: ApprovalState::Waiting,
        version: 1,
    }
}

/// Granted by `approval` for its first call, due `secs` after the start.
pub(crate) fn run(id: &str, approval: &str, secs: i64) -> Run {
    let plan = plan();
    let call = plan.calls[0].clone();
    let id = RunId::new(id);
    Run {
        request: RequestId::new("r1"),
        conversation: conversation("main"),
        requester: person("ana"),
        authority: Authority::Approval { id: ApprovalId::new(approval), plan: plan.digest() },
        step: 0,
        parent: None,
        rest: vec![],
        digest: call.digest(),
        call,
        marker: Marker::of(&id),
        facts: vec![],
        card: CardKey::new(format!("run-{id}")),
        state: RunState::Granted,
        trace: Trace::default(),
        created_at: at(secs),
        due_at: Some(at(secs)),
        version: 1,
        id,
    }
}

pub(crate) fn writes(writes: impl IntoIterator<Item = Write>) -> Change {
    Change { writes: writes.into_iter().collect(), audit: vec![] }
}

/// With one audit entry, so that a test can see whether it was undone.
pub(crate) fn audited(writes: impl IntoIterator<Item = Write>) -> Change {
    Change { writes: writes.into_iter().collect(), audit: vec![entry("something changed")] }
}

pub(crate) fn post(conversation_name: &str, message: Message, secs: i64) -> Write {
    Write::Post { conversation: conversation(conversation_name), message, at: at(secs) }
}

pub(crate) fn card(key: &str, face: &str) -> Message {
    Message::text(face).as_card(&CardKey::new(key))
}

pub(crate) fn context(client: &str) -> Context {
    Context { client: Some(ClientId::new(client)), ..Context::default() }
}

pub(crate) fn client(id: &str, name: &str) -> Client {
    Client {
        id: ClientId::new(id),
        name: name.into(),
        rmm: Some(format!("rmm-{id}")),
        automate: None,
    }
}

pub(crate) fn site(id: &str, client: &str) -> Site {
    Site {
        id: SiteId::new(id),
        client: ClientId::new(client),
        name: format!("Site {id}"),
        time_zone: Some("Australia/Sydney".into()),
    }
}

/// Named like its id, with the RMM agent `rmm-<id>`.
pub(crate) fn device(id: &str) -> Device {
    Device {
        id: DeviceId::new(id),
        name: id.to_uppercase(),
        friendly_name: None,
        client: ClientId::new("c1"),
        site: Some(SiteId::new("s1")),
        class: DeviceClass::Laptop,
        os: Some("Windows 11 Pro".into()),
        model: Some("Latitude 5440".into()),
        serial: None,
        bios_uuid: None,
        rmm: Some(Pathway {
            id: format!("rmm-{id}"),
            online: Some(true),
            seen_at: Some(at(0)),
            name: None,
        }),
        automate: None,
        control: None,
        log_ons: vec![],
        read_at: at(0),
    }
}

pub(crate) fn log_on(user: &str, secs: i64) -> LogOn {
    LogOn { user: user.into(), at: Some(at(secs)) }
}

pub(crate) fn script(product: Product, id: &str) -> Script {
    Script {
        product,
        id: id.into(),
        slug: format!("slug-{id}"),
        name: format!("Script {id}"),
        description: "Cleans \"things\"; don't worry".into(),
        schema: Some(json!({"type": "object", "properties": {"z": {}, "a": {}}})),
        schema_broken: false,
        expected_secs: Some(120),
        content: Digest::of(&json!(id)),
    }
}

/// What stands beside the commit that sends `run`.
pub fn dispatch(run: &Run, policy: i64) -> Write {
    Write::Dispatch {
        run: run.id.clone(),
        policy,
        touches: Touch::of(&run.call, at(1)),
        caps: Caps::default(),
        at: at(1),
    }
}
