//! Recordings in, measures and refusals out: every format, every refusal, every warning.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test that goes wrong is to stop there"
)]

use std::{
    fs,
    io::{self, Cursor, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use loa::library::{
    DecodeError, Decoder, Limits, Measure, Refusal, Shelf, Warning, intake::measure_from, measure,
    take_in,
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

const TONE_FRAMES: u64 = 13_230;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn measured(bytes: Vec<u8>) -> Result<Measure, Refusal> {
    measure_from(Cursor::new(bytes), &Limits::default(), |_| {})
}

/// A 16-bit WAV of interleaved samples.
fn wav(rate: u32, channels: u16, samples: impl IntoIterator<Item = f64>) -> Vec<u8> {
    let data: Vec<u8> =
        samples.into_iter().flat_map(|s| ((s * 32_767.0).round() as i16).to_le_bytes()).collect();
    let mut file = Vec::with_capacity(44 + data.len());
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + data.len() as u32).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&(rate * u32::from(channels) * 2).to_le_bytes());
    file.extend_from_slice(&(channels * 2).to_le_bytes());
    file.extend_from_slice(b"\x10\0data");
    file.extend_from_slice(&(data.len() as u32).to_le_bytes());
    file.extend_from_slice(&data);
    file
}

/// A sine at so many dBFS for so long, the same in every channel.
fn sine(rate: u32, channels: u16, hertz: f64, dbfs: f64, seconds: f64) -> Vec<f64> {
    let level = 10f64.powf(dbfs / 20.0);
    (0..(seconds * f64::from(rate)) as u64)
        .map(|i| level * (std::f64::consts::TAU * hertz * i as f64 / f64::from(rate)).sin())
        .flat_map(|s| std::iter::repeat_n(s, usize::from(channels)))
        .collect()
}

#[test]
fn every_format_is_decoded_to_its_last_frame() {
    for (name, codec, frames) in [
        ("tone.wav", "pcm_s16le", TONE_FRAMES),
        ("tone.flac", "flac", TONE_FRAMES),
        ("tone.mp3", "mp3", TONE_FRAMES),
        ("tone.m4a", "aac", TONE_FRAMES),
        ("front.m4a", "aac", TONE_FRAMES),
        ("tone.ogg", "vorbis", TONE_FRAMES),
        // Nothing tells what the encoder put around these: whole packets are heard.
        ("tone.aac", "aac", 14 * 1024),
        ("bare.mp3", "mp3", 25 * 576),
        ("telephone.wav", "pcm_mulaw", 4_800),
    ] {
        let found = measure(&fixture(name), &Limits::default(), |_| {}).unwrap();
        let bytes = fs::read(fixture(name)).unwrap();
        assert_eq!((found.format.codec, found.frames), (codec, frames), "{name}");
        assert_eq!(found.format.channels, 1, "{name}");
        assert_eq!(found.sha256.0, <[u8; 32]>::from(Sha256::digest(&bytes)), "{name}");
        assert_eq!(found.bytes, bytes.len() as u64, "{name}");
    }
}

#[test]
fn what_an_encoder_put_in_front_is_left_out() {
    let decoded = |name: &str| {
        let mut decoder = Decoder::open(&fixture(name)).unwrap();
        let mut samples = Vec::new();
        while let Some(block) = decoder.block().unwrap() {
            samples.extend_from_slice(block);
        }
        samples
    };
    let truth = decoded("tone.wav");
    assert_eq!(decoded("tone.flac"), truth);
    for name in ["tone.mp3", "tone.m4a", "tone.ogg"] {
        let lossy = decoded(name);
        // The shift at which the two are most alike is none.
        let alike = |shift: i64| -> f64 {
            let (mut product, mut energy) = (0.0, 0.0);
            for i in 2_000..11_000i64 {
                let heard = f64::from(lossy[(i + shift) as usize]);
                product += f64::from(truth[i as usize]) * heard;
                energy += heard * heard;
            }
            product / energy.sqrt()
        };
        let best = (-1_200..1_200).max_by(|a, b| alike(*a).total_cmp(&alike(*b))).unwrap();
        assert_eq!(best, 0, "{name}");
    }
}

#[test]
fn the_name_of_a_file_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    for (name, disguise) in [("tone.mp3", "a.wav"), ("tone.wav", "b.mp3"), ("tone.ogg", "c")] {
        let path = folder.path().join(disguise);
        fs::copy(fixture(name), &path).unwrap();
        assert_eq!(measure(&path, &Limits::default(), |_| {}).unwrap().frames, TONE_FRAMES);
    }
}

