//! axe-core, which finds what keeps people from using a page. It is fetched for the tests and is no part of Loa.

use std::{path::Path, process::Command, sync::LazyLock};

use crate::driver::Browser;

static AXE: LazyLock<String> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fetched = Command::new(root.join("tests/browser/fetch-axe")).output().unwrap();
    assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
    let file = String::from_utf8(fetched.stdout).unwrap();
    std::fs::read_to_string(file.trim()).unwrap()
});

/// What is seriously wrong with the page that the browser shows, a line each.
pub(crate) async fn violations(browser: &Browser) -> Vec<String> {
    browser.client.execute(&AXE, vec![]).await.unwrap();
    let script = "const done = arguments[arguments.length - 1];
        axe.run(document).then(found => done(found.violations
            .filter(one => one.impact === 'serious' || one.impact === 'critical')
            .map(one => one.id + ': ' + one.help + ': ' + one.nodes.map(node => node.html).join(' | '))),
            error => done(['axe failed: ' + error]));";
    let found = browser.client.execute_async(script, vec![]).await.unwrap();
    serde_json::from_value(found).unwrap()
}
