-- Which of a station's records are there, as runs of sequence numbers without a gap: what lies between two runs, or
-- before the first, is missing. So it is known without counting records.
create table chain_run (
    station text not null,
    first_sequence bigint not null,
    last_sequence bigint not null,
    primary key (station, first_sequence)
);

insert into chain_run (station, first_sequence, last_sequence)
select station, min(sequence), max(sequence)
from (
    select distinct station, sequence, sequence - dense_rank() over (partition by station order by sequence) as island
    from as_run
) as numbered
group by station, island;

-- Where a station's records do not follow from each other: only ever inserted.
create table chain_fault (
    station text not null,
    sequence bigint not null,
    kind text not null,
    detail text not null,
    found_at bigint not null,
    primary key (station, sequence, kind)
);
