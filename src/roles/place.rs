use std::path::PathBuf;

use anyhow::Context;
use loa::{
    library::Shelf,
    private,
    radio::UtcMs,
    server::{Keyring, KeyringError},
    store::{Store, StoreError},
};

/// Where the district keeps its things.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Place {
    /// The district's folder: its database, and its clips in the folder clips.
    #[arg(long, env = "LOA_DATA", value_name = "DIR", default_value = "loa-data")]
    pub(crate) data: PathBuf,
    /// A database elsewhere, e.g. postgres://loa@localhost/loa; else loa.db in the folder.
    #[arg(long, env = "LOA_DATABASE", value_name = "URL", hide_env_values = true)]
    pub(crate) database: Option<String>,
}

impl Place {
    /// Opens the database; makes the folder first.
    pub(crate) async fn store(&self) -> anyhow::Result<Store> {
        private::folder(&self.data)
            .with_context(|| format!("cannot make the folder {}", self.data.display()))?;
        Store::open(&self.url()).await.map_err(|error: StoreError| {
            anyhow::Error::new(error).context("cannot open the district's database")
        })
    }

    /// The database's address.
    pub(crate) fn url(&self) -> String {
        match &self.database {
            Some(url) => url.clone(),
            None => format!("sqlite:{}", self.data.join("loa.db").display()),
        }
    }

    /// Opens the district's keys; makes the first.
    pub(crate) fn keyring(&self, now: UtcMs) -> Result<Keyring, KeyringError> {
        Keyring::open(&self.keys(), now)
    }

    /// Where the district's keys lie.
    pub(crate) fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// Opens the shelf of clips.
    pub(crate) fn shelf(&self) -> anyhow::Result<Shelf> {
        let clips = self.data.join("clips");
        Shelf::open(&clips).with_context(|| format!("cannot open the clips in {}", clips.display()))
    }
}
