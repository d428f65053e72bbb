#!/bin/sh
# Makes the recordings of this folder. Needs Debian's sox, libsox-fmt-base and espeak-ng.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# -R and -D: the same bytes of sound every time, no random dither.
play() { sox -R -D "$@"; }

# A bell: the note, its octave and its twelfth, each dying away faster than the one below.
note() { # NAME HERTZ DELAY
    set -- "$1" "$2" "$3" "$work/$1"
    play -n -r 48000 -c 1 -b 24 "$4-1.wav" synth 1.6 sine "$2" fade l 0.004 1.6 1.59 vol 0.60
    play -n -r 48000 -c 1 -b 24 "$4-2.wav" synth 1.0 sine "$(echo "$2 * 2" | bc)" fade l 0.004 1.0 0.99 vol 0.20
    play -n -r 48000 -c 1 -b 24 "$4-3.wav" synth 0.6 sine "$(echo "$2 * 3" | bc)" fade l 0.004 0.6 0.59 vol 0.10
    play -m -v 1 "$4-1.wav" -v 1 "$4-2.wav" -v 1 "$4-3.wav" "$4-sum.wav"
    play "$4-sum.wav" "$4.wav" delay "$3"
}
# F, A, C and the F above, 0.3 s apart: a rising chord in equal temperament.
note 1 349.23 0.00
note 2 440.00 0.30
note 3 523.25 0.60
note 4 698.46 0.90
play -m -v 1 "$work/1.wav" -v 1 "$work/2.wav" -v 1 "$work/3.wav" -v 1 "$work/4.wav" -b 16 -C 8 \
    --add-comment "TITLE=Nhạc hiệu" chime.flac norm -6

# The voice reads Vietnamese only, so names and figures are given to it by their sound.
sed -e 's/Bluezone/Blu dôn/g' -e 's/Smart /Sờ mát /g' -e 's/Covid-19/Cô vít mười chín/g' \
    -e 's/12075/mười hai nghìn không trăm bảy mươi lăm/' -e 's/1601/một nghìn sáu trăm linh một/' \
    bluezone-smart-thanh-hoa.vi.txt >"$work/said.txt"
espeak-ng -v vi -s 172 -p 45 -f "$work/said.txt" -w "$work/voice.wav"
# Below 120 Hz a horn sounds nothing; the peaks of a synthetic voice are tamed a little.
play "$work/voice.wav" -c 1 -r 48000 -b 16 -C 8 \
    --add-comment "TITLE=Cài đặt Bluezone và Smart Thanh Hóa" bluezone-smart-thanh-hoa.flac \
    silence 1 0.02 0.1% gain -8 rate -v 48000 highpass 120 compand 0.0005,0.1 6:-70,-70,-40,-24,-20,-14,0,-9 \
    pad 0.3 0.5 norm -6 gain -l 5 norm -2

# The mark of a drill: two equal tones, unlike the chime and any siren, then the words.
play -n -r 48000 -c 1 -b 24 "$work/tone.wav" synth 0.25 sine 880 fade q 0.01 0.25 0.02 vol 0.5 pad 0 0.15 repeat 1
espeak-ng -v vi -s 160 -p 45 -f dien-tap.vi.txt -w "$work/drill.wav"
play "$work/drill.wav" -c 1 -r 48000 -b 24 "$work/words.wav" \
    silence 1 0.02 0.1% gain -8 rate -v 48000 highpass 120 compand 0.0005,0.1 6:-70,-70,-40,-24,-20,-14,0,-9 norm -6
play "$work/tone.wav" "$work/words.wav" -b 16 -C 8 \
    --add-comment "TITLE=Đây là diễn tập" dien-tap.flac pad 0 0.4 norm -3

# A bulletin with its correction, and one for drills.
speak() { # NAME TITLE
    espeak-ng -v vi -s 165 -p 45 -f "$1.vi.txt" -w "$work/$1.wav"
    play "$work/$1.wav" -c 1 -r 48000 -b 16 -C 8 --add-comment "TITLE=$2" "$1.flac" \
        silence 1 0.02 0.1% gain -8 rate -v 48000 highpass 120 \
        compand 0.0005,0.1 6:-70,-70,-40,-24,-20,-14,0,-9 pad 0.2 0.3 norm -6 gain -l 5 norm -2
}
speak lu "Lũ đang lên nhanh"
speak dinh-chinh-lu "Đính chính: không có lũ"
speak tap-lu "Tập báo động lũ"
