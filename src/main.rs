//! `loa`: one program, several roles.

mod roles;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use roles::{
    admit, apply, clip, demo, doctor, logging, plan, serve,
    station::{self, StationArguments},
};
use tokio::runtime::Builder;

/// Runs the loudspeaker radio of a district and its communes.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    Demo(demo::DemoArguments),
    Serve(Box<serve::ServeArguments>),
    Station(Box<StationArguments>),
    Apply(apply::ApplyArguments),
    Plan(plan::PlanArguments),
    /// Recordings: judge them, take them in.
    #[command(subcommand)]
    Clip(clip::Command),
    Enrol(admit::EnrolArguments),
    Token(admit::TokenArguments),
    Doctor(doctor::DoctorArguments),
}

fn main() -> ExitCode {
    let done = play(Arguments::parse().role);
    done.unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn play(role: Role) -> anyhow::Result<ExitCode> {
    if matches!(role, Role::Serve(_) | Role::Station(_)) {
        logging::start();
    }
    let well = |()| ExitCode::SUCCESS;
    match role {
        Role::Plan(arguments) => plan::run(&arguments, clip::measure_entry).map(well),
        Role::Clip(command) => clip::run(command),
        // A station's memory is small, and its sound has threads of its own.
        Role::Station(arguments) => Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(station::run(*arguments))
            .map(well),
        role => Builder::new_multi_thread().enable_all().build()?.block_on(async {
            match role {
                Role::Demo(arguments) => demo::run(arguments).await,
                Role::Serve(arguments) => serve::run(*arguments).await.map(well),
                Role::Apply(arguments) => apply::run(arguments).await.map(well),
                Role::Enrol(arguments) => admit::enrol(arguments).await.map(well),
                Role::Token(arguments) => admit::token(arguments).await.map(well),
                Role::Doctor(arguments) => doctor::run(arguments).await,
                Role::Plan(_) | Role::Clip(_) | Role::Station(_) => Ok(ExitCode::SUCCESS),
            }
        }),
    }
}
