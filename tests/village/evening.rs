//! What a day that was disturbed comes to: whatever happened, each airing has one state, and nothing was heard twice.

use std::{collections::HashMap, fs, path::Path};

use super::{Program, Village, tones};

impl Village {
    /// Lets stations air in peace what is left of their day, and compares what they say with their recordings, which lie
    /// beside each other as `STATION-….wav`. Gives how often each state came out.
    pub async fn end_of_day(&self, stations: &[&str], airings: usize) -> HashMap<String, usize> {
        let last: Vec<_> = stations
            .iter()
            .map(|station| self.station(station, &format!("wav:{station}-last.wav")))
            .collect();
        for station in stations {
            self.until_reported(station).await;
        }
        last.into_iter().for_each(Program::stop);

        let mut outcomes: HashMap<String, usize> = HashMap::new();
        for station in stations {
            let reported = self.airings(station).await;
            assert_eq!(reported.len(), airings);
            let played = recordings(&self.folder, station, airings);
            for airing in &reported {
                let n: usize =
                    airing["schedule"].as_str().unwrap().trim_start_matches('s').parse().unwrap();
                let state = airing["state"].as_str().unwrap();
                *outcomes.entry(state.to_owned()).or_default() += 1;
                let pieces = played.get(&n).map_or(&[][..], Vec::as_slice);
                assert!(pieces.len() <= 1, "{station} aired {n} twice: {pieces:?}");
                let heard = pieces.first().copied().unwrap_or(0);
                match state {
                    "simulated" => assert!(heard >= 10, "{station} {n}: heard {heard}/10 s"),
                    "missed" => assert_eq!(heard, 0, "{station} {n}: {airing}"),
                    // Its whole 1.2 s may have sounded before the end was kept, from the middle of a tenth on.
                    "interrupted" => assert!(heard <= 13, "{station} {n}: heard {heard}/10 s"),
                    other => panic!("{station} {n} is {other}: {airing}"),
                }
            }
        }
        outcomes
    }
}

/// For each clip, how many tenths of a second each piece lasted that is heard of it in all of a station's recordings.
fn recordings(folder: &Path, station: &str, clips: usize) -> HashMap<usize, Vec<usize>> {
    let mut pieces: HashMap<usize, Vec<usize>> = HashMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with(&format!("{station}-")) && name.ends_with(".wav") {
            for (clip, tenths) in tones::heard(&path, clips) {
                pieces.entry(clip).or_default().push(tenths);
            }
        }
    }
    pieces
}
