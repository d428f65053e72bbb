//! What a bench is to reach, and whether it did.

/// Says it in one line.
#[expect(clippy::print_stdout, reason = "a bench tells")]
pub(crate) fn told(what: &str, is_met: bool) {
    println!("to reach: {what}: {}", if is_met { "met" } else { "NOT MET" });
}
