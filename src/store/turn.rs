//! When each clip last had its turn at a station, so that a rotation goes on from what really aired.

use super::{Store, StoreError, db::sql, name};
use crate::radio::{ClipId, StationId, UtcMs};

/// Before every turn, and far enough from the end of numbers to reckon with.
const LONG_AGO: i64 = i64::MIN / 2;

impl Store {
    /// When each clip of the rules last had its turn at a station, in airings that began before an instant; clips that
    /// never had one are left out.
    ///
    /// What was planned and is not reported yet counts as aired: a station without a line follows the rundown that it
    /// has, and must not be planned anew each time that nothing is heard of it. Once reported, only the report counts.
    pub async fn turns(
        &self,
        station: &StationId,
        before: UtcMs,
    ) -> Result<Vec<(ClipId, UtcMs)>, StoreError> {
        // The newest turn on record bounds how far back the unreported are looked for; an airing that holds a later one
        // began at most a day before it.
        let rows = sql!(fetch &mut self.db.reader().await?,
            "with recorded (clip, sha256, turn_at) as materialized (
                 select k.id, k.sha256, coalesce((
                     select max(r.turn_at) from as_run r
                     where r.clip = k.sha256 and r.station = $1 and r.turn_at < $2), $3)
                 from clip k),
             turn (clip, turn_at) as (
                 select k.clip, coalesce((
                     select max(a.starts_at + c.offset_ms)
                     from content_clip c join airing a on a.content = c.content
                     where c.clip = k.sha256 and a.station = $1
                     and a.starts_at < $2 and a.starts_at > k.turn_at - 86400000
                     and a.starts_at + c.offset_ms > k.turn_at and a.withdrawn_at is null
                     and not exists (select 1 from as_run r where r.airing = a.id and r.position = c.position)
                     and not exists (select 1 from declaration d
                         where d.airing = a.id and d.outcome in ('missed', 'refused') and not exists (
                             select 1 from declaration l where l.airing = d.airing and l.number > d.number))
                     ), k.turn_at)
                 from recorded k)
             select clip, turn_at from turn where turn_at > $3",
            station.as_str(), before.0, LONG_AGO)?;
        rows.iter().map(|row| Ok((name("turn of", row.get(0)?)?, UtcMs(row.get(1)?)))).collect()
    }
}
