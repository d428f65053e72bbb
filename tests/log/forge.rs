//! Logs made for tests, without a district.

use loa::{
    log::{
        Checkpoint, Declared, Entry, Frontier, Head, LogKey, Older, Proven, Record, StationKey,
        Wrong, leaf, line_of, verify,
    },
    radio::{RecordHash, UtcMs},
    signing::{Context, Note, NoteKey, SecretKey, Signs},
};
use sha2::Digest as _;

/// Numbers that look like chance and are the same every time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 += 1;
        let hash = sha2::Sha256::digest(self.0.to_be_bytes());
        (u64::from_be_bytes(hash[..8].try_into().unwrap()) % bound as u64) as usize
    }
}

pub(crate) fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// The log's key in every test.
pub(crate) const OURS: u8 = 1;
pub(crate) const NAME: &str = "loa/test";

pub(crate) fn key(number: u8) -> NoteKey {
    NoteKey::new(NAME, Signs::Text, secret(number).public()).unwrap()
}

/// A log with a key, stations with keys, their records, and what was declared: as many entries.
pub(crate) fn entries(dice: &mut Dice, count: usize) -> Vec<String> {
    let at = "2020-09-30T22:00:00.000Z";
    let mut lines = vec![
        Entry::LogKey(LogKey { at: UtcMs(0), key: key(OURS).to_string().into(), signature: None })
            .line()
            .unwrap(),
    ];
    let stations = 1 + dice.below(3);
    let mut chains: Vec<(u64, Option<RecordHash>)> = vec![(0, None); stations];
    for number in 0..stations {
        let key = secret(10 + number as u8).public().to_string();
        let station = format!("xa-{number}").into();
        let entry = StationKey { at: at.into(), station, key: key.into() };
        lines.push(Entry::StationKey(entry).line().unwrap());
    }
    while lines.len() < count {
        let number = dice.below(stations + 1);
        let line = if let Some((sequence, previous)) = chains.get_mut(number) {
            *sequence += 1;
            let payload = serde_json::json!({
                "station": format!("xa-{number}"), "sequence": sequence, "previous": previous, "title": "Cài đặt \"Bluezone\""
            });
            let (payload, key) = (payload.to_string(), secret(10 + number as u8));
            *previous = Some(RecordHash::of(payload.as_bytes()));
            let signature = key.sign(Context::Record, &payload).to_string();
            Entry::Record(Record {
                at: at.into(),
                key: Some(key.public().to_string().into()),
                signature: Some(signature.into()),
                payload: payload.into(),
            })
            .line()
        } else {
            let airing = format!("sang.xa-{}.20200930T220000Z", lines.len());
            Entry::Declaration(Declared {
                at: UtcMs(0),
                airing: &airing,
                number: 1,
                outcome: "aired",
                started_at: None,
                cause: None,
                detail: Some("đã phát"),
                by: "Lan",
                sent_as: None,
            })
            .line()
        };
        lines.push(line.unwrap());
    }
    lines.truncate(count.max(1 + stations));
    lines
}

pub(crate) fn head(lines: &[String]) -> Head {
    let mut tree = Frontier::default();
    lines.iter().for_each(|line| tree.push(leaf(line.as_bytes())));
    Head { size: tree.size(), root: tree.root() }
}

/// The head of some entries, signed under the log's name.
pub(crate) fn note(head: Head, by: u8) -> Note {
    let mut note = Note::new(Checkpoint { origin: NAME.to_owned(), head }.to_string()).unwrap();
    note.sign(NAME, &secret(by)).unwrap();
    note
}

/// An export of these entries under a head.
pub(crate) fn export(note: &Note, lines: &[String]) -> Vec<u8> {
    let mut text = format!("{note}\n");
    for line in lines {
        text += &line_of(line);
        text.push('\n');
    }
    text.into_bytes()
}

/// What our verifier says.
pub(crate) fn verdict(
    mut export: &[u8],
    older: Option<Older>,
    with_signatures: bool,
) -> Result<Proven, Wrong> {
    match verify(&mut export, None, older, with_signatures) {
        Ok(proven) => Ok(proven),
        Err(loa::log::BadExport::Wrong(wrong)) => Err(wrong),
        Err(error) => panic!("{error}"),
    }
}

/// The same in the words of the other verifier: `proven`, `entry N` or `wrong`.
pub(crate) fn word(verdict: &Result<Proven, Wrong>) -> String {
    match verdict {
        Ok(_) => "proven".to_owned(),
        Err(wrong) => wrong.entry().map_or("wrong".to_owned(), |entry| format!("entry {entry}")),
    }
}
