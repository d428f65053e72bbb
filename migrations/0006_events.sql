-- A station's events (stopped, resumed, volume) have their numbers and hashes in one row with what it aired, so they stand
-- in the same table. `kind` says which; as-run records have none. An event has no airing: its `airing` is empty.
alter table as_run add column kind text;
create index as_run_events on as_run (station, sequence) where kind is not null;