#[test]
fn titles_are_kept_in_composed_letters() {
    for name in ["tone.wav", "tone.flac", "tone.mp3", "tone.m4a", "tone.ogg"] {
        let found = measure(&fixture(name), &Limits::default(), |_| {}).unwrap();
        assert_eq!(found.title.as_deref(), Some("Ti\u{1ebf}ng th\u{1eed}"), "{name}");
    }
}

#[test]
fn a_truncated_file_is_refused_or_has_lost_no_sound() {
    for name in ["tone.wav", "tone.flac", "tone.mp3", "tone.m4a", "front.m4a", "tone.ogg"] {
        let bytes = fs::read(fixture(name)).unwrap();
        let mut refused = 0;
        for length in (0..bytes.len()).step_by(13) {
            match measured(bytes[..length].to_vec()) {
                Ok(found) => {
                    assert_eq!(found.frames, TONE_FRAMES, "{name} cut at byte {length}");
                    assert!(length * 10 > bytes.len() * 9, "{name} cut at byte {length}");
                }
                Err(Refusal::Decode(
                    DecodeError::Damaged { .. } | DecodeError::NotAudio(_) | DecodeError::Empty,
                )) => refused += 1,
                Err(other) => panic!("{name} cut at byte {length}: {other}"),
            }
        }
        assert!(refused > 0, "{name}");
    }
}

