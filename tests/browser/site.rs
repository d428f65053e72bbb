//! A district that browsers reach, with somebody in each role.

use std::net::SocketAddr;

use loa::{
    almanac::{self, Known},
    planning::Rule,
    radio::{Grant, Grants, Role},
    server::{Door, roll, serve},
    store::{Actor, NewPerson, Removed, Rules},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::driver::Browser;
use crate::common::{BEFORE, district::House, rules};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "một câu dễ nhớ";

/// Served until it is dropped.
pub(crate) struct Site {
    pub(crate) house: House,
    pub(crate) address: SocketAddr,
    /// None while the line is cut.
    serving: Option<(oneshot::Sender<()>, JoinHandle<std::io::Result<()>>)>,
}

impl Site {
    /// The small district of the tests, a minute before its morning session.
    pub(crate) async fn new() -> Self {
        Self::of(House::new().await).await
    }

    /// The 25 communes and towns of Thạch Thành, with the clip of the tests in their programmes.
    pub(crate) async fn thach_thanh() -> Self {
        let house = House::new().await;
        let file =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schedules/thach-thanh.toml");
        let almanac = almanac::read(&[file], Known::default(), Rule::check).unwrap();
        let one = rules().clips.remove(0);
        let clips = almanac.clips.iter().map(|entry| loa::radio::Clip {
            id: entry.id.clone(),
            title: entry.title.clone(),
            ..one.clone()
        });
        let there = Rules {
            clips: clips.collect(),
            units: almanac.units,
            stations: almanac.stations,
            programmes: almanac.programmes,
            campaigns: almanac.campaigns,
            schedules: almanac.schedules,
            ..Rules::default()
        };
        let removed = Removed {
            schedules: rules().schedules.into_iter().map(|schedule| schedule.id).collect(),
            ..Removed::default()
        };
        house.district.store().apply(&there, &removed, BEFORE).await.unwrap();
        Self::of(house).await
    }

    /// Any district. Each role has somebody who signs in by its name.
    pub(crate) async fn of(house: House) -> Self {
        let store = house.district.store();
        let actor = Actor::command("a test");
        for (role, name) in Role::ALL.iter().zip([
            "Nguyễn Thị Hoa",
            "Lê Văn Nam",
            "Phạm Quốc Thắng",
            "Bùi Thị Lường",
            "Trương Công Định",
        ]) {
            let unit = (*role == Role::CommuneOfficer).then(|| "kim-tan".parse().unwrap());
            let new = NewPerson {
                name: name.to_owned(),
                sign_in: role.to_string(),
                grants: Grants(vec![Grant { role: *role, unit }]),
            };
            let id = store.add_person(&actor, &new, BEFORE).await.unwrap().unwrap();
            store.set_password(&actor, &id, &hash(), None, BEFORE).await.unwrap();
        }
        roll(&house.district).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Some(begin(listener, &house));
        Self { address, serving, house }
    }

    /// Cuts the line: nobody answers at its address.
    pub(crate) async fn cut(&mut self) {
        let (stop, serving) = self.serving.take().unwrap();
        drop(stop);
        serving.await.unwrap().unwrap();
    }

    /// Mends it.
    pub(crate) async fn mend(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serving = Some(begin(listener, &self.house));
    }

    /// How its pages' addresses begin.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A browser at which nobody is signed in.
    pub(crate) async fn browser(&self) -> Browser {
        Browser::open(&self.origin()).await
    }

    /// One at which the person with that role is signed in.
    pub(crate) async fn browser_of(&self, role: Role) -> Browser {
        let browser = self.browser().await;
        sign_in(&browser, role).await;
        browser
    }
}

/// Serves a district until the sender is dropped.
fn begin(
    listener: TcpListener,
    house: &House,
) -> (oneshot::Sender<()>, JoinHandle<std::io::Result<()>>) {
    let (stop, stopped) = oneshot::channel();
    let stopped = async {
        stopped.await.ok();
    };
    let serving = serve(vec![Door::plain(listener)], house.district.clone(), stopped);
    (stop, tokio::spawn(serving))
}

/// Signs in as the person with that role; lands on the page Today.
pub(crate) async fn sign_in(browser: &Browser, role: Role) {
    browser.goto("/sign-in").await;
    browser.fill("name", role.as_str()).await;
    browser.fill("password", PASSWORD).await;
    browser.press("Đăng nhập").await;
    assert_eq!(browser.path().await, "/today");
}

/// The hash of the password, with argon2's smallest cost: five of the usual would take a second of each test.
pub(crate) fn hash() -> String {
    use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password(PASSWORD.as_bytes()).unwrap().to_string()
}
