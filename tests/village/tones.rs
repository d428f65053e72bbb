//! Clips that can be told apart in any piece of a recording: each is one pitch.

use std::{f64::consts::TAU, path::Path};

const LEVEL: f64 = 6_000.0;
const RATE: u32 = 48_000;

/// The pitch of the clip of that number, in hertz.
fn pitch(n: usize) -> f64 {
    400.0 + 50.0 * n as f64
}

/// Writes a clip: 16-bit PCM, mono, 48 kHz.
pub(crate) fn write(file: &Path, n: usize, seconds: f64) {
    let frames = (seconds * f64::from(RATE)) as usize;
    let samples = (0..frames).map(|at| {
        let edge = (at.min(frames - at) as f64 / 960.0).min(1.0);
        (LEVEL * edge * (TAU * pitch(n) * at as f64 / f64::from(RATE)).sin()) as i16
    });
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut wav = b"RIFF".to_vec();
    wav.extend((data.len() as u32 + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(RATE.to_le_bytes());
    wav.extend((RATE * 2).to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(data);
    std::fs::write(file, wav).unwrap();
}

/// What is heard in a stereo recording, whose header may never have been finished: the clips in order, each with the
/// tenths of a second that it sounded without a break.
pub(crate) fn heard(file: &Path, clips: usize) -> Vec<(usize, usize)> {
    let bytes = std::fs::read(file).unwrap();
    let samples: Vec<f64> = bytes[44.min(bytes.len())..]
        .chunks_exact(4)
        .map(|frame| f64::from(i16::from_le_bytes([frame[0], frame[1]])))
        .collect();
    heard_in(&samples, RATE, clips)
}

/// The same of one channel's samples, as 16 bits have them.
pub(crate) fn heard_in(samples: &[f64], rate: u32, clips: usize) -> Vec<(usize, usize)> {
    // A tenth of a second: every pitch is a whole number of periods in it.
    let window_length = rate as usize / 10;
    let mut heard: Vec<(usize, usize)> = Vec::new();
    let mut before = None;
    for window in samples.chunks_exact(window_length) {
        let energy: f64 = window.iter().map(|sample| sample * sample).sum();
        // A quarter of a window at least: less of a pitch is no pitch.
        let now = (energy > 0.25 * window_length as f64 * LEVEL * LEVEL / 2.0)
            .then(|| loudest(window, rate, clips));
        match (now, heard.last_mut()) {
            (Some(n), Some((last, tenths))) if before == Some(n) && *last == n => *tenths += 1,
            (Some(n), _) => heard.push((n, 1)),
            (None, _) => {}
        }
        before = now;
    }
    heard
}

fn loudest(window: &[f64], rate: u32, clips: usize) -> usize {
    let strength = |n: usize| {
        let (mut re, mut im) = (0.0, 0.0);
        for (at, sample) in window.iter().enumerate() {
            let angle = TAU * pitch(n) * at as f64 / f64::from(rate);
            (re, im) = (re + sample * angle.cos(), im + sample * angle.sin());
        }
        re * re + im * im
    };
    (0..clips).max_by(|a, b| strength(*a).total_cmp(&strength(*b))).unwrap()
}
