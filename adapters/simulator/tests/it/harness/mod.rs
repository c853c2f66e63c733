//! A simulator with a stopped clock, and a client with a token.

use std::sync::Once;
use std::time::Duration;

use countersign_simulator::rmm::Switches;
use countersign_simulator::{Options, Simulator, World};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

pub(crate) const PLATFORM: &str = "/api/platform/";
pub(crate) const SCHEDULE: &str = "v1/automation/endpoints/schedule-tasks";

pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) world: World,
    http: reqwest::Client,
    pub(crate) token: String,
}

/// Status, headers and body of an answer.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("a JSON body")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

pub(crate) fn client() -> reqwest::Client {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        // Another test binary may have been first; either way there is a provider afterwards.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(Switches::default()).await
    }

    pub(crate) async fn with(rmm: Switches) -> Self {
        Self::of(Options { rmm, ..Options::default() }).await
    }

    /// The clock stands still and starts at a fixed time, whatever `options` say.
    pub(crate) async fn of(options: Options) -> Self {
        let began = "2026-09-01T03:00:00Z".parse().ok();
        let simulator = Simulator::start(Options { time_factor: 0, began, ..options })
            .await
            .expect("a free port");
        let world = simulator.world();
        let mut bench = Self { world, http: client(), token: String::new(), simulator };
        let scopes = bench.world.scopes().join(" ");
        bench.token = bench.ask_token(&scopes).await.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        bench
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.simulator.rmm_url()))
    }

    pub(crate) async fn ask_token(&self, scope: &str) -> Got {
        let (id, secret) = self.world.credentials();
        let body = json!({
            "grant_type": "client_credentials", "client_id": id, "client_secret": secret, "scope": scope,
        });
        send(self.request(Method::POST, "/v1/token").json(&body)).await.expect("an answer")
    }

    /// `GET` below `/api/platform/`.
    pub(crate) async fn get(&self, path: &str) -> Got {
        self.try_get(path).await.expect("an answer")
    }

    pub(crate) async fn try_get(&self, path: &str) -> reqwest::Result<Got> {
        send(self.request(Method::GET, &format!("{PLATFORM}{path}")).bearer_auth(&self.token)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Got {
        self.try_post(path, body).await.expect("an answer")
    }

    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Got> {
        self.send(Method::POST, path, body).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> reqwest::Result<Got> {
        send(self.request(method, &format!("{PLATFORM}{path}")).bearer_auth(&self.token).json(body))
            .await
    }

    pub(crate) fn later(&self, seconds: u64) {
        self.world.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn id(&self, host: &str) -> String {
        self.world.endpoint(host).expect("a machine").id.to_string()
    }

    pub(crate) fn company(&self, name: &str) -> String {
        self.world.company_id(name).expect("a client").to_string()
    }

    pub(crate) fn script(&self, name: &str) -> String {
        let scripts = self.world.scripts();
        // Shell scripts come last and win over composite ones of the same name.
        scripts.iter().rev().find(|it| it.name == name).expect("a script").id.to_string()
    }

    /// A schedule body for a shell script, right in every way.
    pub(crate) fn task(&self, script: &str, hosts: &[&str], parameters: Option<Value>) -> Value {
        let targets: Vec<String> = hosts.iter().map(|it| self.id(it)).collect();
        let mut body = json!({
            "name": format!("{script} [t1]"), "description": "", "templateID": self.script(script), "templateType": "script",
            "targets": targets, "targetType": "MANAGED_ENDPOINT", "resourcesType": "Both",
            "schedule": { "regularity": "Immediate", "category": "STZ", "scheduleType": "TIME" },
        });
        if let Some(parameters) = parameters {
            body["parameters"] = json!(parameters.to_string());
        }
        body
    }

    /// Schedules and gives the task id.
    pub(crate) async fn run(
        &self,
        script: &str,
        hosts: &[&str],
        parameters: Option<Value>,
    ) -> String {
        let got = self.post(SCHEDULE, &self.task(script, hosts, parameters)).await;
        assert_eq!(got.status, 201, "{}", got.text);
        got.json()["taskID"].as_str().expect("a task id").to_owned()
    }

    /// The result rows of a task; asks for its instances until there is one.
    pub(crate) async fn results(&self, task: &str) -> Vec<Value> {
        let instances = format!("v1/automation/tasks/{task}/instances/summary");
        self.get(&instances).await;
        let instance = self.get(&instances).await.json()["Results"][0]["Id"].clone();
        let instance = instance.as_str().expect("an instance").to_owned();
        let results = self
            .get(&format!("v1/automation/tasks/{task}/instances/{instance}/results"))
            .await
            .json();
        results["Result"].as_array().expect("rows").clone()
    }
}

pub(crate) async fn send(request: RequestBuilder) -> reqwest::Result<Got> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Got { status, headers, text: response.text().await? })
}
