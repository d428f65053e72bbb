//! Where clips are kept: a file per content, named by its SHA-256, whole or not there.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};

use crate::radio::ClipHash;

mod arrival;
mod writer;

pub use arrival::Arrival;
pub use writer::Writer;

/// Why a clip cannot be handed out.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// It is not there.
    #[error("clip {0} is not on the shelf")]
    Missing(ClipHash),
    /// Its bytes are not those that its name promises.
    #[error("clip {0} is damaged on disk; fetch or add it again")]
    Corrupt(ClipHash),
    /// The disk says no.
    #[error("clip {hash}: {source}")]
    Io {
        /// Which clip.
        hash: ClipHash,
        /// What the disk says.
        source: io::Error,
    },
}

impl ShelfError {
    fn of(hash: ClipHash) -> impl Fn(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::Missing(hash),
            _ => Self::Io { hash, source },
        }
    }
}

/// What a file's name ends with that is not whole yet.
const PARTIAL: &str = ".partial";

/// A folder of clips: `ab/abcdef…`, and `arriving/` for what is not whole yet.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
    /// Clips whose bytes were last found right.
    whole: Arc<Mutex<HashSet<ClipHash>>>,
}

impl Shelf {
    /// Opens a shelf, making the folder where there is none, and clears away what an interrupted intake left. Partial
    /// downloads stay: they are resumed.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let shelf = Self { folder: folder.to_owned(), whole: Arc::default() };
        fs::create_dir_all(shelf.arriving())?;
        arrival::sweep(&shelf.arriving())?;
        Ok(shelf)
    }

    /// A shelf as it lies, to look at while another program works on it: nothing is made or cleared away.
    pub fn look(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), whole: Arc::default() }
    }

    /// A shelf of its own within this one, for what is no clip. Clips do not show there, nor what it holds here.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn within(&self, name: &str) -> io::Result<Self> {
        Self::open(&self.folder.join(name))
    }

    /// Where a clip lies, or would lie.
    pub fn path_of(&self, hash: &ClipHash) -> PathBuf {
        let name = hash.to_string();
        self.folder.join(&name[..2]).join(name)
    }

    /// Whether a clip is there, without reading it.
    pub fn contains(&self, hash: &ClipHash) -> bool {
        self.path_of(hash).is_file()
    }

    /// Opens a clip for reading, without checking its bytes.
    ///
    /// # Errors
    /// It is missing or cannot be read.
    pub fn open_clip(&self, hash: &ClipHash) -> Result<File, ShelfError> {
        File::open(self.path_of(hash)).map_err(ShelfError::of(*hash))
    }

    /// Reads a clip to its end and compares its hash.
    ///
    /// # Errors
    /// It is missing, damaged or cannot be read.
    pub fn verify(&self, hash: &ClipHash) -> Result<(), ShelfError> {
        let file = self.open_clip(hash)?;
        let found = hash_of(file).map_err(ShelfError::of(*hash))?;
        self.note(hash, found == *hash);
        if found == *hash { Ok(()) } else { Err(ShelfError::Corrupt(*hash)) }
    }

    /// Whether a clip is there and its bytes were right when they were last read to the end; one that nobody read since
    /// the shelf was opened is not known to be.
    pub fn is_known_whole(&self, hash: &ClipHash) -> bool {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).contains(hash)
            && self.contains(hash)
    }

    fn note(&self, hash: &ClipHash, is_whole: bool) {
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if is_whole {
            whole.insert(*hash);
        } else {
            whole.remove(hash);
        }
    }

    /// Begins to receive a clip, or goes on where an earlier download of it stopped.
    ///
    /// # Errors
    /// The disk refuses, or the same clip is being received by somebody else.
    pub fn writer(&self, hash: &ClipHash) -> Result<Writer, ShelfError> {
        Writer::open(self, *hash).map_err(ShelfError::of(*hash))
    }

    /// Takes a clip and any partial download of it away; nothing happens where there is none.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn remove(&self, hash: &ClipHash) -> Result<(), ShelfError> {
        self.note(hash, false);
        for path in [self.path_of(hash), self.partial(hash)] {
            match fs::remove_file(path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                removed => removed.map_err(ShelfError::of(*hash))?,
            }
        }
        Ok(())
    }

    /// The clips of which a part has come.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn partials(&self) -> io::Result<Vec<ClipHash>> {
        let mut partials = Vec::new();
        for entry in fs::read_dir(self.arriving())? {
            let name = entry?.file_name();
            let clip = name.to_str().and_then(|name| name.strip_suffix(PARTIAL));
            partials.extend(clip.and_then(|clip| clip.parse::<ClipHash>().ok()));
        }
        Ok(partials)
    }

    /// Throws away what has come of a clip, unless somebody is receiving it; says whether it did.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn forget_partial(&self, hash: &ClipHash) -> io::Result<bool> {
        let path = self.partial(hash);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            file => file?,
        };
        let is_idle = file.try_lock().is_ok();
        if is_idle {
            fs::remove_file(path)?;
        }
        Ok(is_idle)
    }

    /// The clips that are there, in order.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn clips(&self) -> io::Result<Vec<ClipHash>> {
        let mut clips = Vec::new();
        for bay in fs::read_dir(&self.folder)? {
            let bay = bay?;
            if bay.file_name().len() != 2 || !bay.file_type()?.is_dir() {
                continue;
            }
            for clip in fs::read_dir(bay.path())? {
                clips.extend(
                    clip?.file_name().to_str().and_then(|name| name.parse::<ClipHash>().ok()),
                );
            }
        }
        clips.sort_unstable();
        Ok(clips)
    }

    /// The clips that are there, those that have lain longest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn oldest_first(&self) -> io::Result<Vec<ClipHash>> {
        let mut clips = self.clips()?;
        clips.sort_by_cached_key(|clip| {
            self.path_of(clip).metadata().and_then(|file| file.modified()).ok()
        });
        Ok(clips)
    }

    /// Bytes that are free on its disk.
    ///
    /// # Errors
    /// The disk does not say.
    pub fn room(&self) -> io::Result<u64> {
        let space = rustix::fs::statvfs(&self.folder)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    /// Room for a file whose hash is not known yet.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn arrival(&self) -> io::Result<Arrival> {
        Arrival::new(self)
    }

    fn arriving(&self) -> PathBuf {
        self.folder.join("arriving")
    }

    fn partial(&self, hash: &ClipHash) -> PathBuf {
        self.arriving().join(format!("{hash}{PARTIAL}"))
    }

    /// Moves a whole and synced file to its place, for good.
    fn settle(&self, from: &Path, hash: &ClipHash) -> io::Result<PathBuf> {
        let to = self.path_of(hash);
        let bay = to.parent().unwrap_or(&self.folder);
        if !bay.is_dir() {
            fs::create_dir_all(bay)?;
            File::open(&self.folder)?.sync_all()?;
        }
        fs::rename(from, &to)?;
        File::open(bay)?.sync_all()?;
        Ok(to)
    }
}

fn hash_of(mut file: File) -> io::Result<ClipHash> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(ClipHash(hash.finalize().into())),
            n => hash.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests;