#[test]
fn a_truncated_file_is_refused_with_the_second() {
    let whole = wav(8_000, 1, sine(8_000, 1, 400.0, -12.0, 10.0));
    let cut = whole[..whole.len() * 7 / 10].to_vec();
    match measured(cut) {
        Err(Refusal::Decode(DecodeError::Damaged { second, .. })) => {
            assert!((second - 7.0).abs() < 0.3, "{second}");
        }
        other => panic!("{other:?}"),
    }
    // The first 8 kB of the FLAC are tags and padding.
    for (name, tenths, from, until) in [("tone.flac", 8, 0.2, 0.5), ("tone.mp3", 6, 0.2, 0.4)] {
        let bytes = fs::read(fixture(name)).unwrap();
        match measured(bytes[..bytes.len() * tenths / 10].to_vec()) {
            Err(Refusal::Decode(DecodeError::Damaged { second, .. })) => {
                assert!((from..until).contains(&second), "{name}: {second}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_hole_in_the_middle_is_noticed() {
    for name in ["tone.flac", "tone.mp3", "tone.ogg", "front.m4a"] {
        let mut bytes = fs::read(fixture(name)).unwrap();
        let hole = bytes.len() / 2..bytes.len() / 2 + bytes.len() / 5;
        bytes.drain(hole);
        let refusal = measured(bytes).unwrap_err();
        assert_eq!(refusal.code(), "damaged", "{name}: {refusal}");
    }
}

#[test]
fn two_recordings_glued_together_are_refused_not_cut() {
    let one = fs::read(fixture("tone.mp3")).unwrap();
    let refusal = measured(one.repeat(4)).unwrap_err();
    assert!(refusal.to_string().contains("goes on"), "{refusal}");
}

#[test]
fn what_is_no_recording_is_refused() {
    let mut disguised = vec![0x50, 0x4b, 3, 4];
    disguised.extend(fs::read(fixture("tone.ogg")).unwrap());
    for bytes in [b"a text, not a recording".to_vec(), vec![0; 5_000], disguised] {
        assert_eq!(measured(bytes).unwrap_err().code(), "not-audio");
    }
    assert_eq!(measured(Vec::new()).unwrap_err().code(), "empty");
    assert_eq!(measured(wav(8_000, 1, [])).unwrap_err().code(), "empty");
    for path in [Path::new("/nowhere/at/all.wav"), Path::new("/")] {
        let refusal = measure(path, &Limits::default(), |_| {}).unwrap_err();
        assert_eq!(refusal.code(), "unreadable");
    }
}

#[test]
fn silence_length_and_channels_have_limits() {
    assert_eq!(measured(wav(8_000, 2, vec![0.0; 16_000])).unwrap_err().code(), "silent");
    assert_eq!(measured(wav(8_000, 1, vec![0.0005; 16_000])).unwrap_err().code(), "silent");

    let second = wav(8_000, 1, sine(8_000, 1, 400.0, -12.0, 1.0));
    let of = |longest| {
        let limits = Limits { longest: Duration::from_millis(longest), ..Limits::default() };
        measure_from(Cursor::new(second.clone()), &limits, |_| {})
    };
    assert_eq!(of(1_000).unwrap().frames, 8_000);
    assert_eq!(of(999).unwrap_err().code(), "too-long");

    assert_eq!(measured(wav(8_000, 8, sine(8_000, 8, 400.0, -12.0, 0.5))).unwrap().frames, 4_000);
    let nine = measured(wav(8_000, 9, sine(8_000, 9, 400.0, -12.0, 0.5))).unwrap_err();
    assert_eq!(nine.code(), "too-many-channels");
}

#[test]
fn samples_that_are_no_numbers_are_refused() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut file = wav(8_000, 1, sine(8_000, 1, 400.0, -12.0, 2.0));
        // The same bytes as 32-bit floats: half as many frames.
        file[20] = 3;
        file[32] = 4;
        file[34] = 32;
        file[28..32].copy_from_slice(&32_000u32.to_le_bytes());
        for frame in file[44..].chunks_exact_mut(4) {
            frame.copy_from_slice(&0.25f32.to_le_bytes());
        }
        assert_eq!(measured(file.clone()).unwrap().frames, 8_000);
        file[44 + 4 * 4_000..][..4].copy_from_slice(&bad.to_le_bytes());
        match measured(file) {
            Err(Refusal::Decode(DecodeError::Damaged { second, .. })) => {
                assert!((second - 0.5).abs() < 0.01, "{second}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Reads well until the decoder is under way, then falls apart.
struct Bomb(Cursor<Vec<u8>>, u32);

impl Read for Bomb {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1.saturating_sub(1);
        assert!(self.1 > 0, "on purpose");
        self.0.read(buffer)
    }
}

impl Seek for Bomb {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_panic_below_the_decoder_is_a_refusal_of_that_file() {
    let bytes = wav(8_000, 1, sine(8_000, 1, 400.0, -12.0, 60.0));
    let source = Bomb(Cursor::new(bytes), 20);
    let refusal = measure_from(source, &Limits::default(), |_| {}).unwrap_err();
    assert_eq!(refusal.code(), "decoder-panicked");
}

#[test]
fn loudness_is_what_ebu_tech_3341_expects() {
    let parts = |parts: &[(f64, f64)]| {
        let samples = parts.iter().flat_map(|(dbfs, s)| sine(48_000, 2, 1_000.0, *dbfs, *s));
        measured(wav(48_000, 2, samples)).unwrap()
    };
    // Its cases 1, 2 and 3.
    for (signal, lufs) in [
        (&[(-23.0, 20.0)][..], -23.0),
        (&[(-33.0, 20.0)], -33.0),
        (&[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
    ] {
        let found = parts(signal).loudness_lufs.unwrap();
        assert!((found - lufs).abs() <= 0.1, "{found} LUFS instead of {lufs}");
    }
}

#[test]
fn the_gain_aims_at_the_target_and_stops_at_the_ceiling() {
    let quiet = measured(wav(48_000, 1, sine(48_000, 1, 1_000.0, -30.0, 3.0))).unwrap();
    let after = quiet.loudness_lufs.unwrap() + quiet.gain.db();
    assert!((after - -16.0).abs() < 0.02, "{after} LUFS");

    let mut peaky = sine(48_000, 1, 1_000.0, -40.0, 3.0);
    peaky[70_000] = 0.7;
    let peaky = measured(wav(48_000, 1, peaky)).unwrap();
    let peak = peaky.true_peak_dbtp + peaky.gain.db();
    assert!((-1.02..=-1.0).contains(&peak), "{peak} dBTP");
}

#[test]
fn a_peak_between_the_samples_is_measured() {
    let samples =
        (0..48_000).map(|i| 0.5 * (std::f64::consts::FRAC_PI_2 * (f64::from(i) + 0.5)).sin());
    let found = measured(wav(48_000, 1, samples)).unwrap();
    assert!((found.true_peak_dbtp - -6.02).abs() < 0.5, "{} dBTP", found.true_peak_dbtp);
}

#[test]
fn silence_around_and_inside_is_measured() {
    let tone = || sine(16_000, 1, 400.0, -12.0, 1.0);
    let hush = |seconds: usize| vec![0.0; 16_000 * seconds];
    let gap = |seconds| [hush(2), tone(), hush(seconds), tone(), hush(3)].concat();
    let found = measured(wav(16_000, 1, gap(6))).unwrap();
    assert!(found.leading_silence_ms.abs_diff(2_000) < 5, "{}", found.leading_silence_ms);
    assert!(found.trailing_silence_ms.abs_diff(3_000) < 5, "{}", found.trailing_silence_ms);
    assert_eq!(found.warnings, [Warning::SilenceInside]);
    assert_eq!(measured(wav(16_000, 1, gap(4))).unwrap().warnings, []);
}

#[test]
fn clipping_and_telephones_are_warned_of() {
    let loud = sine(16_000, 2, 400.0, 6.0, 1.0).into_iter().map(|s| s.clamp(-1.0, 1.0));
    assert_eq!(measured(wav(16_000, 2, loud)).unwrap().warnings, [Warning::Clipped]);
    let full = measured(wav(16_000, 2, sine(16_000, 2, 400.0, 0.0, 1.0))).unwrap();
    assert_eq!(full.warnings, [], "full scale alone is no clipping");
    let telephone = measure(&fixture("telephone.wav"), &Limits::default(), |_| {}).unwrap();
    assert_eq!(telephone.warnings, [Warning::Telephone]);
}

#[test]
fn the_drawing_follows_the_sound() {
    let samples = [vec![0.0; 8_000], sine(16_000, 1, 400.0, 0.0, 0.5)].concat();
    let found = measured(wav(16_000, 1, samples)).unwrap().waveform;
    let half = (8_000 / found.frames_per_pair) as usize;
    assert!(found.pairs[..half - 1].iter().all(|pair| *pair == [0, 0]));
    assert!(found.pairs[half + 1..].iter().all(|[low, high]| *low < -120 && *high > 120));
}

#[test]
fn progress_comes_to_the_end() {
    let bytes = wav(48_000, 1, sine(48_000, 1, 400.0, -12.0, 30.0));
    let (mut last, of) = (0, bytes.len() as u64);
    measure_from(Cursor::new(bytes), &Limits::default(), |told| {
        assert!(told.bytes >= last && told.bytes <= told.of_bytes && told.of_bytes == of);
        last = told.bytes;
    })
    .unwrap();
    assert!(last > of / 2);
}

#[test]
fn taking_in_keeps_the_bytes_and_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(folder.path()).unwrap();
    for _ in 0..2 {
        let found = take_in(&fixture("tone.m4a"), &shelf, &Limits::default(), |_| {}).unwrap();
        shelf.verify(&found.sha256).unwrap();
        assert_eq!(shelf.clips().unwrap(), [found.sha256]);
        assert_eq!(
            fs::read(shelf.path_of(&found.sha256)).unwrap(),
            fs::read(fixture("tone.m4a")).unwrap()
        );
    }
}

#[test]
fn what_is_refused_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(&folder.path().join("shelf")).unwrap();
    let path = folder.path().join("cut.flac");
    let bytes = fs::read(fixture("tone.flac")).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    take_in(&path, &shelf, &Limits::default(), |_| {}).unwrap_err();
    assert_eq!(files_under(&folder.path().join("shelf")), 0);
}

fn files_under(folder: &Path) -> usize {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { files_under(&path) } else { 1 })
        .sum()
}

const CRASH_IN: &str = "LOA_TEST_CRASH_IN";

/// Not a test by itself: the process that the next test kills in the middle of an intake.
#[test]
fn crash_in_the_middle_when_asked() {
    let Some(folder) = std::env::var_os(CRASH_IN).map(PathBuf::from) else { return };
    let shelf = Shelf::open(&folder.join("shelf")).unwrap();
    let path = folder.join("long.wav");
    let _ = take_in(&path, &shelf, &Limits::default(), |told| {
        if told.bytes > told.of_bytes / 2 {
            std::process::abort();
        }
    });
}

#[test]
fn an_interrupted_intake_leaves_nothing_half() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    fs::write(&path, wav(48_000, 1, sine(48_000, 1, 400.0, -12.0, 20.0))).unwrap();
    let crashed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash_in_the_middle_when_asked"])
        .env(CRASH_IN, folder.path())
        .output()
        .unwrap();
    assert!(!crashed.status.success());
    assert_eq!(files_under(&folder.path().join("shelf")), 1, "the half file of the crash");

    let shelf = Shelf::open(&folder.path().join("shelf")).unwrap();
    assert_eq!(files_under(&folder.path().join("shelf")), 0);
    let found = take_in(&path, &shelf, &Limits::default(), |_| {}).unwrap();
    shelf.verify(&found.sha256).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_bytes_never_panic(
        which in 0usize..8,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        head in any::<bool>(),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let names = [
            "tone.wav", "tone.flac", "tone.mp3", "tone.m4a", "front.m4a", "tone.ogg", "tone.aac", "telephone.wav",
        ];
        let mut bytes = fs::read(fixture(names[which])).unwrap();
        // Headers are where it hurts.
        let reach = if head { 128 } else { bytes.len() };
        for (place, value) in changes {
            bytes[place.index(reach)] = value;
        }
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        let limits = Limits { longest: Duration::from_secs(60), ..Limits::default() };
        match measure_from(Cursor::new(bytes.clone()), &limits, |_| {}) {
            Ok(found) => {
                prop_assert!(found.frames > 0 && found.true_peak_dbtp.is_finite());
                prop_assert_eq!(found.sha256.0, <[u8; 32]>::from(Sha256::digest(&bytes)));
            }
            Err(refusal) => prop_assert!(!refusal.to_string().is_empty()),
        }
    }
}
