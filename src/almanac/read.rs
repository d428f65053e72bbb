use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use toml::de::DeTable;

use crate::radio::QuietHours;

use super::{
    Almanac, Known, Origin, Problem, Problems, Removal, entries,
    fields::{Fields, Notes},
    references::{Kind, Place, Register, circles},
};

/// Says in words why a rule's text cannot be meant: `planning::Rule::check`.
pub type RuleCheck = fn(&str) -> Result<(), String>;

/// Reads files, and all `*.toml` of folders, into one almanac, which may name what is `known`. Blocks.
///
/// # Errors
/// Everything that is wrong in any of them; then nothing is taken.
pub fn read(paths: &[PathBuf], known: Known, rule: RuleCheck) -> Result<Almanac, Problems> {
    let mut reader = Reader::new(known, rule);
    for path in paths {
        match files(path) {
            Ok(files) => files.into_iter().for_each(|file| reader.file(file)),
            Err(why) => reader.unreadable(path, &why),
        }
    }
    reader.finish()
}

/// Reads one text as if it lay in the current folder.
///
/// # Errors
/// Everything that is wrong in it.
pub fn parse(text: &str, rule: RuleCheck) -> Result<Almanac, Problems> {
    let mut reader = Reader::new(Known::default(), rule);
    reader.text(PathBuf::from("text"), text.to_owned());
    reader.finish()
}

fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in path.read_dir()? {
        let file = entry?.path();
        if file.extension() == Some(OsStr::new("toml")) && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

struct Reader {
    known: Known,
    rule: RuleCheck,
    almanac: Almanac,
    sources: Vec<(PathBuf, String)>,
    register: Register,
    references: Vec<(Place, Kind, String)>,
    problems: Vec<(Place, String)>,
    whole: Vec<Problem>,
}

impl Reader {
    fn new(known: Known, rule: RuleCheck) -> Self {
        Self {
            known,
            rule,
            almanac: Almanac::default(),
            sources: Vec::new(),
            register: Register::default(),
            references: Vec::new(),
            problems: Vec::new(),
            whole: Vec::new(),
        }
    }

    fn unreadable(&mut self, path: &Path, why: &std::io::Error) {
        let reason = format!("cannot be read: {why}");
        let origin = Origin { file: path.to_owned(), ..Origin::default() };
        self.whole.push(Problem { origin, reason });
    }

    fn file(&mut self, path: PathBuf) {
        match std::fs::read_to_string(&path) {
            Ok(text) => self.text(path, text),
            Err(why) => self.unreadable(&path, &why),
        }
    }

    fn text(&mut self, path: PathBuf, text: String) {
        let source = self.sources.len();
        let mut notes = Notes::default();
        let (root, errors) = DeTable::parse_recoverable(&text);
        if errors.is_empty() {
            let mut fields = Fields::new(root.get_ref(), 0..0, &mut notes);
            self.entries(source, (&path, &text), &mut fields);
            fields.finish();
        }
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.problems.push(((source, at), error.message().to_owned()));
        }
        self.problems.extend(notes.problems.into_iter().map(|(at, why)| ((source, at), why)));
        let references = notes.references.into_iter();
        self.references.extend(references.map(|(at, kind, name)| ((source, at), kind, name)));
        self.sources.push((path, text));
    }

    fn entries(&mut self, source: usize, file: (&Path, &str), f: &mut Fields<'_, '_>) {
        let rule = self.rule;
        let mut taken = Vec::new();
        let mut enter = |kind, name: &str, at| {
            if let Err(first) = self.register.enter(kind, name, (source, at)) {
                taken.push(((source, at), kind, name.to_owned(), first));
            }
        };
        macro_rules! each {
            ($key:literal, $kind:expr, $into:ident, $read:expr) => {
                for value in f.list($key) {
                    if let Some(entry) = f.inner(value, $key, $read).flatten() {
                        enter($kind, entry.id.as_str(), value.span().start);
                        self.almanac.$into.push(entry);
                    }
                }
            };
        }
        each!("unit", Kind::Unit, units, entries::unit);
        each!("station", Kind::Station, stations, entries::station);
        each!("clip", Kind::Clip, clips, |f| entries::clip(f, file));
        each!("programme", Kind::Programme, programmes, entries::programme);
        each!("campaign", Kind::Campaign, campaigns, entries::campaign);
        each!("bulletin", Kind::Bulletin, bulletins, entries::bulletin);
        each!("schedule", Kind::Schedule, schedules, |f| entries::schedule(f, rule));
        for (place, kind, name, (first, _)) in taken {
            let first = self.sources.get(first).map(|(path, _)| path.display().to_string());
            let first = first.unwrap_or_else(|| "above".to_owned());
            let reason = format!("there is a {kind} \"{name}\" already: see {first}");
            self.problems.push((place, reason));
        }
        let calendar = &mut self.almanac.calendar;
        if let Some(value) = f.get("calendar") {
            f.inner(value, "calendar", |f| {
                if f.get("quiet_hours").is_some() {
                    let hours = f.names::<QuietHours>("quiet_hours");
                    calendar.quiet_hours.get_or_insert_default().extend(hours);
                }
                if f.get("holidays").is_some() {
                    let holidays = calendar.holidays.get_or_insert_default();
                    for value in f.list("holidays") {
                        holidays.extend(f.inner(value, "holidays", entries::holiday).flatten());
                    }
                }
            });
        }
        if let Some(value) = f.get("remove") {
            f.inner(value, "remove", |f| removal(f, &mut self.almanac.remove));
        }
    }

    fn finish(mut self) -> Result<Almanac, Problems> {
        self.known.forget(&self.almanac.remove);
        for (place, kind, name) in std::mem::take(&mut self.references) {
            if let Some(reason) = self.register.dangling(&self.known, kind, &name) {
                self.problems.push((place, reason));
            }
        }
        for unit in circles(&self.known, &self.almanac) {
            let place = self.register.place(Kind::Unit, unit.as_str()).unwrap_or_default();
            self.problems.push((place, format!("unit \"{unit}\" lies in itself: mend \"parent\"")));
        }
        if self.problems.is_empty() && self.whole.is_empty() {
            return Ok(self.almanac);
        }
        self.problems.sort();
        self.problems.dedup();
        let mut problems = self.whole;
        for ((source, at), reason) in self.problems {
            let Some((path, text)) = self.sources.get(source) else { continue };
            problems.push(Problem { origin: Origin::of(path, text, at), reason });
        }
        Err(Problems(problems))
    }
}

/// What is to go need not stand in any file.
fn removal(f: &mut Fields<'_, '_>, remove: &mut Removal) {
    remove.schedules.extend(f.names("schedules"));
    remove.bulletins.extend(f.names("bulletins"));
    remove.campaigns.extend(f.names("campaigns"));
    remove.programmes.extend(f.names("programmes"));
    remove.stations.extend(f.names("stations"));
    remove.units.extend(f.names("units"));
    remove.clips.extend(f.names("clips"));
}
