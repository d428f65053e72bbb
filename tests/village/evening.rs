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
                assert!(pieces.len() <= 1, "{station} aired {n} twice: {pieces:?}: {airing}");
                let heard = pieces.first().map_or(0, |(_, tenths)| *tenths);
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

/// For each clip, in which of a station's recordings it is heard, and for how many tenths of a second. What comes after a
/// gap in the same recording, where the machine was too busy to go on, is the same airing, unless it is too long for one.
fn recordings(folder: &Path, station: &str, clips: usize) -> HashMap<usize, Vec<(String, usize)>> {
    let mut pieces: HashMap<usize, Vec<(String, usize)>> = HashMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with(&format!("{station}-")) && name.ends_with(".wav") {
            for (clip, tenths) in tones::heard(&path, clips) {
                let pieces = pieces.entry(clip).or_default();
                match pieces.last_mut().filter(|(recording, _)| recording == name) {
                    Some((_, sum)) if *sum + tenths <= 13 => *sum += tenths,
                    _ => pieces.push((name.to_owned(), tenths)),
                }
            }
        }
    }
    pieces
}
