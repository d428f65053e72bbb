-- What was done for a campaign beside its airings, as people declare it: names by value, a photograph by its SHA-256. One
-- that was wrong is withdrawn, never deleted.
create table channel_report (
    id text primary key,
    campaign text not null,
    unit text not null,
    channel text not null,
    day text not null,
    number bigint not null,
    note text,
    photograph text,
    reported_by text not null,
    reported_at bigint not null,
    withdrawn_by text,
    withdrawn_at bigint
);
create index channel_report_by_campaign on channel_report (campaign, day);
