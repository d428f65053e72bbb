-- What was said of an airing by hand, whole: each word has its number, a correction is one more, and the last counts. `key`
-- names a word that may be sent again; `cause` is why nothing sounded, as a code.
alter table declaration rename to first_declaration;
create table declaration (
    airing text not null,
    number bigint not null,
    outcome text not null,
    started_at bigint,
    cause text,
    detail text,
    declared_by text not null,
    declared_at bigint not null,
    key text,
    primary key (airing, number)
);
insert into declaration (airing, number, outcome, started_at, detail, declared_by, declared_at)
select airing, 1, outcome, started_at, detail, declared_by, declared_at from first_declaration;
drop table first_declaration;

-- What people report as out of order at a station. Closed when it is put right, never deleted; names by value.
create table trouble (
    id text primary key,
    station text not null,
    kind text not null,
    detail text,
    person text,
    reported_by text not null,
    reported_at bigint not null,
    key text,
    closed_by text,
    closed_at bigint,
    remedy text
);
create index trouble_by_station on trouble (station, reported_at);
create unique index trouble_by_key on trouble (station, key);

create index airing_by_campaign on airing (campaign, starts_at);
