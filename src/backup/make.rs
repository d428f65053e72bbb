use std::{
    fs::{self, OpenOptions},
    io::{self, BufWriter},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{
    BackupError, DATABASE, FOLDERS, FORM, MANIFEST, Manifest, files, is_free, is_rotten,
    sums::{self, Sums},
};
use crate::{private, radio::UtcMs, store::Store};

/// Copies the district whose folder is `data` into the folder `to`, while it goes on. The database is copied first, as it
/// is at one moment: whatever it names lies on the shelf by then. `told` hears of every file.
///
/// # Errors
/// The folder is not free, or the database or the disk refuses; what was written until then is no backup.
pub async fn make(
    store: &Store,
    data: &Path,
    to: &Path,
    now: UtcMs,
    told: impl Fn(&Path) + Send + 'static,
) -> Result<Manifest, BackupError> {
    if !is_free(to)? {
        return Err(BackupError::NotEmpty(to.to_owned()));
    }
    let tables = to.join(DATABASE);
    private::folder(&tables).map_err(BackupError::at(&tables))?;
    let table = |name: &str| tables.join(format!("{name}.jsonl"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let database = store.copy_out(|name| options.open(table(name)).map(BufWriter::new)).await?;
    let manifest = Manifest {
        form: FORM,
        software: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        files: 0,
        bytes: 0,
        damaged: Vec::new(),
        database,
    };
    let (data, to) = (data.to_owned(), to.to_owned());
    let copied = tokio::task::spawn_blocking(move || copy(&data, &to, manifest, told));
    copied.await.map_err(io::Error::other).map_err(BackupError::at(Path::new(MANIFEST)))?
}

/// Copies what lies in folders, and closes the backup.
fn copy(
    data: &Path,
    to: &Path,
    mut manifest: Manifest,
    told: impl Fn(&Path),
) -> Result<Manifest, BackupError> {
    let mut sums = Sums::default();
    for table in files(&to.join(DATABASE))? {
        let path = Path::new(DATABASE).join(table);
        let found = sums::look(&to.join(&path))?;
        sync(&to.join(&path))?;
        note(&mut manifest, &mut sums, path, found);
    }
    for folder in FOLDERS {
        let from = data.join(folder);
        if !from.is_dir() {
            continue;
        }
        for file in files(&from)? {
            let path = Path::new(folder).join(&file);
            told(&path);
            let found = match sums::copy(&from.join(&file), &to.join(&path)) {
                // It went meanwhile, as recordings do that are kept no longer.
                Err(BackupError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    continue;
                }
                found => found?,
            };
            if is_rotten(&file, &found.1) {
                fs::remove_file(to.join(&path)).map_err(BackupError::at(&path))?;
                manifest.damaged.push(path.display().to_string());
                continue;
            }
            note(&mut manifest, &mut sums, path, found);
        }
    }
    let text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from);
    let path = to.join(MANIFEST);
    let write = text.and_then(|text| private::replace(&path, &text));
    write.map_err(BackupError::at(&path))?;
    let (_, sha256) = sums::look(&path)?;
    sums.0.insert(PathBuf::from(MANIFEST), sha256);
    sums.write(to)?;
    Ok(manifest)
}

fn note(manifest: &mut Manifest, sums: &mut Sums, path: PathBuf, (bytes, sha256): (u64, String)) {
    manifest.files += 1;
    manifest.bytes += bytes;
    sums.0.insert(path, sha256);
}

fn sync(path: &Path) -> Result<(), BackupError> {
    let failed = BackupError::at(path);
    fs::File::open(path).and_then(|file| file.sync_all()).map_err(failed)
}
