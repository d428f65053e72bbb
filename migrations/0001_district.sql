-- One text for SQLite and PostgreSQL: text, bigint and boolean only. Instants are Unix milliseconds, hashes
-- hexadecimal, flags boolean. What a rule says is kept whole as JSON in `rule`; the other columns serve queries.

create table unit (
    id text primary key,
    parent text,
    rule text not null
);

create table station (
    id text primary key,
    unit text not null references unit (id),
    rule text not null
);

create table clip (
    id text primary key,
    sha256 text not null,
    rule text not null
);
create index clip_by_content on clip (sha256);

create table programme (
    id text primary key,
    rule text not null
);

create table campaign (
    id text primary key,
    rule text not null
);

create table schedule (
    id text primary key,
    rule text not null
);

-- One row, `house`.
create table calendar (
    id text primary key,
    rule text not null
);

-- Counts the changes of the tables above. One row, `rules`.
create table edition (
    id text primary key,
    number bigint not null
);

-- What sounds in an airing, in order, kept once for all airings that sound the same; named by the SHA-256 of `items`.
create table content (
    id text primary key,
    items text not null
);

-- Where each clip stands in it: `offset_ms` after the airing's start.
create table content_clip (
    content text not null references content (id),
    position bigint not null,
    clip text not null,
    offset_ms bigint not null,
    primary key (content, position)
);
create index content_clip_by_clip on content_clip (clip, content);

-- What was planned, and what was refused with its reason. No foreign keys to rules: it outlives those it came from.
-- An airing that is no longer planned is withdrawn, not deleted: a station that was cut off may still air it.
-- One without a programme was never planned: only a station's record tells of it.
create table airing (
    id text primary key,
    schedule text not null,
    station text not null,
    unit text not null,
    programme text,
    campaign text,
    title text not null,
    priority text,
    nominal_at bigint not null,
    starts_at bigint not null,
    ends_at bigint not null,
    latest_start bigint not null,
    content text references content (id),
    digest text not null,
    refused boolean not null,
    reason text,
    decision text,
    withdrawn_at bigint
);
create index airing_by_time on airing (starts_at, id);
create index airing_by_station on airing (station, starts_at);
create index airing_by_content on airing (content, station, starts_at);

-- As-run records: only ever inserted. `turn_at` is when the clip had its turn in a rotation, if it had.
create table as_run (
    station text not null,
    boot text not null,
    sequence bigint not null,
    airing text not null,
    position bigint not null,
    clip text,
    turn_at bigint,
    received_at bigint not null,
    record text not null,
    primary key (station, boot, sequence)
);
create index as_run_by_airing on as_run (airing);
create index as_run_by_clip on as_run (clip, station, turn_at);

-- What people declared, or stations that are not Loa's: the first declaration stands.
create table declaration (
    airing text primary key,
    outcome text not null,
    started_at bigint,
    detail text,
    declared_by text not null,
    declared_at bigint not null
);

create table token (
    sha256 text primary key,
    kind text not null,
    name text not null,
    created_at bigint not null,
    revoked_at bigint
);

create table enrolment (
    sha256 text primary key,
    station text not null references station (id),
    expires_at bigint not null,
    used_at bigint
);

create table rundown (
    station text primary key,
    version bigint not null,
    digest text not null,
    payload text not null,
    written_at bigint not null
);

create table contact (
    station text primary key,
    contact_at bigint not null,
    status text
);
