/// A text without what XML 1.0 cannot hold.
/// Source: XML 1.0, section 2.2, `Char`.
pub(super) fn holdable(mut text: String) -> String {
    text.retain(|c| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    });
    text
}
