use loa::{
    radio::{Approval, Clip},
    store::{ClipFilter, Former, Removed, Rules, Store, Thing},
};
use unicode_normalization::UnicodeNormalization;

use crate::{
    common::{BEFORE, clip, district::House},
    somebody,
};

on_both_databases!(
    words_are_found_however_they_are_marked,
    pages_fit_together_in_the_dictionarys_order
);

fn titled(id: &str, title: &str) -> Clip {
    Clip { title: title.to_owned(), ..clip(id, id.as_bytes()) }
}

async fn ids(store: &Store, filter: ClipFilter) -> Vec<String> {
    let found = store.find_clips(&filter, None, 100).await.unwrap();
    found.iter().map(|found| found.clip.id.to_string()).collect()
}

async fn words_are_found_however_they_are_marked(house: House) {
    let store = house.district.store();
    let spoken = Clip {
        transcript: Some("Đề nghị bà con cài đặt ứng dụng".to_owned()),
        ..titled("hai", "Bản tin 50% số 2_a")
    };
    for clip in [titled("mot", "Đợt tuyên truyền phòng dịch"), spoken] {
        store
            .put(&somebody("Lan"), (Thing::Clip(&clip), Former::Any), false, BEFORE)
            .await
            .unwrap();
    }
    let find = async |words: &str| {
        ids(store, ClipFilter { words: Some(words.to_owned()), ..ClipFilter::default() }).await
    };
    let apart: String = "Tuyên Truyền".nfd().collect();
    for words in ["tuyen truyen", "TUYÊN truyền", &apart, "dot dich", "dịch  đợt", "a b c d e mot"]
    {
        let expected: &[&str] = if words.starts_with("a b") { &[] } else { &["mot"] };
        assert_eq!(find(words).await, expected, "{words}");
    }
    assert_eq!(find("de nghi").await, ["hai"]);
    // What `like` has for joker is a letter like any other.
    for (words, expected) in
        [("50%", &["hai"][..]), ("5_%", &[]), ("2_a", &["hai"]), ("2!a", &[]), ("%", &["hai"])]
    {
        assert_eq!(find(words).await, expected, "{words}");
    }
    assert_eq!(find("").await.len(), 3);

    let waiting = ClipFilter { approval: Some(Approval::Waiting), ..ClipFilter::default() };
    assert_eq!(ids(store, waiting).await, ["hai", "mot"]);
    let approved = ClipFilter { approval: Some(Approval::Approved), ..ClipFilter::default() };
    assert_eq!(ids(store, approved).await, ["bluezone"]);
    store.retire(&somebody("Lan"), &"mot".parse().unwrap(), true, BEFORE).await.unwrap();
    let retired = |retired| ClipFilter { retired: Some(retired), ..ClipFilter::default() };
    assert_eq!(ids(store, retired(true)).await, ["mot"]);
    assert_eq!(ids(store, retired(false)).await, ["hai", "bluezone"]);
}

async fn pages_fit_together_in_the_dictionarys_order(house: House) {
    let store = house.district.store();
    let sorted = ["An ninh", "Bản tin 2", "Bản tin 2", "Bản tin 10", "Dạ hội", "Đê điều", "Ê ẩm"];
    let clips: Vec<_> = sorted
        .iter()
        .enumerate()
        .rev()
        .map(|(number, title)| titled(&format!("so-{number}"), title))
        .collect();
    let rules = Rules { clips, ..Rules::default() };
    store.apply(&rules, &Removed::default(), BEFORE).await.unwrap();
    let filter = ClipFilter { words: Some("so-".to_owned()), ..ClipFilter::default() };
    let mut seen: Vec<loa::store::StoredClip> = Vec::new();
    loop {
        let after = seen.last().map(|last| (last.sort_key.as_str(), &last.clip.id));
        let page = store.find_clips(&filter, after, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen.iter().map(|one| one.clip.title.as_str()).collect::<Vec<_>>(), sorted);
    let ids: Vec<_> = seen.iter().map(|one| one.clip.id.to_string()).collect();
    assert_eq!(ids, (0..7).map(|number| format!("so-{number}")).collect::<Vec<_>>());
}

/// As it was before there were a search and rulings.
#[tokio::test]
async fn an_older_database_is_filled_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("loa.db");
    let url = format!("sqlite:{}", file.display());
    let store = Store::open(&url).await.unwrap();
    let mut rules = crate::common::rules();
    rules.clips.push(Clip { approved_by: None, ..titled("moi", "Bản ghi mới") });
    store.apply(&rules, &Removed::default(), BEFORE).await.unwrap();
    store.close().await;
    {
        let db = rusqlite::Connection::open(&file).unwrap();
        for statement in ["update clip set folded = '', sort_key = ''", "delete from ruling"] {
            db.execute(statement, []).unwrap();
        }
    }
    for _ in 0..2 {
        let store = Store::open(&url).await.unwrap();
        let words =
            |words: &str| ClipFilter { words: Some(words.to_owned()), ..ClipFilter::default() };
        assert_eq!(ids(&store, words("ban ghi")).await, ["moi"]);
        let clips = store.clips().await.unwrap();
        let by: Vec<_> = clips.iter().map(|clip| clip.approved_by.as_deref()).collect();
        assert_eq!(by, [Some("Chủ tịch"), None]);
        let subject = loa::radio::Subject::Clip("bluezone".parse().unwrap());
        let rulings = store.rulings(&subject).await.unwrap();
        assert_eq!(rulings.iter().map(|ruling| ruling.at).collect::<Vec<_>>(), [None]);
        // A file that is applied again changes nothing by that.
        assert_eq!(store.apply(&rules, &Removed::default(), BEFORE).await.unwrap(), []);
        store.close().await;
    }
}
