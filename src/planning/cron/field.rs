use std::fmt;

use super::BadRule;

/// One field of a rule: what it is called and which numbers it takes.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) min: u32,
    pub(super) max: u32,
    /// Words for the numbers from `min` on.
    pub(super) names: &'static [&'static str],
}

/// Numbers below 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::planning) struct Set(u64);

impl Set {
    /// Any number, whatever the field.
    pub(super) const ALL: Self = Self(u64::MAX);

    pub(in crate::planning) fn has(self, number: u32) -> bool {
        number < 64 && self.0 & (1 << number) != 0
    }

    /// Whether it has every number from one to another, both inside.
    pub(super) fn covers(self, first: u32, last: u32) -> bool {
        (first..=last).all(|number| self.has(number))
    }

    /// The least number; 64 when there is none.
    pub(super) fn first(self) -> u32 {
        self.0.trailing_zeros()
    }

    /// crontab(5) calls Sunday both 0 and 7.
    pub(super) fn sunday_is_zero(self) -> Self {
        Self((self.0 | self.0 >> 7 & 1) & 0x7f)
    }

    pub(super) fn shifted_by_one(self) -> Self {
        if self == Self::ALL { self } else { Self(self.0 << 1) }
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("*");
        }
        for (index, number) in (0..64).filter(|number| self.has(*number)).enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{number}")?;
        }
        Ok(())
    }
}

impl Field {
    /// Reads a list of numbers, ranges and steps.
    pub(super) fn read(&self, text: &str) -> Result<Set, BadRule> {
        text.split(',')
            .try_fold(0, |set, part| Ok(set | self.part(part)?))
            .map(Set)
            .map_err(|why| BadRule::Field { field: self.name, text: text.to_owned(), why })
    }

    fn part(&self, text: &str) -> Result<u64, String> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        let (first, last) = if range == "*" {
            (self.min, self.max)
        } else if let Some((first, last)) = range.split_once('-') {
            let (first, last) = (self.number(first)?, self.number(last)?);
            // As the end of a range Sunday closes the week.
            let last = if self.max == 7 && last == 0 && first > 0 { 7 } else { last };
            if first > last {
                return Err(format!(
                    "{range} runs backwards: write {first}-{},{}-{last}",
                    self.max, self.min
                ));
            }
            (first, last)
        } else {
            let only = self.number(range)?;
            if step.is_some() {
                return Err(format!("a step needs a range: write {only}-{}/…", self.max));
            }
            (only, only)
        };
        let step = match step {
            None => 1,
            Some(step) => match digits(step) {
                Some(step) if step > 0 => step,
                _ => return Err(format!("\"{step}\" is no step: it must be a number above 0")),
            },
        };
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        Ok((first..=last).step_by(step).fold(0, |set, number| set | 1 << number))
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        if let Some(index) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return Ok(u32::try_from(index).unwrap_or(0) + self.min);
        }
        match digits(text) {
            Some(number) if (self.min..=self.max).contains(&number) => Ok(number),
            Some(number) => Err(format!("{number} is not between {} and {}", self.min, self.max)),
            None if self.names.is_empty() => Err(format!("\"{text}\" is not a number")),
            None => {
                Err(format!("\"{text}\" is neither a number nor one of {}", self.names.join(", ")))
            }
        }
    }
}

/// Digits only: Rust would also take a plus sign.
fn digits(text: &str) -> Option<u32> {
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}
