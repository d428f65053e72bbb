//! `loa`: one program, several roles.

mod roles;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use loa::config::{self, ConfigError};
use roles::{
    admit, apply, backup, clip, demo, doctor, key, log, logging, person, plan, report, revoke,
    serve,
    station::{self, StationArguments},
    stick,
};
use tokio::runtime::Builder;

/// Runs the loudspeaker radio of a district and its communes.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Arguments {
    /// The settings file, whose word is less than the environment's and the flags'; else /etc/loa/loa.toml, if there
    /// is one.
    #[arg(long, env = "LOA_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
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
    /// USB sticks for stations that have no line.
    #[command(subcommand)]
    Stick(stick::Command),
    Enrol(admit::EnrolArguments),
    Token(admit::TokenArguments),
    Revoke(revoke::RevokeArguments),
    /// People who sign in to the pages.
    #[command(subcommand)]
    Person(person::Command),
    /// The district's keys: look at them, change them.
    #[command(subcommand)]
    Key(key::Command),
    /// The log that cannot be rewritten: export, verify and co-sign it.
    #[command(subcommand)]
    Log(Box<log::Command>),
    Report(Box<report::ReportArguments>),
    Backup(backup::BackupArguments),
    Restore(backup::RestoreArguments),
    Doctor(doctor::DoctorArguments),
}

/// What the program exits with when it was asked for what cannot be done.
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(ConfigError::Usage(error)) => error.exit(),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(WRONG_USE);
        }
    };
    play(arguments).unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn arguments() -> Result<Arguments, ConfigError> {
    let given: Vec<OsString> = std::env::args_os().collect();
    Ok(Arguments::from_arg_matches(&config::read(Arguments::command(), &given)?)?)
}

fn play(Arguments { config, role }: Arguments) -> anyhow::Result<ExitCode> {
    match &role {
        Role::Serve(arguments) => logging::start(&arguments.log),
        Role::Station(arguments) if arguments.at_site.is_none() => logging::start(&arguments.log),
        _ => {}
    }
    let settings = config::file(config.as_deref());
    let well = |()| ExitCode::SUCCESS;
    match role {
        Role::Plan(arguments) => plan::run(&arguments).map(well),
        Role::Clip(command) => clip::run(command),
        Role::Key(command) => key::run(&command).map(well),
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
                Role::Stick(command) => stick::run(command).await.map(well),
                Role::Enrol(arguments) => admit::enrol(arguments).await.map(well),
                Role::Token(arguments) => admit::token(arguments).await.map(well),
                Role::Person(command) => person::run(command).await.map(well),
                Role::Revoke(arguments) => revoke::run(arguments).await.map(well),
                Role::Log(command) => log::run(*command).await,
                Role::Report(arguments) => report::run(*arguments).await.map(well),
                Role::Backup(arguments) => backup::back_up(arguments).await.map(well),
                Role::Restore(arguments) => backup::restore(arguments).await.map(well),
                Role::Doctor(arguments) => doctor::run(arguments, settings).await,
                Role::Plan(_) | Role::Clip(_) | Role::Key(_) | Role::Station(_) => {
                    Ok(ExitCode::SUCCESS)
                }
            }
        }),
    }
}
