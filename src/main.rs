//! `loa`: one program, several roles.

mod roles;

use clap::{Parser, Subcommand};

/// Runs the loudspeaker radio of a district and its communes.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {}

fn main() -> std::process::ExitCode {
    match Arguments::parse().role {}
}
