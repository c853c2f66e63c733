//! A headless Chromium, driven through chromedriver by the few commands of the WebDriver standard that the
//! tests need.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What is not installed.
pub struct Missing(pub &'static str);

pub struct Browser {
    driver: Child,
    session: String,
    http: reqwest::Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub async fn start() -> Result<Self, Missing> {
        let chromium = find("chromium").ok_or(Missing("chromium"))?;
        let chromedriver = find("chromedriver").ok_or(Missing("chromedriver"))?;
        countersign_app::install_crypto();
        let port = free_port();
        let driver = Command::new(chromedriver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let profile = tempfile::tempdir().expect("a scratch folder");
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let base = format!("http://127.0.0.1:{port}");
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--window-size=1100,1000".into(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": {
            "binary": chromium, "args": arguments,
        } } } });
        let began = Instant::now();
        let session = loop {
            match http.post(format!("{base}/session")).json(&wanted).send().await {
                Ok(answer) => {
                    let value: Value = answer.json().await.expect("an answer in JSON");
                    let id = value["value"]["sessionId"]
                        .as_str()
                        .unwrap_or_else(|| panic!("no session: {value}"));
                    break format!("{base}/session/{id}");
                }
                // It takes a moment to listen.
                Err(error) if began.elapsed() > Duration::from_secs(30) => {
                    panic!("chromedriver: {error}")
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        Ok(Self { driver, session, http, _profile: profile })
    }

    async fn command(&self, path: &str, body: Value) -> Result<Value, String> {
        let sent = self.http.post(format!("{}/{path}", self.session)).json(&body).send().await;
        let answer: Value =
            sent.expect("chromedriver answers").json().await.expect("an answer in JSON");
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }

    pub async fn open(&self, url: &str) {
        self.command("url", json!({ "url": url })).await.expect("the page opens");
    }

    async fn script(&self, script: &str, arguments: Value) -> Value {
        self.command("execute/sync", json!({ "script": script, "args": arguments }))
            .await
            .expect("the script runs")
    }

    /// The first element that fits an XPath, once there is one.
    async fn element(&self, xpath: &str) -> String {
        let began = Instant::now();
        loop {
            match self.command("element", json!({ "using": "xpath", "value": xpath })).await {
                Ok(value) => return value[ELEMENT].as_str().expect("an element").to_owned(),
                Err(error) if began.elapsed() > Duration::from_secs(30) => {
                    panic!("{xpath}: {error}\n{}", self.text().await)
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Clicks what fits; a page that swaps the element away in between is asked again.
    async fn click(&self, xpath: &str) {
        for _ in 0..10 {
            let element = self.element(xpath).await;
            match self.command(&format!("element/{element}/click"), json!({})).await {
                Ok(_) => return,
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
        panic!("{xpath} cannot be clicked");
    }

    async fn text(&self) -> String {
        let text = self.script("return document.body.innerText", json!([])).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    pub async fn wait_for_text(&self, wanted: &str, within: Duration) {
        let began = Instant::now();
        while !self.text().await.contains(wanted) {
            assert!(
                began.elapsed() < within,
                "{wanted:?} is not on the page:\n{}",
                self.text().await
            );
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    // --- what a person does on the console

    /// Picks a person at the top of the demo's pages.
    pub async fn speak_as(&self, person: &str) {
        let picked = format!("//form[contains(@class,'picker')]//button[@value='{person}']");
        self.click(&picked).await;
        let is_new = "return document.readyState === 'complete'";
        while self.script(is_new, json!([])).await != json!(true) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Writes into the composer and sends with Enter.
    pub async fn write(&self, text: &str) {
        let element = self.element("//textarea").await;
        let keys = json!({ "text": format!("{text}\u{e007}") });
        self.command(&format!("element/{element}/value"), keys).await.expect("keys arrive");
    }

    pub async fn press(&self, label: &str) {
        self.click(&format!("//main//button[normalize-space()='{label}']")).await;
    }

    pub async fn link_that_begins_with(&self, label: &str) -> String {
        let element =
            self.element(&format!("//main//a[starts-with(normalize-space(),'{label}')]")).await;
        let script = "return arguments[0].href";
        let href = self.script(script, json!([{ ELEMENT: element }])).await;
        href.as_str().expect("an address").to_owned()
    }

    /// Saves a picture of the page below the target folder.
    pub async fn screenshot(&self, name: &str) {
        let address = format!("{}/screenshot", self.session);
        let answer: Value =
            self.http.get(address).send().await.expect("a picture").json().await.expect("JSON");
        let picture = decode_base64(answer["value"].as_str().expect("base64"));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("the picture is saved");
    }

    pub async fn close(self) {
        // The session ends with its driver in any case.
        let _ = self.http.delete(&self.session).send().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn find(program: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let mut folders = std::env::split_paths(&path);
    folders.find_map(|folder| {
        let file = folder.join(program);
        file.is_file().then(|| file.display().to_string())
    })
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let Some(value) = ALPHABET.iter().position(|it| *it == byte) else { continue };
        bits = bits << 6 | u32::try_from(value).expect("below 64");
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).expect("one byte"));
        }
    }
    out
}
