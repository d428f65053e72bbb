//! What sounds in an airing: kept once for all that sound the same, so that a minute's airing costs a short row.

use std::{collections::HashMap, sync::Arc};

use sha2::{Digest, Sha256};

use super::{StoreError, Tx, db::Reader, db::sql, json};
use crate::radio::AiringItem;

type Items = Arc<[AiringItem]>;

/// Contents written in one transaction, each with its name.
#[derive(Default)]
pub(super) struct Written(Vec<(Items, String)>);

impl Written {
    /// Keeps what sounds and gives its name; none for nothing.
    pub(super) async fn keep(
        &mut self,
        tx: &mut Tx,
        items: &Items,
    ) -> Result<Option<String>, StoreError> {
        if items.is_empty() {
            return Ok(None);
        }
        // The plan shares items between airings, so that nearly always the same ones come again.
        if let Some((_, id)) = self.0.iter().find(|(known, _)| Arc::ptr_eq(known, items)) {
            return Ok(Some(id.clone()));
        }
        let text = serde_json::to_string(items).map_err(|error| StoreError::Unreadable {
            what: "content",
            id: String::new(),
            why: error.to_string(),
        })?;
        let id = hex::encode(Sha256::digest(&text));
        let new = sql!(execute tx,
            "insert into content (id, items) values ($1, $2) on conflict do nothing",
            id.as_str(), text.as_str())?;
        if new == 1 {
            let mut offset_ms = 0;
            for (position, item) in (0_i64..).zip(items.iter()) {
                if let AiringItem::Clip { sha256, .. } = item {
                    sql!(execute tx,
                        "insert into content_clip (content, position, clip, offset_ms) values ($1, $2, $3, $4)",
                        id.as_str(), position, sha256.to_string(), offset_ms)?;
                }
                offset_ms += item.duration_ms().cast_signed();
            }
        }
        self.0.push((items.clone(), id.clone()));
        Ok(Some(id))
    }
}

/// Contents read in one call, by name.
#[derive(Default)]
pub(super) struct Known(HashMap<String, Items>);

impl Known {
    /// What is kept under a name; nothing under none.
    pub(super) async fn find(
        &mut self,
        reader: &mut Reader,
        id: Option<String>,
    ) -> Result<Items, StoreError> {
        let Some(id) = id else { return Ok([].into()) };
        if let Some(items) = self.0.get(&id) {
            return Ok(items.clone());
        }
        let rows = sql!(fetch reader, "select items from content where id = $1", id.as_str())?;
        let text: String = rows.first().ok_or(sqlx::Error::RowNotFound)?.get(0)?;
        let items: Items = json::<Vec<_>>("content", &id, &text)?.into();
        self.0.insert(id, items.clone());
        Ok(items)
    }
}
