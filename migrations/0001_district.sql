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

-- What was planned, and what was refused with its reason. No foreign keys: it outlives the rules it came from.
-- An airing that is no longer planned is withdrawn, not deleted: a station that was cut off may still air it.
create table airing (
    id text primary key,
    schedule text not null,
    station text not null,
    unit text not null,
    programme text not null,
    campaign text,
    title text not null,
    priority text not null,
    nominal_at bigint not null,
    starts_at bigint not null,
    ends_at bigint not null,
    latest_start bigint not null,
    items text not null,
    digest text not null,
    refused boolean not null,
    reason text,
    decision text,
    withdrawn_at bigint
);
create index airing_by_time on airing (starts_at, id);
create index airing_by_station on airing (station, starts_at);

-- As-run records: only ever inserted.
create table as_run (
    station text not null,
    boot text not null,
    sequence bigint not null,
    airing text not null,
    received_at bigint not null,
    record text not null,
    primary key (station, boot, sequence)
);
create index as_run_by_airing on as_run (airing);

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
