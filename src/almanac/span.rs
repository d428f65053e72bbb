/// Milliseconds of a duration as people write it: `500ms`, `40s`, `15m`, `2h`, `1m30s`.
pub(super) fn millis(text: &str) -> Option<u64> {
    let (mut rest, mut sum) = (text.trim(), 0u64);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let end = unit.find(|char: char| !char.is_ascii_lowercase()).unwrap_or(unit.len());
        let factor = match &unit[..end] {
            "ms" => 1,
            "s" => 1000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(factor)?)?;
        rest = unit[end..].trim_start();
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, expected) in [
            ("15m", Some(900_000)),
            ("40s", Some(40_000)),
            ("500ms", Some(500)),
            ("1m30s", Some(90_000)),
            ("1h 5min", Some(3_900_000)),
            ("0s", Some(0)),
            ("", None),
            ("15", None),
            ("m", None),
            ("-5s", None),
            ("5 s", None),
            ("99999999999999999999s", None),
            ("9999999999999999999h", None),
            ("5ſ", None),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
    }
}
