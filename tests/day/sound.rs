//! What sounds, sample by sample.

use loa::{
    playout::{site::Site, speaker::Format},
    radio::{AiringItem, Outcome, Priority::Routine},
};

use super::{
    SLOW, one,
    studio::{self, Manners, Studio, airing, at},
};

#[test]
fn items_follow_without_a_gap_on_their_very_frames() {
    let studio = Studio::new(at(-20.0), 8_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let own = Format { sample_rate: 8_000, channels: 1 };
    let (a, b) = (studio.clips.add(1, own, 1.0, 0.25), studio.clips.add(2, own, 2.0, -0.5));
    studio.play(vec![airing("a", 0.0, 0.0, Routine, vec![a, b])], 10.0 + 20.0);
    let mut want = vec![0.0; 20 * 8_000];
    for clip in [1, 2] {
        let clips = studio.clips.0.lock().unwrap();
        want.extend_from_slice(&clips[&loa::radio::ClipHash([clip; 32])].samples);
    }
    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    assert_eq!(tape[..want.len()], want[..]);
    assert!(tape[want.len()..].iter().all(|sample| *sample == 0.0));
}

#[test]
fn gain_and_volume_count_and_nothing_clips_beyond_full_scale() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let mut loud = studio.clips.add(1, SLOW, 1.0, 0.5);
    let AiringItem::Clip { gain, .. } = &mut loud else { unreachable!() };
    gain.centibels = 1_200;
    let mut soft = studio.clips.add(2, SLOW, 1.0, 0.5);
    let AiringItem::Clip { gain, .. } = &mut soft else { unreachable!() };
    gain.centibels = -602;
    studio.play(vec![airing("a", 0.0, 0.0, Routine, vec![loud, soft])], 12.0);
    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    assert_eq!(tape[5_500], 1.0);
    assert!((tape[6_500] - 0.25).abs() < 1e-4, "{}", tape[6_500]);
}

#[test]
fn a_station_at_half_volume_halves_every_sample() {
    let mut studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    studio.site.volume = 50.try_into().unwrap();
    let a = studio.clips.add(1, SLOW, 1.0, 0.5);
    studio.play(vec![airing("a", 0.0, 0.0, Routine, vec![a])], 12.0);
    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    let sound = &tape[5_001..5_999];
    assert!(sound.iter().all(|sample| (sample - 0.25).abs() < 1e-4), "{:?}", &sound[..5]);
}

#[test]
fn the_volume_glides_while_it_plays() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    let clip = studio.clips.add(1, SLOW, 20.0, 0.5);
    let deck = studio.deck();
    deck.follow(studio::rundown(vec![airing("a", 0.0, 0.0, Routine, vec![clip])]));
    studio.world.run_for(15.0);
    deck.knobs().turn(Site { volume: 40.try_into().unwrap(), ..Site::default() });
    studio.world.run_for(5.0);
    studio.world.stop(deck);
    let tape = studio.world.tape.lock().unwrap().take().unwrap();
    assert_eq!(tape[15_500], 0.5);
    assert!((tape[16_500] - 0.2).abs() < 1e-6, "{}", tape[16_500]);
    assert!(
        tape.windows(2).skip(6_000).take(10_000).all(|w| (w[0] - w[1]).abs() < 0.01),
        "it clicks"
    );
}

#[test]
fn a_loader_that_is_late_makes_a_gap_and_costs_no_sound() {
    let studio = Studio::new(at(-5.0), 1_000);
    *studio.world.tape.lock().unwrap() = Some(Vec::new());
    *studio.world.manners.lock().unwrap() = Manners { holds: 0.1, ..Manners::default() };
    // The loader hands over blocks of 2,400 frames, but for a fade's worth: the last 50 of the first airing are late, while
    // the second is already due right after them.
    let (a, b) = (studio.clips.add(1, SLOW, 9.65, 0.5), studio.clips.add(2, SLOW, 5.0, 0.25));
    let gate = std::sync::Arc::new(studio::Gate::default());
    studio.clips.spoil(1, |clip| clip.slow = Some((9_620, gate.clone())));
    let deck = studio.deck();
    deck.follow(studio::rundown(vec![
        airing("a", 0.0, 600.0, Routine, vec![a]),
        airing("b", 9.0, 600.0, Routine, vec![b]),
    ]));
    studio.world.run_for(25.0);
    gate.open();
    studio.world.run_for(20.0);
    studio.world.stop(deck);
    let records = studio.records();
    for (name, level, frames) in [("a.", 0.5, 9_650), ("b.", 0.25, 5_000)] {
        let draft = one(&records, name);
        assert_eq!((draft.outcome, draft.frames_played), (Outcome::Aired, frames), "{draft:?}");
        let tape = studio.world.tape.lock().unwrap();
        let heard = tape.iter().flatten().filter(|sample| **sample == level).count() as u64;
        assert_eq!(heard, frames - 2, "{name}");
    }
    let late = one(&records, "a.");
    assert!(late.xruns > 0, "{late:?}");
    assert_eq!(late.pace_ppm, Some(1_000_000));
}
