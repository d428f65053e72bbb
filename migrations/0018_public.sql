-- What the district shows to everybody: clips and campaigns by name. Nothing is, unless it stands here and the switch
-- `public` is on.
create table published (
    noun text not null,
    subject text not null,
    published_at bigint not null,
    primary key (noun, subject)
);

-- How long what is kept, as JSON, while the district keeps not everything. One row, `recordings`.
create table keeping (
    id text primary key,
    policy text not null
);

-- Recordings that went by that policy. Their records, hashes and transcripts stay.
create table gone (
    sha256 text primary key,
    gone_at bigint not null
);
