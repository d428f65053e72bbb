//! A file that is hashed, and copied if wanted, while it is read: the decoder's walk is the only one.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};

use crate::radio::ClipHash;

/// Reads from `S`. Decoders jump about; bytes are hashed once, in the file's order.
pub(super) struct Tee<S>(Arc<Mutex<Inner<S>>>);

struct Inner<S> {
    source: S,
    position: u64,
    /// Bytes hashed and copied so far.
    done: u64,
    hash: Sha256,
    copy: Option<File>,
    /// Why the copy failed: the decoder must not take it for a fault of the recording.
    copy_failed: Option<io::Error>,
}

impl<S> Clone for Tee<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What the walk came to.
pub(super) struct Copied {
    pub sha256: ClipHash,
    pub bytes: u64,
    /// Whether the copy has every byte; an error says why not.
    pub copy: io::Result<()>,
}

impl<S: Read + Seek> Tee<S> {
    pub(super) fn new(source: S, copy: Option<File>) -> Self {
        let hash = Sha256::new();
        let inner = Inner { source, position: 0, done: 0, hash, copy, copy_failed: None };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Bytes that have gone by.
    pub(super) fn done(&self) -> u64 {
        self.lock().done
    }

    /// Reads whatever the decoder left.
    pub(super) fn finish(&self) -> io::Result<Copied> {
        let mut inner = self.lock();
        let from = inner.done;
        inner.seek(SeekFrom::Start(from))?;
        let mut buffer = vec![0; 64 * 1024];
        while inner.read(&mut buffer)? > 0 {}
        let sha256 = ClipHash(std::mem::take(&mut inner.hash).finalize().into());
        let copy = inner.copy_failed.take().map_or(Ok(()), Err);
        Ok(Copied { sha256, bytes: inner.done, copy })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Read> Inner<S> {
    fn note(&mut self, bytes: &[u8]) {
        let end = self.position + bytes.len() as u64;
        if self.position <= self.done && self.done < end {
            let known = usize::try_from(self.done - self.position).unwrap_or(bytes.len());
            let fresh = &bytes[known..];
            self.hash.update(fresh);
            if let Some(copy) = &mut self.copy
                && let Err(e) = copy.write_all(fresh)
            {
                self.copy = None;
                self.copy_failed = Some(e);
            }
            self.done = end;
        }
        self.position = end;
    }
}

impl<S: Read> Read for Inner<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.note(&buffer[..read]);
        Ok(read)
    }
}

impl<S: Seek> Seek for Inner<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.source.seek(to)?;
        Ok(self.position)
    }
}

impl<S: Read + Seek> Read for Tee<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.lock().read(buffer)
    }
}

impl<S: Read + Seek> Seek for Tee<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.lock().seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumping_about_changes_neither_hash_nor_copy() {
        let bytes: Vec<u8> = (0..200_000u64).map(|i| (i * i / 8).to_le_bytes()[0]).collect();
        let mut copy = tempfile::tempfile().unwrap();
        let mut tee = Tee::new(io::Cursor::new(bytes.clone()), Some(copy.try_clone().unwrap()));
        let mut buffer = vec![0; 3_000];
        for at in [0, 2_999, 150_000, 1_500, 4_000, 199_999, 0] {
            tee.seek(SeekFrom::Start(at)).unwrap();
            let _ = tee.read(&mut buffer).unwrap();
        }
        let copied = tee.finish().unwrap();
        assert_eq!(copied.sha256.0, <[u8; 32]>::from(Sha256::digest(&bytes)));
        assert_eq!(copied.bytes, 200_000);
        copied.copy.unwrap();
        let mut kept = Vec::new();
        copy.rewind().unwrap();
        copy.read_to_end(&mut kept).unwrap();
        assert!(kept == bytes);
    }
}
