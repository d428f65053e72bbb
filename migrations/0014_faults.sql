-- What was wrong at a station, from when to when. A station says which faults it has, not since when.
create table fault (
    station text not null,
    code text not null,
    since bigint not null,
    detail text not null,
    ended_at bigint,
    primary key (station, code, since)
);
create index fault_open on fault (station, code) where ended_at is null;

-- When each version of a station's rundown was written, and when the station first said that it has it.
create table rundown_version (
    station text not null,
    version bigint not null,
    written_at bigint not null,
    taken_at bigint,
    primary key (station, version)
);

insert into rundown_version (station, version, written_at)
select station, version, written_at from rundown;
