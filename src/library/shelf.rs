use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::radio::ClipHash;

/// Clips on disk, each named by its hash: `ab/abcdef…`. What has a name is whole and synced.
#[derive(Debug, Clone)]
pub struct Shelf {
    root: PathBuf,
}

/// Why the shelf did not take a download.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// The disk.
    #[error("the shelf's disk fails: {0}")]
    Disk(#[from] io::Error),
    /// Other bytes than expected.
    #[error("what arrived is not clip {expected}: its SHA-256 is {found}")]
    OtherContent {
        /// What was asked for.
        expected: ClipHash,
        /// What came.
        found: ClipHash,
    },
}

impl Shelf {
    /// Opens or makes a shelf. Copies that an earlier run left half are swept away; half downloads stay, to be resumed.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let shelf = Self { root: root.into() };
        fs::create_dir_all(shelf.intake())?;
        fs::create_dir_all(shelf.downloads())?;
        for left in fs::read_dir(shelf.intake())? {
            fs::remove_file(left?.path())?;
        }
        Ok(shelf)
    }

    fn intake(&self) -> PathBuf {
        self.root.join("intake")
    }

    fn downloads(&self) -> PathBuf {
        self.root.join("downloads")
    }

    /// Where a clip lies, or would.
    pub fn path_of(&self, clip: &ClipHash) -> PathBuf {
        let name = clip.to_string();
        self.root.join(&name[..2]).join(name)
    }

    /// Whether a clip is there.
    pub fn contains(&self, clip: &ClipHash) -> bool {
        self.path_of(clip).is_file()
    }

    /// Whether a clip is there and its bytes are still those of its name. Reads the whole file.
    pub fn verify(&self, clip: &ClipHash) -> io::Result<bool> {
        match File::open(self.path_of(clip)) {
            Ok(file) => Ok(hash_of(file)? == *clip),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A file without a place yet, on the shelf's own disk, removed again unless it is [`put`](Self::put).
    pub(super) fn new_file(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(self.intake())
    }

    pub(super) fn put(&self, file: NamedTempFile, clip: &ClipHash) -> io::Result<()> {
        file.as_file().sync_all()?;
        self.settle(clip, |to| file.persist(to).map(drop).map_err(|error| error.error))
    }

    /// Moves a whole file to its place and makes the move durable.
    fn settle(
        &self,
        clip: &ClipHash,
        place: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<()> {
        let to = self.path_of(clip);
        let folder = to.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        place(&to)?;
        File::open(folder)?.sync_all()?;
        File::open(&self.root)?.sync_all()
    }

    /// A download of a clip, begun or resumed.
    pub fn download(&self, clip: ClipHash) -> io::Result<Download<'_>> {
        let path = self.downloads().join(clip.to_string());
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let length = file.metadata()?.len();
        Ok(Download { shelf: self, clip, path, file, length })
    }
}

/// A clip on its way to the shelf.
#[derive(Debug)]
pub struct Download<'a> {
    shelf: &'a Shelf,
    clip: ClipHash,
    path: PathBuf,
    file: File,
    length: u64,
}

impl Download<'_> {
    /// Bytes that are there already.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Takes more bytes.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Begins anew.
    pub fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.length = 0;
        Ok(())
    }

    /// Checks the hash and puts the clip on the shelf. Wrong bytes are thrown away.
    pub fn finish(self) -> Result<(), ShelfError> {
        self.file.sync_all()?;
        let found = hash_of(File::open(&self.path)?)?;
        if found != self.clip {
            fs::remove_file(&self.path)?;
            return Err(ShelfError::OtherContent { expected: self.clip, found });
        }
        self.shelf.settle(&self.clip, |to| fs::rename(&self.path, to))?;
        Ok(())
    }
}

fn hash_of(mut file: File) -> io::Result<ClipHash> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; 64 * 1024];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(ClipHash(hasher.finalize().into())),
            Ok(count) => hasher.update(&block[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
