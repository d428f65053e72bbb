//! How Vietnamese is searched and sorted.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The text without marks, case and needless spaces: `Tuyên  Truyền` and `tuyen truyen` are the same, however the marks
/// are encoded, and `đ` is `d`.
pub fn fold(text: &str) -> String {
    let lower: String = text.nfkd().flat_map(char::to_lowercase).collect();
    let plain: String = lower
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The alphabet, with the letters of other languages where they stand there.
const ALPHABET: [char; 33] = [
    'a', 'ă', 'â', 'b', 'c', 'd', 'đ', 'e', 'ê', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'ô', 'ơ', 'p', 'q', 'r', 's', 't', 'u', 'ư', 'v', 'w', 'x', 'y', 'z',
];

/// The tones in the dictionary's order: huyền, hỏi, ngã, sắc, nặng; before them the level one, which has no mark.
const TONES: [char; 5] = ['\u{300}', '\u{309}', '\u{303}', '\u{301}', '\u{323}'];

const END: u8 = 0x00;
const SPACE: u8 = 0x01;
const NUMBER: u8 = 0x10;
const LETTER: u8 = 0x20;
const OTHER: u8 = 0xf0;

/// A key whose order, in any collation, is the Vietnamese dictionary's: letters first, and tones only where the letters
/// are the same. Numbers count as numbers. Lower-case hexadecimal digits.
pub fn sort_key(text: &str) -> String {
    let (mut key, mut tones) = (Vec::new(), Vec::new());
    let mut digits = String::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").nfc() {
        let c = c.to_lowercase().next().unwrap_or(c);
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        number(&mut key, &mut digits);
        if c == ' ' {
            key.push(SPACE);
            continue;
        }
        let (letter, tone) = apart(c);
        if let Some(place) = ALPHABET.iter().position(|known| *known == letter) {
            key.push(LETTER + u8::try_from(place).unwrap_or_default());
            tones.push(tone);
        } else if letter.is_alphanumeric() {
            key.push(OTHER);
            key.extend(letter.to_string().bytes());
        }
    }
    number(&mut key, &mut digits);
    key.push(END);
    key.extend(tones);
    hex::encode(key)
}

/// Longer numbers are greater ones.
fn number(key: &mut Vec<u8>, digits: &mut String) {
    if digits.is_empty() {
        return;
    }
    let significant = digits.trim_start_matches('0');
    key.extend([NUMBER, u8::try_from(significant.len()).unwrap_or(u8::MAX)]);
    key.extend(significant.bytes());
    digits.clear();
}

/// A letter of the alphabet and its tone, 0 for the level one.
fn apart(c: char) -> (char, u8) {
    let mut tone = 0;
    let letter: String = c
        .to_string()
        .nfd()
        .filter(|mark| match TONES.iter().position(|known| known == mark) {
            Some(place) => {
                tone = u8::try_from(place + 1).unwrap_or_default();
                false
            }
            None => true,
        })
        .nfc()
        .collect();
    (letter.chars().next().unwrap_or(c), tone)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn what_is_typed_without_marks_finds_what_has_them() {
        for (written, typed) in [
            ("Tuyên truyền", "tuyen truyen"),
            ("ĐỢT  TUYÊN\u{a0}TRUYỀN", "dot tuyen truyen"),
            ("Hướng dẫn cài đặt", "huong dan cai dat"),
            ("Phường Quảng Thịnh, ngõ 9", "phuong quang thinh, ngo 9"),
        ] {
            assert_eq!(fold(written), typed);
            assert_eq!(fold(&written.nfd().collect::<String>()), typed);
        }
    }

    #[test]
    fn the_dictionary_puts_letters_before_tones() {
        let sorted = [
            "",
            "an",
            "án",
            "ạn",
            "an ninh",
            "anh",
            "ăn",
            "ân",
            "ba",
            "bà",
            "bả",
            "bã",
            "bá",
            "bạ",
            "bản tin 2",
            "bản tin 10",
            "bảy",
            "dạ",
            "đa",
            "e",
            "ê",
            "lan",
            "lân",
            "ngan",
            "nghỉ",
            "o",
            "ô",
            "ơ",
            "tuyên truyền",
            "u",
            "ư",
            "xa",
            "y tế",
        ];
        let mut shuffled = sorted;
        shuffled.reverse();
        shuffled.sort_by_key(|word| sort_key(word));
        assert_eq!(shuffled, sorted);
    }

    proptest! {
        #[test]
        fn folding_is_settled_and_blind_to_encoding(text in "\\PC{0,40}") {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded.clone());
            let (composed, apart): (String, String) = (text.nfc().collect(), text.nfd().collect());
            prop_assert_eq!(fold(&composed), folded.clone());
            prop_assert_eq!(fold(&apart), folded);
        }

        #[test]
        fn a_part_of_a_text_folds_to_a_part(words in prop::collection::vec("[a-yà-ỹĐ]{1,8}", 1..5), at in 0usize..4) {
            let part = &words[at.min(words.len() - 1)];
            prop_assert!(fold(&words.join(" ")).contains(&fold(part)));
        }

        #[test]
        fn order_is_blind_to_encoding_and_case(text in "[a-yà-ỹA-ZĐđ0-9 ]{0,30}") {
            let apart: String = text.nfd().collect();
            prop_assert_eq!(sort_key(&apart), sort_key(&text));
            prop_assert_eq!(sort_key(&text.to_lowercase()), sort_key(&text));
        }
    }
}
