//! The TOML of `schedules/`: read, check with line numbers, tell the difference from what is stored.
