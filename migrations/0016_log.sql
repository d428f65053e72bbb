-- The transparency log: a Merkle tree (RFC 6962) over what is not to be rewritten. A row that is in it knows its place,
-- counted from 0; its entry is written anew from the row each time, so that no text stands here twice. How many entries there
-- are; `is_begun` once the rows of before there was a log are in it.
create table log_head (
    id text primary key,
    size bigint not null,
    is_begun boolean not null
);
insert into log_head (id, size, is_begun) values ('log', 0, false);

-- The tree's hashes in rows of 256, hexadecimal, as in C2SP's tlog-tiles: level 0 has the leaves, each level above the roots
-- of full tiles.
create table log_tile (
    level bigint not null,
    place bigint not null,
    hashes text not null,
    primary key (level, place)
);

-- Entries that stand in no row elsewhere, whole.
create table log_entry (
    log_position bigint primary key,
    entry text not null
);

-- Heads that were signed, each as its note.
create table log_checkpoint (
    size bigint primary key,
    root text not null,
    signed_at bigint not null,
    note text not null
);

-- What witnesses signed: a line for the note of that size.
create table log_cosignature (
    size bigint not null,
    witness text not null,
    line text not null,
    primary key (size, witness)
);

alter table as_run add column log_position bigint;
create unique index as_run_in_log on as_run (log_position);
alter table declaration add column log_position bigint;
create unique index declaration_in_log on declaration (log_position);
alter table ruling add column log_position bigint;
create unique index ruling_in_log on ruling (log_position);
-- Only of what decides what sounds: the rest of the trail is nobody else's business.
alter table audit add column log_position bigint;
create unique index audit_in_log on audit (log_position);
-- Enrolled, and revoked: two entries.
alter table station_key add column log_position bigint;
create unique index station_key_in_log on station_key (log_position);
alter table station_key add column revoked_position bigint;
create unique index station_key_revoked_in_log on station_key (revoked_position);
