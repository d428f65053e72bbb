use std::path::Path;

use reqwest::{Client, Response, StatusCode, header};

use super::*;
use crate::{
    clock::TestClock,
    library::Shelf,
    playout::keep::Anchor,
    radio::Priority,
    signing::{DistrictKey, SecretKey},
    tls::{self, Trust},
    wire::{Rundown, RundownAiring},
};

/// 2020-10-01T05:00:00+07:00.
const NOW: UtcMs = UtcMs(1_601_503_200_000);

struct Stand {
    folder: tempfile::TempDir,
    control: Arc<Control>,
    clock: Arc<TestClock>,
    serving: tokio::task::JoinHandle<()>,
}

async fn enrolled(folder: &Path) -> Arc<Keep> {
    let keep = Keep::open(folder).await.unwrap();
    let key = SecretKey::from_seed(&[1; 32]).public();
    let anchor = Anchor {
        pin: None,
        server: "http://192.0.2.1".to_owned(),
        station: "thach-lam".parse().unwrap(),
        token: String::new(),
        code_sha256: String::new(),
        district_key: DistrictKey { number: 1, key, not_before: NOW, not_after: NOW },
        rundown_version: 0,
        sequence_mark: 0,
    };
    keep.set_anchor(anchor).await.unwrap();
    Arc::new(keep)
}

impl Stand {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keep = enrolled(folder.path()).await;
        let settings = ControlSettings {
            address: None,
            volume: Volume::FULL,
            emergency_overrides_stop: false,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
        };
        let clock = Arc::new(TestClock::at(NOW));
        let airing = RundownAiring {
            id: "sang.thach-lam.20200930T223000Z".parse().unwrap(),
            schedule: "sang".parse().unwrap(),
            campaign: None,
            title: "Tin <b>xã</b>".to_owned(),
            priority: Priority::Priority,
            bulletin: None,
            starts_at: UtcMs(NOW.0 + 1_800_000),
            ends_at: UtcMs(NOW.0 + 1_890_000),
            latest_start: UtcMs(NOW.0 + 1_800_000),
            items: Vec::new(),
        };
        let (not_before, not_after, from, until) = (NOW, NOW, NOW, NOW);
        let station = "thach-lam".parse().unwrap();
        let airings = vec![airing];
        let station_name = "Đài Thạch Lâm & xóm".to_owned();
        let rundown = Rundown {
            station,
            station_name,
            version: 1,
            not_before,
            not_after,
            from,
            until,
            airings,
            prepared: vec![],
        };
        let shelf = Arc::new(Shelf::open(&folder.path().join("clips")).unwrap());
        let rundown = watch::Sender::new(Some(Arc::new(rundown)));
        let exchange = Exchange { keep, shelf, clock: clock.clone(), rundown };
        let news = News {
            condition: watch::Sender::new(Condition::default()).subscribe(),
            heard: watch::Sender::new(Some(NOW)).subscribe(),
        };
        let control = Control::new(settings, exchange, news).await.unwrap();
        let control = Arc::new(control);
        let (serves, at) = (control.clone(), "127.0.0.1:0".parse().unwrap());
        let path = folder.path().to_owned();
        let serving = tokio::spawn(async move {
            let Err(error) = serve(serves, at, &path).await;
            panic!("{error}");
        });
        while ControlKey::read(folder.path()).unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        Self { folder, control, clock, serving }
    }

    fn url(&self, path: &str) -> String {
        let key = ControlKey::read(self.folder.path()).unwrap().unwrap();
        format!("http://{}{path}", key.address)
    }

    async fn page(&self, path: &str) -> String {
        let answer = http().get(self.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.unwrap()
    }

    async fn token(&self) -> String {
        let page = self.page("/").await;
        page.split("name=\"token\" value=\"").nth(1).unwrap()[..64].to_owned()
    }

    async fn press(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Response {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = http()
            .post(self.url(path))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.join("&"));
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap()
    }
}

fn http() -> Client {
    tls::client(&Trust::Nobody).unwrap().build().unwrap()
}

#[tokio::test]
async fn the_page_tells_in_both_languages_what_is_next_and_how_it_is() {
    let stand = Stand::new().await;
    let page = stand.page("/").await;
    for expected in [
        "<html lang=\"vi\">",
        "<h1>Đài Thạch Lâm &#38; xóm <span class=\"id\">thach-lam</span></h1>",
        "01/10/2020 05:00:00",
        "Đang im lặng",
        "Phát tiếp sau 30 phút.",
        "05:30:00",
        "Tin &#60;b&#62;xã&#60;/b&#62;",
        "1 phút 30 giây",
        "ưu tiên",
        "DỪNG PHÁT",
        "Không có sự cố nào được biết.",
    ] {
        assert!(page.contains(expected), "no {expected} in\n{page}");
    }
    assert!(!page.contains("<script") && !page.contains("style="));
    let english = stand.page("/?lang=en").await;
    assert!(english.contains("<html lang=\"en\">") && english.contains("STOP"), "{english}");
    let answer = http().get(stand.url("/")).send().await.unwrap();
    let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
}

