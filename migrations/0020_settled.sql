-- What came of an airing that is over, and the weakest that it rests on, as it was worked out last; null: it is to be worked
-- out anew. Whatever is said of the airing makes it null again.
alter table airing add column state text;
alter table airing add column evidence text;

-- What is looked for is chosen by the index alone, before a row is read.
drop index airing_by_time;
create index airing_by_time on airing (starts_at, id, state, evidence);
drop index airing_by_campaign;
create index airing_by_campaign on airing (campaign, starts_at, station, state, evidence);
create index airing_to_settle on airing (starts_at) where state is null;
drop index as_run_by_airing;
create index as_run_by_airing on as_run (airing, clip);
