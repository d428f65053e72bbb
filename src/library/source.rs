use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};
use symphonia::core::io::MediaSource;

use crate::radio::ClipHash;

/// A file that is hashed while the decoder reads it, so that one pass is enough.
///
/// A decoder may seek. What it reads again is not hashed again; what it skipped is hashed at the end.
pub(super) struct HashedFile {
    file: File,
    length: u64,
    position: u64,
    hash: Arc<Mutex<RunningHash>>,
}

/// The hash of a file's first `reached` bytes.
#[derive(Default)]
pub(super) struct RunningHash {
    hasher: Sha256,
    reached: u64,
}

impl HashedFile {
    pub(super) fn new(file: File) -> io::Result<(Self, Arc<Mutex<RunningHash>>)> {
        let hash = Arc::new(Mutex::new(RunningHash::default()));
        let length = file.metadata()?.len();
        Ok((Self { file, length, position: 0, hash: hash.clone() }, hash))
    }
}

impl RunningHash {
    /// How far the file was read.
    pub(super) fn reached(&self) -> u64 {
        self.reached
    }

    /// Hashes what is left of the file, and gives its hash and size in bytes.
    pub(super) fn finish(&mut self, mut file: File) -> io::Result<(ClipHash, u64)> {
        file.seek(SeekFrom::Start(self.reached))?;
        let mut block = vec![0; 64 * 1024];
        loop {
            let count = match file.read(&mut block) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.hasher.update(&block[..count]);
            self.reached += count as u64;
        }
        Ok((ClipHash(std::mem::take(&mut self.hasher).finalize().into()), self.reached))
    }
}

impl Read for HashedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        let end = self.position + count as u64;
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        if self.position <= hash.reached && hash.reached < end {
            let known = usize::try_from(hash.reached - self.position).unwrap_or(count);
            hash.hasher.update(&into[known..count]);
            hash.reached = end;
        }
        self.position = end;
        Ok(count)
    }
}

impl Seek for HashedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.file.seek(to)?;
        Ok(self.position)
    }
}

impl MediaSource for HashedFile {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
