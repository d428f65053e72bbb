use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
};

use super::{
    BackupError, DATABASE, FOLDERS, FORM, MANIFEST, Manifest, SUMS, files, is_free, is_rotten,
    sums::{self, Sums},
};
use crate::{
    private,
    store::{CopyError, Store},
};

/// Makes a district of a backup in the folder `data`, which must not be there or be empty; its database lies there too, or
/// at `database`, which must be empty. Everything is read and compared with its hash first, and whatever was written is
/// read back. `told` hears of every file. Last, `prove` looks at the database, brought up to date, and at the folder while it has
/// not its name yet; what it says is given, or why nothing is restored.
///
/// # Errors
/// The backup is damaged or not whole, there is something already, or it is not proven: nothing is restored then.
pub async fn restore<T>(
    from: &Path,
    data: &Path,
    database: Option<&str>,
    told: impl Fn(&Path) + Send + 'static,
    prove: impl AsyncFnOnce(&Store, &Path, &Manifest) -> Result<T, String>,
) -> Result<(Manifest, T), BackupError> {
    if !is_free(data)? {
        return Err(BackupError::NotEmpty(data.to_owned()));
    }
    let half = half(data);
    if !is_free(&half)? {
        return Err(BackupError::NotEmpty(half));
    }
    let (backup, folder) = (from.to_owned(), half.clone());
    let copied = tokio::task::spawn_blocking(move || {
        let sums = Sums::read(&backup)?;
        let manifest = check(&backup, &sums, &told)?;
        copy(&backup, &folder, &sums)?;
        Ok(manifest)
    });
    let joined = copied.await.map_err(io::Error::other).map_err(BackupError::at(from));
    let manifest: Manifest = joined.and_then(|copied| copied).inspect_err(|_| give_up(&half))?;
    let url = match database {
        Some(url) => url.to_owned(),
        None => format!("sqlite:{}", half.join("loa.db").display()),
    };
    let table = |name: &str| {
        File::open(from.join(DATABASE).join(format!("{name}.jsonl"))).map(BufReader::new)
    };
    let written = Store::copy_in(&url, &manifest.database, table).await;
    written.inspect_err(|_| give_up(&half))?;
    let proven = match Store::open(&url).await {
        Ok(store) => {
            let proven = prove(&store, &half, &manifest).await;
            store.close().await;
            proven.map_err(BackupError::Unproven)
        }
        Err(error) => Err(CopyError::from(error).into()),
    };
    match proven {
        Ok(proven) => {
            settle(&half, data).map_err(BackupError::at(data))?;
            Ok((manifest, proven))
        }
        Err(error) => {
            // It was empty before.
            if database.is_some()
                && let Err(error) = Store::clear(&url).await
            {
                tracing::warn!(%error, "what was restored is still in the database");
            }
            give_up(&half);
            Err(error)
        }
    }
}

/// Where a district lies until it is whole.
fn half(data: &Path) -> PathBuf {
    let mut half = data.as_os_str().to_owned();
    half.push(".restoring");
    half.into()
}

fn give_up(half: &Path) {
    if let Err(error) = fs::remove_dir_all(half)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, folder = %half.display(), "what was restored by half is still there");
    }
}

fn settle(half: &Path, data: &Path) -> io::Result<()> {
    if data.is_dir() {
        fs::remove_dir(data)?;
    }
    fs::rename(half, data)?;
    let above = data.parent().filter(|above| !above.as_os_str().is_empty());
    File::open(above.unwrap_or(Path::new(".")))?.sync_all()
}

/// Holds every file against its hash, and the list against the folder.
fn check(from: &Path, sums: &Sums, told: &impl Fn(&Path)) -> Result<Manifest, BackupError> {
    let damaged = |what: String| Err(BackupError::Damaged(what));
    let there = files(from)?;
    for path in there.iter().filter(|path| **path != *SUMS) {
        if !sums.0.contains_key(path) {
            return damaged(format!("{} is not in {SUMS}", path.display()));
        }
    }
    let (mut count, mut total) = (0, 0);
    for (path, sha256) in &sums.0 {
        told(path);
        if !there.contains(path) {
            return damaged(format!("{} is missing", path.display()));
        }
        let (bytes, found) = sums::look(&from.join(path))?;
        if found != *sha256 {
            return damaged(format!("{} is not what it was", path.display()));
        }
        if is_rotten(path, &found) {
            return damaged(format!("{} is not what its name says", path.display()));
        }
        if *path != *MANIFEST {
            count += 1;
            total += bytes;
        }
    }
    if !sums.0.contains_key(Path::new(MANIFEST)) {
        return damaged(format!("{MANIFEST} is missing"));
    }
    let path = from.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(BackupError::at(&path))?;
    // A later form may say more: its number is read first.
    let form = serde_json::from_str::<serde_json::Value>(&text).ok();
    let form = form.and_then(|manifest| manifest.get("form")?.as_u64()).unwrap_or_default();
    if form != u64::from(FORM) {
        return Err(BackupError::Form(u32::try_from(form).unwrap_or(u32::MAX)));
    }
    let manifest: Manifest = match serde_json::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => return damaged(format!("{MANIFEST}: {error}")),
    };
    if (manifest.files, manifest.bytes) != (count, total) {
        return damaged(format!("{} of {} files are there", count, manifest.files));
    }
    for table in &manifest.database.tables {
        let path = Path::new(DATABASE).join(format!("{}.jsonl", table.name));
        if sums.0.get(&path) != Some(&table.sha256) {
            return damaged(format!("{} is not what {MANIFEST} says", path.display()));
        }
    }
    Ok(manifest)
}

/// Copies what lies in folders, and compares it again on the way.
fn copy(from: &Path, to: &Path, sums: &Sums) -> Result<(), BackupError> {
    private::folder(to).map_err(BackupError::at(to))?;
    for (path, sha256) in &sums.0 {
        if !FOLDERS.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let (_, copied) = sums::copy(&from.join(path), &to.join(path))?;
        if copied != *sha256 {
            return Err(BackupError::Damaged(format!("{} changed meanwhile", path.display())));
        }
    }
    Ok(())
}
