//! Confirming by hand where the line is cut and comes back.

use std::time::Duration;

use fantoccini::Locator;
use loa::{radio::Role, store::StoredDeclaration};

use crate::{
    axe,
    common::{MORNING, airing_at},
    driver::Browser,
    screenshots::take,
    site::Site,
};

async fn click(browser: &Browser, css: &str) {
    browser.wait_for(css).await;
    browser.client.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
}

async fn said(site: &Site) -> Vec<StoredDeclaration> {
    let airing = airing_at("kim-tan", MORNING);
    site.house.district.store().declarations_on(&[&airing]).await.unwrap()
}

#[tokio::test]
async fn what_is_said_without_a_line_is_sent_once_when_it_is_back() {
    let mut site = Site::new().await;
    site.house.clock.step_to(MORNING + Duration::from_mins(5));
    let browser = site.browser_of(Role::CommuneOfficer).await;
    browser.size((390, 844)).await;
    browser.goto("/confirm").await;
    browser.wait_for("#hand[data-kept]").await;
    assert_eq!(axe::violations(&browser).await, Vec::<String>::new());

    site.cut().await;
    browser.goto("/confirm").await;
    assert!(browser.text().await.contains("Đài kim-tan"));
    click(&browser, ".asks > form button").await;
    browser.wait_for("#hand-says[data-waits='1']").await;
    assert!(browser.text().await.contains("đã phát – đã lưu trong máy, chờ gửi"));
    // It waits as long as it must.
    browser.goto("/confirm").await;
    browser.wait_for("#hand-says[data-waits='1']").await;
    assert_eq!(said(&site).await, []);

    site.mend().await;
    browser.run("dispatchEvent(new Event('online'))").await;
    browser.wait_for("#hand-says[data-waits='0']").await;
    browser.wait_for(".stands .evidence").await;
    let kept = said(&site).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].outcome.as_str(), kept[0].declared_by.as_str()),
        ("aired", "Bùi Thị Lường")
    );
    assert!(kept[0].key.is_some());
    // Sent again under its key, as after a lost answer, it is not kept again.
    let again = format!(
        "const done = arguments[arguments.length - 1];
         fetch('/api/v1/airings/{}/confirmation', {{method: 'POST', headers: {{'content-type': 'application/json',
             'loa-form': document.querySelector('[name=form-token]').value}},
             body: JSON.stringify({{outcome: 'aired', key: '{}'}})}}).then(answer => done(answer.status));",
        kept[0].airing,
        kept[0].key.as_ref().unwrap()
    );
    assert_eq!(browser.client.execute_async(&again, vec![]).await.unwrap(), 200);
    assert_eq!(said(&site).await, kept);

    // It was the wrong button, and the line is gone again: three touches and the reason.
    site.cut().await;
    click(&browser, "details.asks > summary").await;
    click(&browser, "details.asks details > summary").await;
    click(&browser, "details.asks [value='power']").await;
    click(&browser, "details.asks button[value='missed']").await;
    browser.wait_for("#hand-says[data-waits='1']").await;
    site.mend().await;
    browser.run("dispatchEvent(new Event('online'))").await;
    browser.wait_for("#hand-says[data-waits='0']").await;
    let corrected = said(&site).await;
    assert_eq!(corrected.len(), 2);
    assert_eq!(corrected[1].cause.as_deref(), Some("power"));
    take(&browser, "confirm-corrected").await;
    browser.close().await;
}

#[tokio::test]
#[ignore = "for people to look at: make screenshots"]
async fn pictures_of_campaigns() {
    let site = Site::thach_thanh().await;
    let browser = site.browser_of(Role::Operator).await;
    browser.goto("/campaigns").await;
    take(&browser, "campaigns").await;
    click(&browser, "tbody a").await;
    browser.wait_for(".days").await;
    assert_eq!(axe::violations(&browser).await, Vec::<String>::new());
    take(&browser, "campaign").await;
    browser.goto("/confirm").await;
    take(&browser, "confirm-choose").await;
    browser.goto("/confirm?station=kim-tan").await;
    take(&browser, "confirm").await;
    browser.close().await;
}
