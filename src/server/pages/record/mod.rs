//! The record: every airing with what came of it, and all that is known of one.

pub(super) mod list;
pub(super) mod one;
