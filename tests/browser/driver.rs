//! A real Chromium without a screen, driven through chromedriver.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use axum::http::Method;
use base64::Engine as _;
use fantoccini::{Client, ClientBuilder, Locator, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::Url;

/// How long a page may take on a machine that tests on all its cores.
const PATIENCE: Duration = Duration::from_secs(60);

/// What Chromium must not do: use a screen or the internet, or ask anybody anything.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
];

/// Ends with the last of its browsers.
struct Driver {
    program: Child,
    address: String,
}

impl Driver {
    fn shared() -> Arc<Self> {
        static RUNNING: Mutex<Weak<Driver>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start());
            *running = Arc::downgrade(&started);
            started
        })
    }

    fn start() -> Self {
        let mut program = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("these tests need a browser: sudo apt-get install chromium chromium-driver");
        let mut said = BufReader::new(program.stdout.take().unwrap()).lines();
        let port = said
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("started successfully on port ")?.1.to_owned()))
            .expect("chromedriver says where it listens");
        // What it says later must not fill the pipe.
        std::thread::spawn(move || said.for_each(drop));
        let address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
        Self { program, address }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.program);
        rustix::process::kill_process_group(group, rustix::process::Signal::TERM).ok();
        self.program.wait().ok();
    }
}

/// A browser with nothing in it yet: no cookie, no history.
pub(crate) struct Browser {
    pub(crate) client: Client,
    origin: String,
    _profile: tempfile::TempDir,
    _driver: Arc<Driver>,
}

impl Browser {
    /// Opens one for the pages that begin with an origin, e.g. `http://127.0.0.1:8080`.
    pub(crate) async fn open(origin: &str) -> Self {
        Self::with(origin, &[]).await
    }

    /// One with further flags.
    pub(crate) async fn with(origin: &str, flags: &[&str]) -> Self {
        let driver = Driver::shared();
        let profile = tempfile::tempdir().unwrap();
        let profile_flag = format!("--user-data-dir={}", profile.path().display());
        let flags: Vec<&str> =
            FLAGS.iter().chain(flags).copied().chain([profile_flag.as_str()]).collect();
        let capabilities = json!({ "goog:chromeOptions": { "args": flags } });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.address)
            .await
            .unwrap();
        let browser =
            Self { client, origin: origin.to_owned(), _profile: profile, _driver: driver };
        browser.size((1366, 768)).await;
        browser
    }

    /// Goes to a path.
    pub(crate) async fn goto(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.origin)).await.unwrap();
    }

    /// Where it is, without the origin.
    pub(crate) async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.origin).unwrap_or(url.as_str()).to_owned()
    }

    /// Fills the field of that name.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let field = self.client.find(Locator::Css(&format!("[name='{name}']"))).await.unwrap();
        field.clear().await.ok();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses a value in the list of that name.
    pub(crate) async fn choose(&self, name: &str, value: &str) {
        let list = self.client.find(Locator::Css(&format!("select[name='{name}']"))).await.unwrap();
        list.select_by_value(value).await.unwrap();
    }

    /// Presses the label of a choice, as a finger does.
    pub(crate) async fn tick(&self, name: &str, value: &str) {
        let label = format!("//label[input[@name='{name}' and @value='{value}']]");
        self.click(Locator::XPath(&label)).await;
    }

    /// Presses what is found, and waits for nothing.
    pub(crate) async fn click(&self, what: Locator<'_>) {
        self.client.find(what).await.unwrap().click().await.unwrap();
    }

    /// Presses the button with these words, and waits for the page that comes of it.
    pub(crate) async fn press(&self, words: &str) {
        let button = format!("//button[normalize-space()='{words}']");
        let button = self.client.find(Locator::XPath(&button)).await.unwrap();
        self.leave(async || button.click().await.unwrap(), words).await;
    }

    /// Does what leads to another page, and waits until that is there.
    pub(crate) async fn leave(&self, act: impl AsyncFnOnce(), what: &str) {
        let before = self.client.find(Locator::Css("html")).await.unwrap();
        act().await;
        let stopwatch = tokio::time::timeout(PATIENCE, async {
            // The old page's elements are gone when the new one is there.
            while before.tag_name().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        stopwatch.await.unwrap_or_else(|_| panic!("nothing came of pressing {what}"));
    }

    /// Waits for an element.
    pub(crate) async fn wait_for(&self, css: &str) -> fantoccini::elements::Element {
        self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await.unwrap()
    }

    /// What is to be read on the page.
    pub(crate) async fn text(&self) -> String {
        self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
    }

    /// Runs a script; gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Shows pages in a window of that size; a narrow one as on a phone.
    pub(crate) async fn size(&self, (width, height): (u32, u32)) {
        let mobile = width < 600;
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}),
        )
        .await;
    }

    /// A picture of the whole page, as PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let whole = json!({"format": "png", "captureBeyondViewport": true});
        let answer = self.devtools("Page.captureScreenshot", whole).await;
        let picture = answer["data"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD.decode(picture).unwrap()
    }

    /// Asks the browser's developer tools, e.g. `Network.emulateNetworkConditions`.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let command = DevTools { command: command.to_owned(), parameters };
        self.client.issue_cmd(command).await.unwrap()
    }

    /// Closes it.
    pub(crate) async fn close(self) {
        self.client.close().await.unwrap();
    }
}

/// chromedriver's way to the developer tools.
#[derive(Debug)]
struct DevTools {
    command: String,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({"cmd": self.command, "params": self.parameters});
        (Method::POST, Some(body.to_string()))
    }
}
