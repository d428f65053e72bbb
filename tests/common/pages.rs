//! An example of every page that is looked at, in a house that has what each of them shows: what walks all pages cannot
//! forget a new one.

use std::{path::Path, time::Duration};

use loa::{
    clock::Clock,
    radio::{
        Campaign, Channel, Directive, Grant, Grants, PreparedBulletin, Right, Role, Selection,
        UtcMs,
    },
    server::{Need, needs},
    store::{Actor, Bearer, NewChannelReport, NewPerson, Publishable, Removed, Rules},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::district::House;

/// What pages fetch and nobody looks at by itself: parts, pictures, files.
const FETCHED: [&str; 5] = [
    "/channels/{report}/photograph",
    "/emergency/{id}/live",
    "/p/{code}/qr.svg",
    "/reports/file",
    "/reports/progress/{ticket}",
];

/// What must be asked of a page so that it shows anything.
const ASKED: [(&str, &str); 1] =
    [("/timetable/move", "?schedule={schedule}&at={day}T05:00:00&to={day}T06:00")];

/// Holes that are filled with what lies at one station or means it.
const OF_A_UNIT: [&str; 4] = ["{airing}", "{campaign}", "{id}", "{station}"];

/// A page with its example.
pub(crate) struct Page {
    /// As the list of routes has it.
    pub(crate) path: &'static str,
    pub(crate) address: String,
    pub(crate) need: Need,
}

impl Page {
    /// Whether a role in the whole district opens it to who is signed in.
    pub(crate) fn is_brought_by(&self, role: Role) -> bool {
        match self.need {
            Need::Anybody => false,
            Need::Member => true,
            Need::May(right) | Need::Everywhere(right) => role.brings(right),
        }
    }

    /// What it answers to who has a role in another unit than that in which its example lies.
    pub(crate) fn elsewhere(&self, role: Role) -> u16 {
        if is_closed_elsewhere(self.path, self.need, role) { 403 } else { 200 }
    }
}

fn asked(path: &str) -> &'static str {
    ASKED.iter().find(|(known, _)| *known == path).map_or("", |(_, asked)| asked)
}

/// Whether a page is closed to who has a role in another unit than that in which its example lies. What lies in none needs the
/// right everywhere. A schedule is seen by all at whose stations it airs, and changed by who may plan at all of them.
pub(crate) fn is_closed_elsewhere(path: &str, need: Need, role: Role) -> bool {
    let holds = |hole: &str| path.contains(hole) || asked(path).contains(hole);
    match need {
        Need::Anybody | Need::Member => false,
        Need::Everywhere(_) => true,
        Need::May(right) => {
            !role.brings(right)
                || OF_A_UNIT.into_iter().any(holds)
                || right == Right::Plan && holds("{schedule}")
        }
    }
}

