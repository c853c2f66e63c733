//! The router with everything around it, and a browser that remembers a cookie.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use countersign::conversation::{Engine, Parts};
use countersign::directory::{People, Product};
use countersign::ids::{ConversationId, PersonId};
use countersign::planner::{Ask, Planner, Proposal};
use countersign::ports::{Clock, Provider, Store};
use countersign_console::{Console, Mode, router};
use jiff::Timestamp;
use tokio::sync::{broadcast, watch};
use tower::ServiceExt as _;

use crate::support::provider::FakeProvider;
use crate::support::samples;
use crate::support::store::FakeStore;

pub struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct NoPlanner;

#[async_trait]
impl Planner for NoPlanner {
    async fn propose(&self, _ask: &Ask<'_>) -> Proposal {
        Proposal::Unsure { suggestions: vec![] }
    }
}

pub struct World {
    pub store: Arc<FakeStore>,
    pub engine: Arc<Engine>,
    pub clock: Arc<SetClock>,
    pub changes: broadcast::Sender<()>,
    pub stop: watch::Sender<bool>,
    pub router: Router,
}

pub struct Page {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

impl World {
    pub async fn demo() -> Self {
        Self::build(Mode::Demo, None, samples::people()).await
    }

    pub async fn signed(public_url: Option<&str>) -> Self {
        Self::build(Mode::SignIn, public_url, samples::people()).await
    }

    pub async fn build(mode: Mode, public_url: Option<&str>, people: People) -> Self {
        let world = Self::unread(mode, public_url, people);
        world.engine.refresh().await.unwrap();
        world
    }

    /// Just started: the directory is not read yet.
    pub fn unread(mode: Mode, public_url: Option<&str>, people: People) -> Self {
        let store = Arc::new(FakeStore::default());
        store.with(|state| state.fleet = Some(samples::fleet));
        let clock = Arc::new(SetClock(Mutex::new("2026-11-03T09:15:00Z".parse().unwrap())));
        let providers = [Product::Rmm, Product::Automate, Product::Control]
            .map(|it| Arc::new(FakeProvider(it)) as Arc<dyn Provider>);
        let parts = Parts {
            store: Arc::clone(&store) as Arc<dyn Store>,
            providers: providers.to_vec(),
            planner: Arc::new(NoPlanner),
            people,
            rules: vec![],
            calendars: Vec::new(),
            rollout: None,
            caps: Default::default(),
            channels: vec![],
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
        };
        let engine = Arc::new(Engine::unread(parts));
        let (changes, _) = broadcast::channel(16);
        let (stop, stopped) = watch::channel(false);
        let router = router(Console {
            engine: Arc::clone(&engine),
            mode,
            changes: changes.clone(),
            public_url: public_url.map(str::to_owned),
            stop: stopped,
        });
        Self { store, engine, clock, changes, stop, router }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn set_clock(&self, now: Timestamp) {
        *self.clock.0.lock().unwrap() = now;
    }

    pub fn later(&self, secs: u64) {
        *self.clock.0.lock().unwrap() += std::time::Duration::from_secs(secs);
    }

    pub fn conversation(&self, thread: &str) -> ConversationId {
        ConversationId::new(format!("console/console/{thread}"))
    }

    /// A browser that speaks as `person` of the demo; signed in, it has to be given its session.
    pub fn browser(&self, person: &str) -> Browser<'_> {
        let mark = countersign::digest::Digest::of_bytes(PersonId::new(person).as_str().as_bytes());
        Browser { world: self, cookie: format!("countersign_demo_person={}", mark.short()) }
    }

    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }
}

pub struct Browser<'a> {
    pub world: &'a World,
    pub cookie: String,
}

impl Browser<'_> {
    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080")
            .header(header::COOKIE, &self.cookie)
    }

    pub async fn get(&self, path: &str) -> Page {
        read(self.world.send(self.request("GET", path).body(Body::empty()).unwrap()).await).await
    }

    /// Posts as a browser on the same origin does.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self
            .request("POST", path)
            .header("sec-fetch-site", "same-origin")
            .header(header::ORIGIN, "http://localhost:8080")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        read(self.world.send(request.body(Body::from(form(fields))).unwrap()).await).await
    }

    /// Presses the button `label` of the page at `path` as often as said, without reloading it.
    pub async fn press(&self, path: &str, label: &str, times: usize) -> Vec<Page> {
        let page = self.get(path).await;
        let (url, fields) = button(&page.body, label);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut answers = Vec::new();
        for _ in 0..times {
            answers.push(self.post(&url, &fields).await);
        }
        answers
    }
}

/// Where the form of this button goes, and its hidden fields.
pub fn button(html: &str, label: &str) -> (String, Vec<(String, String)>) {
    let end = html
        .find(&format!(">{label}</button>"))
        .or_else(|| html.find(&format!(">{label}</span></button>")))
        .expect("the page has that button");
    let form = &html[html[..end].rfind("<form").expect("a button is in a form")..end];
    let url = attribute(form, "action").expect("a form has an address");
    let inputs = form
        .split("<input type=\"hidden\"")
        .skip(1)
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)));
    (url, inputs.collect())
}

fn attribute(html: &str, name: &str) -> Option<String> {
    let start = html.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &html[start..start + html[start..].find('"')?];
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

pub async fn read(response: Response<Body>) -> Page {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 10_000_000).await.unwrap();
    Page {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The inside of the element that begins with `start`, up to `end`.
    pub fn part(&self, start: &str, end: &str) -> &str {
        let from = self.body.find(start).expect("the page has that part");
        let to = self.body[from..].find(end).expect("that part ends");
        &self.body[from..from + to]
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let encode =
        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}
