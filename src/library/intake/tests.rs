use std::{f64::consts::TAU, fs, path::PathBuf};

use tempfile::TempDir;

use super::*;

/// A 16-bit WAV file of a tone.
fn wav(rate: u32, channels: u16, frames: u32, sample: impl Fn(u32) -> f64) -> Vec<u8> {
    let data = frames * u32::from(channels) * 2;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(16u16.to_le_bytes());
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    for frame in 0..frames {
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        let value = (sample(frame) * 32_767.0).round().clamp(-32_768.0, 32_767.0) as i16;
        for _ in 0..channels {
            file.extend(value.to_le_bytes());
        }
    }
    file
}

fn tone(level_db: f64, rate: u32) -> impl Fn(u32) -> f64 {
    let amplitude = 10f64.powf(level_db / 20.0);
    move |frame| amplitude * (TAU * 1000.0 * f64::from(frame) / f64::from(rate)).sin()
}

fn write(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("named-wrongly.txt");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn judge(bytes: &[u8]) -> Result<Measure, Refusal> {
    let (_folder, path) = write(bytes);
    measure(&path, &Limits::default(), |_| {})
}

#[test]
fn a_stereo_tone_measures_as_ebu_tech_3341_says() {
    // Test case 1: 1 kHz at -23 dBFS on both channels is -23 LUFS.
    let measured = judge(&wav(48_000, 2, 48_000 * 20, tone(-23.0, 48_000))).unwrap();
    assert_eq!((measured.frames, measured.duration_ms(), measured.channels), (960_000, 20_000, 2));
    assert!((measured.loudness_lufs.unwrap() + 23.0).abs() < 0.1, "{measured:?}");
    assert!((measured.true_peak_dbtp.unwrap() + 23.0).abs() < 0.3, "{measured:?}");
    assert!((measured.gain.db() - 7.0).abs() < 0.1);
    assert_eq!(measured.warnings, []);
}

#[test]
fn the_gain_stops_where_the_true_peak_would_pass_its_limit() {
    // A quiet tone with one loud click: loudness asks for much, the click allows little.
    let quiet = tone(-40.0, 48_000);
    let click = |frame| if frame == 48_000 { 0.8 } else { quiet(frame) };
    let measured = judge(&wav(48_000, 1, 48_000 * 5, click)).unwrap();
    let after = measured.true_peak_dbtp.unwrap() + measured.gain.db();
    assert!((after + 1.0).abs() < 0.02, "{after}");
}

#[test]
fn silences_are_found_where_they_are() {
    let sound = tone(-20.0, 16_000);
    let gap = |frame: u32| match frame / 16_000 {
        0 | 3..=9 | 12.. => 0.0,
        _ => sound(frame),
    };
    let measured = judge(&wav(16_000, 1, 16_000 * 14, gap)).unwrap();
    assert!((1000..1002).contains(&measured.leading_silence_ms), "{measured:?}");
    assert!((2000..2002).contains(&measured.trailing_silence_ms), "{measured:?}");
    assert!(
        matches!(measured.warnings[..], [Warning::SilenceInside { longest_ms: 7000..7002 }]),
        "{measured:?}"
    );
}

#[test]
fn a_loud_telephone_recording_is_taken_with_two_warnings() {
    let square = |frame: u32| if (frame / 8).is_multiple_of(2) { 1.0 } else { -1.0 };
    let measured = judge(&wav(8000, 1, 16_000, square)).unwrap();
    assert!(matches!(measured.warnings[..], [Warning::Clipped { .. }, Warning::TelephoneSound]));
}

#[test]
fn what_is_no_good_recording_is_refused_with_its_reason() {
    let good = wav(48_000, 1, 96_000, tone(-20.0, 48_000));
    assert_eq!(judge(b"Kinh gui cac xa, thi tran").unwrap_err(), Refusal::NotAudio);
    assert_eq!(judge(&[]).unwrap_err(), Refusal::NotAudio);
    assert_eq!(judge(&wav(48_000, 1, 0, |_| 0.0)).unwrap_err().code(), "empty");
    assert_eq!(judge(&wav(48_000, 1, 48_000, |_| 0.0)).unwrap_err(), Refusal::Silent);
    assert!(matches!(
        judge(&good[..good.len() / 2]).unwrap_err(),
        Refusal::Damaged { at_ms: 900..=1000, .. }
    ));
    let channels = judge(&wav(48_000, 9, 480, tone(-20.0, 48_000))).unwrap_err();
    assert!(matches!(channels, Refusal::TooManyChannels(9) | Refusal::NotAudio), "{channels:?}");
    let (_folder, path) = write(&good);
    let limit = Limits { longest_ms: 1999 };
    assert_eq!(measure(&path, &limit, |_| {}).unwrap_err(), Refusal::TooLong { limit_ms: 1999 });
}

#[test]
fn the_shelf_takes_what_is_good_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(folder.path()).unwrap();
    let good = wav(48_000, 1, 48_000, tone(-20.0, 48_000));
    let (_good, good_path) = write(&good);
    let (_bad, bad_path) = write(&good[..good.len() / 2]);

    let measured = take_in(&good_path, &shelf, &Limits::default(), |_| {}).unwrap();
    assert!(shelf.verify(&measured.sha256).unwrap());
    assert_eq!(fs::read(shelf.path_of(&measured.sha256)).unwrap(), good);
    take_in(&bad_path, &shelf, &Limits::default(), |_| {}).unwrap_err();
    assert_eq!(fs::read_dir(folder.path().join("intake")).unwrap().count(), 0);

    fs::write(shelf.path_of(&measured.sha256), &good[..100]).unwrap();
    assert!(!shelf.verify(&measured.sha256).unwrap());
}

#[test]
fn a_download_is_resumed_and_wrong_bytes_are_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let good = wav(48_000, 1, 4800, tone(-20.0, 48_000));
    let hash = judge(&good).unwrap().sha256;
    Shelf::open(folder.path()).unwrap().download(hash).unwrap().append(&good[..100]).unwrap();

    let shelf = Shelf::open(folder.path()).unwrap();
    let mut download = shelf.download(hash).unwrap();
    assert_eq!(download.length(), 100);
    download.append(&good[100..]).unwrap();
    download.finish().unwrap();
    assert!(shelf.verify(&hash).unwrap());

    let other = ClipHash([7; 32]);
    let mut download = shelf.download(other).unwrap();
    download.append(&good).unwrap();
    download.finish().unwrap_err();
    assert!(!shelf.contains(&other));
    assert_eq!(shelf.download(other).unwrap().length(), 0);
}
