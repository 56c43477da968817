//! A browser with one tab: goes, types, asks the page, waits for what it should become, and collects what went wrong.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};
use serde_json::{Value, json};
use tokio::time::Instant;
use xtask::services::Browser;

/// What a page does not become in this time it never becomes.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
    pub scripts: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 1440, height: 900, dark: false, scripts: true }
    }
}

pub struct Tab {
    client: Client,
    /// Address of the session, for what WebDriver itself does not know.
    session: String,
    http: reqwest::Client,
}

impl Tab {
    /// A browser of its own, with a profile that nobody used before.
    pub async fn open(browser: &Browser, look: Look) -> Self {
        static PROFILES: AtomicU32 = AtomicU32::new(0);
        let profile = format!("tab-{}", PROFILES.fetch_add(1, Ordering::Relaxed));
        let mut capabilities = browser.capabilities(&profile, look.width, look.height, look.dark);
        if !look.scripts {
            const BLOCKED: u8 = 2;
            capabilities["goog:chromeOptions"]["prefs"] =
                json!({ "profile.managed_default_content_settings.javascript": BLOCKED });
        }
        let Value::Object(capabilities) = capabilities else { unreachable!("capabilities are an object") };
        let mut builder = ClientBuilder::rustls().unwrap();
        let client = builder.capabilities(capabilities).connect(&browser.webdriver).await.unwrap();
        let id = client.session_id().await.unwrap().unwrap();
        let tab = Self { client, session: format!("{}/session/{id}", browser.webdriver), http: reqwest::Client::new() };
        // The window of a headless browser is not its viewport.
        let size = json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": false });
        tab.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if look.dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        tab.devtools("Emulation.setEmulatedMedia", media).await;
        tab
    }

    async fn ask(&self, command: &str, body: Value) -> Value {
        let sent = self.http.post(format!("{}/{command}", self.session)).json(&body).send().await.unwrap();
        let mut answer: Value = sent.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{command}: {answer}");
        answer["value"].take()
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.ask("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Goes to a page and waits until its scripts have taken it over.
    pub async fn go_live(&self, url: &str) {
        self.go(url).await;
        self.until("document.documentElement.hasAttribute('data-hydrated')").await;
    }

    pub async fn back(&self) {
        self.client.back().await.unwrap();
    }

    pub async fn address(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// The value of an expression in the page.
    pub async fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression})");
        self.client.execute(&script, Vec::new()).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits until an expression is true in the page.
    pub async fn until(&self, expression: &str) {
        let give_up = Instant::now() + PATIENCE;
        while self.value(&format!("!!({expression})")).await != true {
            if Instant::now() > give_up {
                let (address, text) = (self.address().await, self.text().await);
                panic!("{address}: never true: {expression}\nconsole: {:?}\n{text}", self.complaints().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the page shows these words.
    pub async fn until_text(&self, words: &str) {
        self.until(&format!("document.body.innerText.includes({})", json!(words))).await;
    }

    /// All that the page shows.
    pub async fn text(&self) -> String {
        self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
    }

    /// Clicks what matches, as soon as it is there. What is drawn anew between finding and clicking is looked for again.
    pub async fn click(&self, css: &str) {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let clicked = match self.client.find(Locator::Css(css)).await {
                Ok(found) => found.click().await,
                Err(error) => Err(error),
            };
            match clicked {
                Err(error) if error.is_stale_element_reference() || error.is_no_such_element() => {
                    assert!(Instant::now() < give_up, "{css}: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                clicked => return clicked.unwrap_or_else(|error| panic!("{css}: {error}")),
            }
        }
    }

    /// Types into the field that matches.
    pub async fn fill(&self, css: &str, text: &str) {
        let found = self.client.find(Locator::Css(css)).await.unwrap_or_else(|error| panic!("{css}: {error}"));
        found.send_keys(text).await.unwrap();
    }

    /// Types wherever the focus is.
    pub async fn keys(&self, text: &str) {
        let mut actions = KeyActions::new("keys".to_owned());
        for value in text.chars() {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    pub async fn key(&self, key: Key) {
        self.keys(&char::from(key).to_string()).await;
    }

    /// What the console holds since the last call: errors, panics, mismatches, files that could not be loaded.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.ask("se/log", json!({ "type": "browser" })).await;
        let worth = |entry: &&Value| ["SEVERE", "WARNING"].iter().any(|level| entry["level"] == *level);
        let said = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        entries.as_array().unwrap().iter().filter(worth).map(said).collect()
    }

    /// Fails if the console holds anything.
    pub async fn is_content(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{}: {complaints:#?}", self.address().await);
    }

    pub async fn close(self) {
        self.client.close().await.unwrap();
    }
}
