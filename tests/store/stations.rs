//! Who may call in the name of a station.

use loa::{
    radio::{StationId, UtcMs},
    store::{Bearer, Revoked, Store},
};

use crate::common::{MORNING, key_of};

pub(crate) async fn stations_enrol_once(store: &Store) {
    let station: StationId = "kim-tan".parse().unwrap();
    let later = UtcMs(MORNING.0 + 1000);
    assert!(store.create_code(&"nobody".parse().unwrap(), later).await.is_err());
    let late = store.create_code(&station, MORNING).await.unwrap();
    assert_eq!(store.enrol(late.reveal(), None, MORNING).await.unwrap(), None);
    assert_eq!(store.enrol("guess", None, MORNING).await.unwrap(), None);

    let code = store.create_code(&station, later).await.unwrap();
    let key = |name| Some(key_of(name).public());
    let (who, first) = store.enrol(code.reveal(), key("old"), MORNING).await.unwrap().unwrap();
    assert_eq!(who, station);
    assert_eq!(store.enrol(code.reveal(), key("old"), MORNING).await.unwrap(), None);
    let bearer = Some(Bearer::Station(station.clone()));
    assert_eq!(store.bearer(first.reveal()).await.unwrap(), bearer);
    assert_eq!(store.bearer(code.reveal()).await.unwrap(), None);
    assert!(!format!("{first:?}").contains(first.reveal()));

    // Another station's key is not taken, and the code stays good.
    let code = store.create_code(&"thach-lam".parse().unwrap(), later).await.unwrap();
    assert_eq!(store.enrol(code.reveal(), key("old"), MORNING).await.unwrap(), None);
    assert!(store.enrol(code.reveal(), key("theirs"), MORNING).await.unwrap().is_some());

    // Enrolling again ends the token before; what the key before signed stays signed.
    let code = store.create_code(&station, later).await.unwrap();
    let (_, second) = store.enrol(code.reveal(), key("new"), MORNING).await.unwrap().unwrap();
    assert_eq!(store.bearer(first.reveal()).await.unwrap(), None);
    assert_eq!(store.bearer(second.reveal()).await.unwrap(), bearer);
    assert_eq!(store.station_keys(&station).await.unwrap().len(), 2);

    // A key that was revoked does not come back.
    let unused = store.create_code(&station, UtcMs(later.0 + 1000)).await.unwrap();
    let revoked = store.revoke_station(&station, later).await.unwrap();
    assert_eq!(revoked, Revoked { tokens: 1, keys: 2, codes: 1 });
    assert_eq!(store.station_keys(&station).await.unwrap(), []);
    assert_eq!(store.bearer(second.reveal()).await.unwrap(), None);
    assert_eq!(store.enrol(unused.reveal(), key("newest"), later).await.unwrap(), None);
    let code = store.create_code(&station, UtcMs(later.0 + 1000)).await.unwrap();
    assert_eq!(store.enrol(code.reveal(), key("new"), later).await.unwrap(), None);
    assert!(store.enrol(code.reveal(), key("newest"), later).await.unwrap().is_some());

    let lan = Bearer::Person("Lan".to_owned());
    let token = store.create_token(&lan, MORNING).await.unwrap();
    assert_eq!(store.bearer(token.reveal()).await.unwrap(), Some(lan.clone()));
    assert_eq!(store.revoke_tokens(&lan, later).await.unwrap(), 1);
    assert_eq!(store.bearer(token.reveal()).await.unwrap(), None);
}
