//! Settings: defaults < file < environment < flags, checked once.
//!
//! A setting is an argument that has an environment variable; the file calls it by its long name. So each setting has
//! one name, one parser and one help text, and clap's tree of commands is the only list of them.

use std::{
    collections::BTreeMap,
    error::Error as _,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgMatches, Command};
use toml::{Spanned, Value};

/// The argument that names the file.
const FILE: &str = "config";

/// The file that is read where none is named.
const USUAL: &str = "/etc/loa/loa.toml";

/// Why the settings cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The command line or the environment is wrong, or help was asked for.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// The file is there for somebody else, or not at all.
    #[error("cannot read the settings in {}: {source}; name another file with --config", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file says what cannot be meant.
    #[error("{}:{line}: {problem}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there, and what would be right.
        problem: String,
    },
}

/// The file that is followed: the one that is named, or the usual one where it exists.
pub fn file(named: Option<&Path>) -> Option<PathBuf> {
    named.map(Path::to_owned).or_else(|| Some(PathBuf::from(USUAL)).filter(|usual| usual.exists()))
}

/// Reads flags, environment and file. The first of the arguments is the program's name.
///
/// # Errors
/// The first thing that is wrong in the file, else what clap finds.
pub fn read(command: Command, arguments: &[OsString]) -> Result<ArgMatches, ConfigError> {
    let command = match file_for(&command, arguments) {
        Some(file) => {
            let text = std::fs::read_to_string(&file)
                .map_err(|source| ConfigError::Unreadable { file: file.clone(), source })?;
            let settings = check(&command, &file, &text)?;
            with_defaults(command, &settings)
        }
        None => command,
    };
    Ok(command.try_get_matches_from(arguments)?)
}

/// The file for the command that is asked for; none for one without settings.
fn file_for(command: &Command, arguments: &[OsString]) -> Option<PathBuf> {
    // What is wrong with the arguments is said when the file is known: it may hold what they lack.
    let glance = command.clone().ignore_errors(true).try_get_matches_from(arguments).ok()?;
    if !has_settings(command, &glance) {
        return None;
    }
    let named = glance.try_get_one::<PathBuf>(FILE).ok().flatten();
    file(named.map(PathBuf::as_path))
}

fn has_settings(command: &Command, chosen: &ArgMatches) -> bool {
    match chosen.subcommand() {
        Some((name, chosen)) => {
            command.find_subcommand(name).is_some_and(|below| has_settings(below, chosen))
        }
        None => command.get_arguments().any(|arg| name_of(arg).is_some()),
    }
}

/// What the file calls an argument; none where it is no setting.
fn name_of(arg: &Arg) -> Option<&str> {
    arg.get_env()?;
    arg.get_long().filter(|long| *long != FILE)
}

/// Every setting of a command and those below it, with the arguments that take it.
fn settings_of<'a>(command: &'a Command, found: &mut BTreeMap<&'a str, Vec<&'a Arg>>) {
    for arg in command.get_arguments() {
        if let Some(name) = name_of(arg) {
            found.entry(name).or_default().push(arg);
        }
    }
    command.get_subcommands().for_each(|below| settings_of(below, found));
}

/// Reads the file's text; gives each setting as it would stand after its flag.
fn check(
    command: &Command,
    file: &Path,
    text: &str,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let wrong = |at: usize, problem| {
        let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        ConfigError::Wrong { file: file.to_owned(), line, problem }
    };
    let table: BTreeMap<String, Spanned<Value>> = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        wrong(at, error.message().to_owned())
    })?;
    let mut known = BTreeMap::new();
    settings_of(command, &mut known);
    let mut settings = BTreeMap::new();
    for (name, value) in table {
        let at = value.span().start;
        let Some(args) = known.get(name.as_str()) else {
            let all: Vec<&str> = known.keys().copied().collect();
            let all = all.join(", ");
            return Err(wrong(at, format!("there is no setting \"{name}\"; there are {all}")));
        };
        let text = match value.into_inner() {
            Value::String(text) => text,
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(is_so) => is_so.to_string(),
            _ => {
                let problem = format!("{name}: write one text or number, as after --{name}");
                return Err(wrong(at, problem));
            }
        };
        if let Some(problem) = args.iter().find_map(|arg| problem(arg, &name, &text)) {
            return Err(wrong(at, format!("{name}: {problem}")));
        }
        settings.insert(name, text);
    }
    Ok(settings)
}

