-- How the airings of days that are over stand, so that a month need not be judged each time somebody asks for it: of a day,
-- known by its first instant, JSON as the program of one version wrote it. A word that comes late takes its days away and
-- counts `late` up, so that nobody keeps what was judged before it came. All of it can be judged anew.
create table judged_day (
    from_at bigint primary key,
    version text not null,
    tallies text not null
);
insert into edition (id, number) values ('late', 0);
