-- Who signed what. Text, bigint and boolean only, as before; keys, hashes and signatures are hexadecimal.

-- A station has one key at a time; what an earlier one signed stays signed, unless that key was revoked.
create table station_key (
    public_key text primary key,
    station text not null,
    enrolled_at bigint not null,
    revoked_at bigint
);
create index station_key_by_station on station_key (station);

-- `record` is the exact text that `key` signed; `hash` is the text's SHA-256, and the station's next record names it in
-- `previous`. Records from before there were keys have none of the four.
alter table as_run add column key text;
alter table as_run add column signature text;
alter table as_run add column hash text;
alter table as_run add column previous text;
create index as_run_by_sequence on as_run (station, sequence);
