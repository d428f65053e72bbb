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
enum Role {
    /// Recordings: check them.
    #[command(subcommand)]
    Clip(roles::clip::Command),
}

fn main() -> std::process::ExitCode {
    let done = match Arguments::parse().role {
        Role::Clip(command) => roles::clip::run(command),
    };
    done.unwrap_or_else(|error| {
        eprintln!("loa: {error:#}");
        std::process::ExitCode::FAILURE
    })
}