#[tokio::test]
async fn the_buttons_work_and_what_they_did_is_remembered() {
    let stand = Stand::new().await;
    let token = stand.token().await;
    let back = stand.press("/stop", &[("token", &token), ("lang", "en")], &[]).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    assert_eq!(back.headers()[header::LOCATION], "/?lang=en");
    assert_eq!(stand.control.site().stopped, Some(NOW));
    assert!(stand.page("/").await.contains("ĐÃ DỪNG TẠI CHỖ"));
    assert!(stand.control.keep.said().await.unwrap().stop.is_some());

    stand.press("/resume", &[("token", &token)], &[]).await;
    stand.press("/volume", &[("token", &token), ("percent", "0")], &[]).await;
    assert_eq!((stand.control.site().stopped, stand.control.site().volume.percent()), (None, 0));
    assert!(stand.page("/").await.contains("Âm lượng bằng 0"));
    let bad = stand.press("/volume", &[("token", &token), ("percent", "101")], &[]).await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);

    stand.press("/stop", &[("token", &token), ("minutes", "120")], &[]).await;
    stand.clock.advance(std::time::Duration::from_secs(7_199));
    stand.control.look().await;
    assert!(stand.control.site().stopped.is_some());
    stand.clock.advance(std::time::Duration::from_secs(1));
    stand.control.look().await;
    assert_eq!(stand.control.site().stopped, None);
    assert_eq!(stand.control.keep.count_waiting().await.unwrap(), 5);
}

#[tokio::test]
async fn no_other_site_presses_a_button() {
    let stand = Stand::new().await;
    let token = stand.token().await;
    let own = stand.url("");
    let ours = [("token", token.as_str())];
    for (fields, headers, expected) in [
        (&ours[..], &[][..], StatusCode::SEE_OTHER),
        (
            &ours,
            &[("origin", own.as_str()), ("sec-fetch-site", "same-origin")],
            StatusCode::SEE_OTHER,
        ),
        (&[], &[], StatusCode::FORBIDDEN),
        (&[("token", "0")], &[], StatusCode::FORBIDDEN),
        (&ours, &[("origin", "http://evil.example")], StatusCode::FORBIDDEN),
        (&ours, &[("origin", "null")], StatusCode::FORBIDDEN),
        (&ours, &[("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
        (&ours, &[("host", "evil.example:8088")], StatusCode::MISDIRECTED_REQUEST),
        (&[], &[("authorization", "Bearer 0")], StatusCode::FORBIDDEN),
    ] {
        let answer = stand.press("/stop", fields, headers).await;
        assert_eq!(answer.status(), expected, "{fields:?} {headers:?}");
    }
    let read =
        http().get(stand.url("/")).header(header::HOST, "evil.example").send().await.unwrap();
    assert_eq!(read.status(), StatusCode::MISDIRECTED_REQUEST);
    let status = http().get(stand.url("/status.json")).send().await.unwrap();
    assert_eq!(status.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_command_shows_the_secret_and_finds_nobody_where_nobody_is() {
    let stand = Stand::new().await;
    let call = Call::find(stand.folder.path()).await.unwrap().unwrap();
    let view = call.stop(Some(60), Some("lan".to_owned())).await.unwrap();
    assert_eq!((view.stopped, view.stopped_until), (Some(NOW), Some(UtcMs(NOW.0 + 3_600_000))));
    assert_eq!(view.next[0].title, "Tin <b>xã</b>");
    assert_eq!(call.volume(40.try_into().unwrap(), None).await.unwrap().volume.percent(), 40);
    assert_eq!(call.resume(None).await.unwrap().stopped, None);

    stand.serving.abort();
    let _ = stand.serving.await;
    assert!(Call::find(stand.folder.path()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_second_station_takes_the_next_port() {
    let (first, folder) = (Stand::new().await, tempfile::tempdir().unwrap());
    let taken = ControlKey::read(first.folder.path()).unwrap().unwrap().address;
    let control = first.control.clone();
    let (path, at) = (folder.path().to_owned(), taken.to_string().parse().unwrap());
    let second = tokio::spawn(async move { serve(control, at, &path).await });
    let key = loop {
        match ControlKey::read(folder.path()).unwrap() {
            Some(key) => break key,
            None => tokio::task::yield_now().await,
        }
    };
    assert!(key.address.port() > taken.port());
    second.abort();
}

#[test]
fn the_page_is_for_this_machine_only() {
    for wrong in ["0.0.0.0:8088", "192.0.2.1:8088", "localhost:8088", "8088", ""] {
        assert!(wrong.parse::<Address>().is_err(), "{wrong}");
    }
    assert!("[::1]:8088".parse::<Address>().is_ok());
}
