//! What a form offers to tick or to choose from.

use crate::radio::sort_key;

/// Something to tick or choose.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) is_chosen: bool,
}

/// Things to choose from, each by its value and its text, in the dictionary's order.
pub(super) fn choices<'a, T: 'a>(
    things: impl IntoIterator<Item = &'a T>,
    said: impl Fn(&T) -> (String, String),
    chosen: &[String],
) -> Vec<Choice> {
    let choice = |thing| {
        let (value, text) = said(thing);
        let is_chosen = chosen.contains(&value);
        Choice { value, text, is_chosen }
    };
    let mut choices: Vec<_> = things.into_iter().map(choice).collect();
    choices.sort_by_cached_key(|choice| sort_key(&choice.text));
    choices
}
