//! What all forms of a thing share: how it stood when the form was opened, whose word it is, and what comes of saving it.

use std::{str::FromStr, time::Duration};

use axum::extract::{FromRequest, Path, Request};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    fault::Fault,
    form::{read, whole},
    notice::Notice,
    visitor::Reader,
};
use crate::{
    radio::BadName,
    server::{District, intake::names_of},
    store::{Former, Origin, StoreError, Thing},
};

/// What a form of a thing says beside its own fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    /// How the thing stood when the form was opened.
    stood: String,
    /// Ticked: the page takes over what a file brought.
    take_over: String,
}

impl Said {
    pub(super) fn takes_over(&self) -> bool {
        !self.take_over.is_empty()
    }
}

/// A form of a thing as it is filled in: its own fields, and what all have.
pub(super) struct Filled<W>(pub(super) W, pub(super) Said);

impl<W: DeserializeOwned, S: Send + Sync> FromRequest<S> for Filled<W> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let bytes = whole(request.into_body()).await?;
        Ok(Self(read(&bytes)?, read(&bytes)?))
    }
}

/// What a page shows of it.
#[derive(Debug, Default)]
pub(super) struct ThingForm {
    /// For the hidden field `stood`; empty: the thing is new.
    pub(super) stood: String,
    /// How the thing stands now.
    stands: String,
    /// Whether a file brought it.
    pub(super) is_of_file: bool,
    pub(super) takes_over: bool,
    /// What stands against saving it, in words.
    pub(super) trouble: String,
}

impl ThingForm {
    /// The form of a thing as it is now, or of a new one; with what was said in it, once it was filled in. One that does not
    /// say how the thing stood is taken for how it stands.
    pub(super) async fn of(
        district: &District,
        before: Option<Thing<'_>>,
        said: Option<Said>,
    ) -> Result<Self, Fault> {
        let Some(thing) = before else { return Ok(Self::default()) };
        let (said, stands) = (said.unwrap_or_default(), thing.version());
        Ok(Self {
            takes_over: said.takes_over(),
            stood: if said.stood.is_empty() { stands.clone() } else { said.stood },
            stands,
            is_of_file: is_of_file(district, thing).await?,
            trouble: String::new(),
        })
    }

    /// Writes the thing, unless somebody changed it since the form was opened, and has it planned. False: something stands
    /// against it, which the form now tells.
    pub(super) async fn save(
        &mut self,
        district: &District,
        reader: &Reader,
        thing: Thing<'_>,
    ) -> Result<bool, Fault> {
        let things = [(thing, former(&self.stood))];
        let Some(key) = keep(district, reader, &things, self.takes_over).await? else {
            return Ok(true);
        };
        self.trouble = reader.of(key).to_string();
        if key == STALE {
            // Whoever saves again does so knowingly.
            self.stood.clone_from(&self.stands);
        }
        Ok(false)
    }
}

const STALE: &str = "common.stale";

/// How a thing has to stand to be written, as a form tells it.
pub(super) fn former(stood: &str) -> Former<'_> {
    if stood.is_empty() { Former::Absent } else { Former::Version(stood) }
}

/// Whether a file brought it.
pub(super) async fn is_of_file(district: &District, thing: Thing<'_>) -> Result<bool, Fault> {
    Ok(district.store.origin(thing).await? == Some(Origin::File))
}

/// Writes things, all or none, and has them planned; gives the key of the words for what stands against it.
pub(super) async fn keep(
    district: &District,
    reader: &Reader,
    things: &[(Thing<'_>, Former<'_>)],
    take_over: bool,
) -> Result<Option<&'static str>, Fault> {
    let now = district.clock.now();
    match district.store.put_all(&reader.actor(), things, take_over, now).await {
        Ok(_) => {
            planned_anew(district).await;
            Ok(None)
        }
        Err(error) => against(error).map(Some),
    }
}

/// Where something was done to a thing it is planned and told at one address, else what stands against it at another.
pub(super) async fn told(
    district: &District,
    reader: &Reader,
    done: Result<Notice, StoreError>,
    (address, back): (&str, &str),
) -> Result<axum::response::Response, Fault> {
    match done {
        Ok(notice) => {
            planned_anew(district).await;
            Ok(notice.at(reader, address))
        }
        Err(error) => Ok(Notice::new(against(error)?).at(reader, back)),
    }
}

/// The key of the words for what stands against it; a failure where it is none of theirs.
fn against(error: StoreError) -> Result<&'static str, Fault> {
    match error {
        StoreError::OfFile { .. } => Ok("common.take-over-needed"),
        StoreError::Dangling(_) => Ok("common.dangling"),
        StoreError::Stale { .. } => Ok(STALE),
        error => Err(error.into()),
    }
}

/// Says that rules have changed, and waits a little for the new plan, so that the next page shows it.
async fn planned_anew(district: &District) {
    let mut rolled = district.rolled();
    let has_planned = rolled.borrow_and_update().is_some();
    district.rules_changed();
    if has_planned {
        // The plan is made all the same if it takes longer.
        let _ = tokio::time::timeout(Duration::from_secs(2), rolled.changed()).await;
    }
}

/// The thing that an address names; none: a new one.
pub(super) fn named<T: Clone>(
    id: Option<Path<String>>,
    all: &[T],
    name: impl Fn(&T) -> &str,
) -> Result<Option<T>, Fault> {
    let Some(Path(id)) = id else { return Ok(None) };
    let found = all.iter().find(|one| name(one) == id);
    found.cloned().map(Some).ok_or(Fault::Missing)
}

/// A name for something that is called so, which nothing of its kind has. `new` is no name: its form has that address.
pub(super) fn free_name<T: FromStr<Err = BadName>>(
    title: &str,
    is_taken: impl Fn(&str) -> bool,
) -> Result<T, Fault> {
    let name = names_of(title).find(|name| name != "new" && !is_taken(name)).unwrap_or_default();
    name.parse().map_err(Fault::failed)
}