/// What an argument has against a value.
fn problem(arg: &Arg, name: &str, value: &str) -> Option<String> {
    let alone = Command::new(FILE).no_binary_name(true).arg(arg.clone().required(false));
    let error = alone.try_get_matches_from([format!("--{name}={value}")]).err()?;
    Some(match error.source() {
        Some(why) => why.to_string(),
        None => error.to_string().lines().next().unwrap_or_default().to_owned(),
    })
}

/// Puts the file's settings in the place of the built-in defaults.
fn with_defaults(command: Command, settings: &BTreeMap<String, String>) -> Command {
    let command =
        command.mut_args(|arg| match name_of(&arg).and_then(|name| settings.get(name)).cloned() {
            Some(value) => {
                let is_secret = arg.is_hide_env_values_set();
                arg.default_value(value).hide_default_value(is_secret).required(false)
            }
            None => arg,
        });
    command.mut_subcommands(|below| with_defaults(below, settings))
}

#[cfg(test)]
mod tests {
    use clap::value_parser;

    use super::*;

    fn command() -> Command {
        let config = Arg::new(FILE).long(FILE).global(true).value_parser(value_parser!(PathBuf));
        let volume = Arg::new("volume").long("volume").env("LOA_TEST_VOLUME").required(true);
        let code = Arg::new("code").long("code").env("LOA_TEST_CODE").hide_env_values(true);
        let volume = volume.value_parser(value_parser!(u8).range(0..=100));
        Command::new("loa")
            .arg(config)
            .subcommand(Command::new("station").arg(volume).arg(code))
            .subcommand(Command::new("plan").arg(Arg::new("json").long("json")))
    }

    fn volume(text: &str, flags: &[&str]) -> Result<u8, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("loa.toml");
        std::fs::write(&file, text).unwrap();
        let mut arguments: Vec<OsString> = vec!["loa".into(), "station".into(), "--config".into()];
        arguments.push(file.clone().into());
        arguments.extend(flags.iter().map(Into::into));
        let matches = read(command(), &arguments)
            .map_err(|error| error.to_string().replace(file.to_str().unwrap(), "loa.toml"))?;
        Ok(*matches.subcommand_matches("station").unwrap().get_one("volume").unwrap())
    }

    #[test]
    fn the_file_gives_what_the_flags_lack() {
        assert_eq!(volume("volume = 30", &[]), Ok(30));
        assert_eq!(volume("volume = \"30\"", &[]), Ok(30));
        assert_eq!(volume("volume = 30", &["--volume", "40"]), Ok(40));
        assert!(volume("", &[]).unwrap_err().contains("--volume"));
    }

    #[test]
    fn what_is_wrong_in_the_file_is_said_with_its_place() {
        for (text, expected) in [
            (
                "volume = 1\nvolum = 2",
                "loa.toml:2: there is no setting \"volum\"; there are code, volume",
            ),
            (
                "[station]\nvolume = 1",
                "loa.toml:1: there is no setting \"station\"; there are code, volume",
            ),
            (
                "config = \"x\"",
                "loa.toml:1: there is no setting \"config\"; there are code, volume",
            ),
            ("\n\nvolume = 300", "loa.toml:3: volume: 300 is not in 0..=100"),
            ("volume = true", "loa.toml:1: volume: invalid digit found in string"),
            ("volume = [1]", "loa.toml:1: volume: write one text or number, as after --volume"),
            ("volume = 1\nvolume = 2", "loa.toml:2: duplicate key"),
            ("volume 30", "loa.toml:1: "),
        ] {
            let error = volume(text, &[]).unwrap_err();
            assert!(error.starts_with(expected), "{text:?} gave {error:?}");
        }
    }

    #[test]
    fn a_secret_is_not_shown_as_a_default() {
        let settings = [("code", "s3cret"), ("volume", "30")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut command = with_defaults(command(), &settings);
        let help = command.find_subcommand_mut("station").unwrap().render_long_help().to_string();
        assert!(help.contains("[default: 30]") && !help.contains("s3cret"), "{help}");
    }

    #[test]
    fn a_file_that_is_named_must_be_there_unless_nothing_is_taken_from_it() {
        let run = |role: &str| {
            let arguments = ["loa", role, "--config", "/nowhere/loa.toml"].map(OsString::from);
            read(command(), &arguments).map(drop).map_err(|error| error.to_string())
        };
        assert!(run("station").unwrap_err().contains("/nowhere/loa.toml"));
        assert_eq!(run("plan"), Ok(()));
    }
}
