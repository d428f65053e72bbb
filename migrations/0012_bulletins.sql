-- Bulletins that are ready to be asked for; a rule like the others, whose word it is in `origin`.
create table prepared_bulletin (
    id text primary key,
    rule text not null,
    origin text not null default 'file'
);

-- What was asked for, by value as JSON, and what became of it.
create table bulletin (
    id text primary key,
    asked text not null,
    asked_at bigint not null,
    agreed_by text,
    agreed_at bigint,
    cancelled_by text,
    cancelled_at bigint
);
create index bulletin_by_time on bulletin (asked_at);

-- Recordings made for a bulletin: `item` is what an airing of it sounds, as JSON.
create table bulletin_recording (
    sha256 text primary key,
    item text not null,
    recorded_by text not null,
    recorded_at bigint not null
);

-- What the station is told of the bulletin that an airing carries out, as JSON; none: a schedule asked for it.
alter table airing add column bulletin text;
create index airing_of_bulletin on airing (schedule) where bulletin is not null;
