//! What lies where on a USB stick: a folder `loa` with a folder for each station, and one shelf of clips for all.
//!
//! A stick goes through many hands and is pulled out at any moment: every file is whole or not there, and nothing on it is
//! believed for being on it.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    library::Shelf,
    private,
    radio::StationId,
    signing::{Envelope, PublicKey},
    wire::{DistrictWord, SignedRundown},
};

/// The largest file that is read whole, in bytes: five weeks of airings are some megabytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// The longest record, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Why a stick cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StickError {
    /// It is not there.
    #[error("{0} is no folder: see that the stick is mounted")]
    Missing(PathBuf),
    /// Something on it points elsewhere.
    #[error("{0} is a link to another place, which no stick of Loa's has: use another stick")]
    Link(PathBuf),
    /// It cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is damaged.
    #[error("{0} cannot be read: {1}; write the stick anew")]
    Damaged(PathBuf, String),
}

/// A folder on a stick.
#[derive(Debug, Clone)]
pub struct Stick {
    folder: PathBuf,
}

impl Stick {
    /// Opens the folder at which a stick is mounted. It must be there: one that is not mounted would fill the disk below.
    ///
    /// # Errors
    /// It is not there, or not as a stick of Loa's may be.
    pub fn open(folder: &Path) -> Result<Self, StickError> {
        if !folder.is_dir() {
            return Err(StickError::Missing(folder.to_owned()));
        }
        let stick = Self { folder: folder.join("loa") };
        if stick.folder.exists() {
            // Whoever writes to it may be allowed more than whoever prepared it.
            no_links(&stick.folder)?;
        }
        Ok(stick)
    }

    /// The clips.
    ///
    /// # Errors
    /// The stick cannot be written.
    pub fn clips(&self) -> Result<Shelf, StickError> {
        let folder = self.folder.join("clips");
        Shelf::open(&folder).map_err(|source| StickError::Io { path: folder, source })
    }

    /// The clips, if there are any; nothing is written.
    pub fn has_clips(&self) -> bool {
        self.folder.join("clips").is_dir()
    }

    /// A station's rundown.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn rundown(&self, station: &StationId) -> Result<Option<SignedRundown>, StickError> {
        read(&self.of(station).join("rundown.json"))
    }

    /// Puts a station's rundown there.
    ///
    /// # Errors
    /// The stick cannot be written.
    pub fn put_rundown(
        &self,
        station: &StationId,
        rundown: &SignedRundown,
    ) -> Result<(), StickError> {
        write(&self.of(station).join("rundown.json"), rundown)
    }

    /// The district's receipts for a station.
    ///
    /// # Errors
    /// They are there and cannot be read.
    pub fn receipts(&self, station: &StationId) -> Result<Option<DistrictWord>, StickError> {
        read(&self.of(station).join("receipts.json"))
    }

    /// Puts the district's receipts for a station there.
    ///
    /// # Errors
    /// The stick cannot be written.
    pub fn put_receipts(
        &self,
        station: &StationId,
        receipts: &DistrictWord,
    ) -> Result<(), StickError> {
        write(&self.of(station).join("receipts.json"), receipts)
    }

    /// How a station stood when it left its records.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn state(&self, station: &StationId) -> Result<Option<Envelope>, StickError> {
        read(&self.of(station).join("state.json"))
    }

    /// Puts there how a station stands.
    ///
    /// # Errors
    /// The stick cannot be written.
    pub fn put_state(&self, station: &StationId, state: &Envelope) -> Result<(), StickError> {
        write(&self.of(station).join("state.json"), state)
    }

    /// The stations that have left records.
    ///
    /// # Errors
    /// The stick cannot be read.
    pub fn stations(&self) -> Result<Vec<StationId>, StickError> {
        let folder = self.folder.join("stations");
        let mut stations: Vec<StationId> =
            names(&folder)?.into_iter().filter_map(|name| name.parse().ok()).collect();
        stations.sort_unstable();
        Ok(stations)
    }

    /// A station's records, in order, one a line.
    ///
    /// # Errors
    /// They are there and cannot be read.
    pub fn records(&self, station: &StationId) -> Result<Option<Records>, StickError> {
        let path = self.of(station).join("records.jsonl");
        match File::open(&path) {
            Ok(file) => Ok(Some(Records { path, lines: BufReader::new(file), number: 0 })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StickError::Io { path, source }),
        }
    }

    /// Begins to write a station's records; they are there once they are finished.
    ///
    /// # Errors
    /// The stick cannot be written.
    pub fn put_records(&self, station: &StationId) -> Result<NewRecords, StickError> {
        let folder = self.of(station);
        let (path, half) = (folder.join("records.jsonl"), folder.join("records.jsonl.half"));
        let made = fs::create_dir_all(&folder).and_then(|()| File::create(&half));
        let file = made.map_err(|source| StickError::Io { path: half.clone(), source })?;
        Ok(NewRecords { path, half, file: BufWriter::new(file) })
    }

    /// What stations ask that are not known yet, by the key that each will sign with.
    ///
    /// # Errors
    /// The stick cannot be read.
    pub fn requests(&self) -> Result<Vec<Envelope>, StickError> {
        let folder = self.folder.join("enrolments");
        let requests = names(&folder)?.into_iter().filter(|name| name.ends_with(".request.json"));
        requests.filter_map(|name| read(&folder.join(name)).transpose()).collect()
    }

    /// Leaves a request to be known.
    ///
    /// # Errors
    /// The stick cannot be written.
    pub fn put_request(&self, key: PublicKey, request: &Envelope) -> Result<(), StickError> {
        write(&self.folder.join("enrolments").join(format!("{key}.request.json")), request)
    }

    /// The district's answer to a request.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn enrolment(&self, key: PublicKey) -> Result<Option<DistrictWord>, StickError> {
        read(&self.folder.join("enrolments").join(format!("{key}.answer.json")))
    }

    /// Leaves the district's answer to a request.
    ///
    /// # Errors
    /// The stick cannot be written.
    pub fn put_enrolment(&self, key: PublicKey, answer: &DistrictWord) -> Result<(), StickError> {
        write(&self.folder.join("enrolments").join(format!("{key}.answer.json")), answer)
    }

    fn of(&self, station: &StationId) -> PathBuf {
        self.folder.join("stations").join(station.as_str())
    }
}