/// What stands in the holes of addresses, `{station}`, in one house.
pub(crate) struct Examples(Vec<(&'static str, String)>);

impl Examples {
    /// Brings into a house what it lacks: a campaign, a prepared bulletin and one that waits for a second person,
    /// posters, somebody who is invited, something that everybody may see. What is not `known` is the first that there
    /// is; the airing has to be.
    pub(crate) async fn of(house: &House, known: &[(&'static str, &str)]) -> Self {
        let (store, now) = (house.district.store(), house.clock.now());
        let actor = Actor::command("Cao Văn Thành");
        let rules = store.rules().await.unwrap();
        let or = |hole: &str, first: &str| {
            let known = known.iter().find(|(name, _)| *name == hole);
            known.map_or(first, |(_, id)| id).to_owned()
        };
        let clip = or("{clip}", rules.clips[0].id.as_str());
        let station = or("{station}", rules.stations[0].id.as_str());
        let there = rules.stations.iter().find(|one| one.id.as_str() == station).unwrap();
        let today = local_day(now);
        let campaign = Campaign {
            id: "bluezone".parse().unwrap(),
            title: "Cài đặt Bluezone".to_owned(),
            directive: Directive {
                number: "12075/UBND-CNTT".to_owned(),
                date: today,
                issuer: "Ủy ban nhân dân tỉnh Thanh Hóa".to_owned(),
            },
            from: today,
            until: today + chrono::Days::new(30),
            stations: Selection { stations: vec![there.id.clone()], ..Selection::default() },
            airings_per_day: 2,
            clips: vec![clip.parse().unwrap()],
        };
        let prepared = PreparedBulletin {
            id: "lu".parse().unwrap(),
            title: "Lũ đang lên nhanh".to_owned(),
            drill: false,
            clips: vec![clip.parse().unwrap()],
            correction: vec![],
        };
        let (no_campaign, no_bulletin) = (rules.campaigns.is_empty(), rules.bulletins.is_empty());
        let lacking = Rules {
            campaigns: no_campaign.then_some(campaign).into_iter().collect(),
            bulletins: no_bulletin.then_some(prepared).into_iter().collect(),
            ..Rules::default()
        };
        store.apply(&lacking, &Removed::default(), now).await.unwrap();
        let rules = store.rules().await.unwrap();
        let campaign = or("{campaign}", rules.campaigns[0].id.as_str());
        let bulletin = or("{bulletin}", rules.bulletins[0].id.as_str());

        let new = NewPerson {
            name: "Quách Thị Xuân".to_owned(),
            sign_in: "xuan".to_owned(),
            grants: Grants(vec![Grant { role: Role::Operator, unit: None }]),
        };
        let person = store.add_person(&actor, &new, now).await.unwrap().unwrap();
        let secret = store.invite(&actor, Some(&person), house.hour_later(), now).await.unwrap();
        let token = store.create_token(&Bearer::Person(new.sign_in), now).await.unwrap();
        let wish = json!({"prepared": bulletin, "stations": {"stations": [station]},
            "word": "KHẨN CẤP", "why": "Nước sông Bưởi lên nhanh"});
        let asked = house.post("/api/v1/bulletins", token.reveal(), &wish).await;
        assert_eq!(asked.status, 201, "{}", String::from_utf8_lossy(&asked.body));
        let asked = asked.json()["id"].as_str().unwrap().to_owned();

        let posters = NewChannelReport {
            campaign: campaign.parse().unwrap(),
            unit: there.unit.clone(),
            channel: Channel::Poster,
            day: today,
            number: 12,
            note: Some("Chợ và nhà văn hóa thôn".to_owned()),
            photograph: Some(photograph(house)),
        };
        store.report_channel(&actor, &posters, now).await.unwrap();
        let shown = Publishable::Clip(clip.parse().unwrap());
        store.publish(&actor, &shown, true, now).await.unwrap();
        store.set_public(&actor, true, now).await.unwrap();
        let code = rules.clips.iter().find(|one| one.id.as_str() == clip).unwrap().sha256;

        Self(vec![
            ("{airing}", or("{airing}", "")),
            ("{bulletin}", bulletin),
            ("{campaign}", campaign),
            ("{clip}", clip),
            ("{code}", code.to_string()[..12].to_owned()),
            ("{day}", (today + chrono::Days::new(1)).to_string()),
            ("{id}", asked),
            ("{person}", person.to_string()),
            ("{programme}", or("{programme}", rules.programmes[0].id.as_str())),
            ("{schedule}", or("{schedule}", rules.schedules[0].id.as_str())),
            ("{secret}", secret.reveal().to_owned()),
            ("{station}", station),
        ])
    }

    /// Every page that is looked at, in the order of the list of routes.
    pub(crate) fn pages(&self) -> Vec<Page> {
        let all = needs();
        let is_there = |path: &str| all.iter().any(|(_, known, _)| *known == path);
        let named = FETCHED.into_iter().chain(ASKED.map(|(path, _)| path));
        named.for_each(|path| assert!(is_there(path), "{path} is no page any more"));
        let looked_at =
            all.iter().filter(|(method, path, _)| *method == "GET" && !FETCHED.contains(path));
        let page = |(_, path, need): &(&str, &'static str, Need)| {
            let address = self.address(path);
            assert!(!address.contains('{'), "{path}: say in tests/common/pages.rs what fills it");
            Page { path, address, need: *need }
        };
        looked_at.map(page).collect()
    }

    /// The address of a page's example; a hole stays where nothing is known that fills it.
    pub(crate) fn address(&self, path: &str) -> String {
        self.fill(&format!("{path}{}", asked(path)))
    }

    /// An address with its holes filled.
    pub(crate) fn fill(&self, address: &str) -> String {
        self.0.iter().fold(address.to_owned(), |address, (hole, id)| address.replace(hole, id))
    }
}

/// The day in Vietnam.
fn local_day(at: UtcMs) -> chrono::NaiveDate {
    (at + Duration::from_hours(7)).to_chrono().date_naive()
}

/// Puts a photograph where those of posters lie.
fn photograph(house: &House) -> loa::radio::ClipHash {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/poster.jpg");
    let bytes = std::fs::read(file).unwrap();
    let hash = loa::radio::ClipHash(Sha256::digest(&bytes).into());
    let drawer = house.folder.path().join("clips/photographs").join(&hash.to_string()[..2]);
    std::fs::create_dir_all(&drawer).unwrap();
    std::fs::write(drawer.join(hash.to_string()), bytes).unwrap();
    hash
}