/// A station's records as they lie on a stick.
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    lines: BufReader<File>,
    number: u64,
}

impl Records {
    /// The next ones, at most so many; none at the end. One that is no envelope is told by its line.
    ///
    /// # Errors
    /// The stick cannot be read.
    pub fn next(&mut self, at_most: usize) -> Result<Vec<Result<Envelope, String>>, StickError> {
        let mut records = Vec::new();
        let trouble = |source| StickError::Io { path: self.path.clone(), source };
        while records.len() < at_most {
            let mut line = Vec::new();
            let mut bounded = (&mut self.lines).take(LONGEST);
            if bounded.read_until(b'\n', &mut line).map_err(trouble)? == 0 {
                break;
            }
            self.number += 1;
            records.push(
                serde_json::from_slice(&line).map_err(|why| format!("line {}: {why}", self.number)),
            );
        }
        Ok(records)
    }
}

/// Records that are being written.
#[derive(Debug)]
pub struct NewRecords {
    path: PathBuf,
    half: PathBuf,
    file: BufWriter<File>,
}

impl NewRecords {
    /// Adds one.
    ///
    /// # Errors
    /// The stick cannot be written.
    pub fn add(&mut self, record: &Envelope) -> Result<(), StickError> {
        let written = serde_json::to_writer(&mut self.file, record)
            .map_err(io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|source| StickError::Io { path: self.half.clone(), source })
    }

    /// Makes them last, in place of those from before.
    ///
    /// # Errors
    /// The stick cannot be written.
    pub fn finish(mut self) -> Result<(), StickError> {
        let finished = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .and_then(|()| fs::rename(&self.half, &self.path))
            .and_then(|()| sync_folder_of(&self.path));
        finished.map_err(|source| StickError::Io { path: self.path, source })
    }
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn names(folder: &Path) -> Result<Vec<String>, StickError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(StickError::Io { path: folder.to_owned(), source }),
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().into_string()));
    let names: io::Result<Vec<_>> = names.collect();
    let names = names.map_err(|source| StickError::Io { path: folder.to_owned(), source })?;
    Ok(names.into_iter().flatten().collect())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StickError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StickError::Io { path: path.to_owned(), source }),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|source| StickError::Io { path: path.to_owned(), source })?;
    let read = serde_json::from_slice(&bytes);
    read.map(Some).map_err(|why| StickError::Damaged(path.to_owned(), why.to_string()))
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), StickError> {
    let trouble = |source| StickError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(trouble)?;
    }
    let bytes = serde_json::to_vec(value).map_err(|error| trouble(error.into()))?;
    private::replace(path, &bytes).map_err(trouble)
}

fn no_links(path: &Path) -> Result<(), StickError> {
    let trouble = |source| StickError::Io { path: path.to_owned(), source };
    let kind = fs::symlink_metadata(path).map_err(trouble)?.file_type();
    if kind.is_symlink() {
        return Err(StickError::Link(path.to_owned()));
    }
    if kind.is_dir() {
        for entry in fs::read_dir(path).map_err(trouble)? {
            no_links(&entry.map_err(trouble)?.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::{Context, SecretKey};

    #[test]
    fn records_are_there_once_they_are_finished() {
        let folder = tempfile::tempdir().unwrap();
        let stick = Stick::open(folder.path()).unwrap();
        let station: StationId = "thach-lam".parse().unwrap();
        let record = |text: &str| {
            Envelope::seal(Context::Record, text.to_owned(), &SecretKey::from_seed(&[1; 32]))
        };
        let mut half = stick.put_records(&station).unwrap();
        half.add(&record("lost")).unwrap();
        assert!(stick.records(&station).unwrap().is_none());
        let mut whole = stick.put_records(&station).unwrap();
        for text in ["1", "2", "3"] {
            whole.add(&record(text)).unwrap();
        }
        whole.finish().unwrap();
        assert_eq!(stick.stations().unwrap(), std::slice::from_ref(&station));
        let mut records = stick.records(&station).unwrap().unwrap();
        assert_eq!(records.next(2).unwrap(), [Ok(record("1")), Ok(record("2"))]);
        assert_eq!(records.next(2).unwrap(), [Ok(record("3"))]);
        assert_eq!(records.next(2).unwrap(), []);
    }

    #[test]
    fn a_stick_that_is_not_there_or_points_elsewhere_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("usb");
        assert!(matches!(Stick::open(&missing), Err(StickError::Missing(_))));
        std::fs::create_dir_all(folder.path().join("loa/clips")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("loa/clips/x")).unwrap();
        assert!(matches!(Stick::open(folder.path()), Err(StickError::Link(_))));
    }
}
