-- Whose word a rule is: a `file` brought it, or a `page` wrote it. What a page wrote, no file overwrites.
alter table unit add column origin text not null default 'file';
alter table station add column origin text not null default 'file';
alter table clip add column origin text not null default 'file';
alter table programme add column origin text not null default 'file';
alter table campaign add column origin text not null default 'file';
alter table schedule add column origin text not null default 'file';
alter table calendar add column origin text not null default 'file';

-- Who last changed on a page what sounds, so that they do not approve it themselves; the name by value.
alter table clip add column made_by text;
alter table clip add column made_by_name text;
alter table clip add column made_at bigint;
alter table programme add column made_by text;
alter table programme add column made_by_name text;
alter table programme add column made_at bigint;
alter table campaign add column made_by text;
alter table campaign add column made_by_name text;
alter table campaign add column made_at bigint;

-- A clip's words without marks, to search in, and a key in the dictionary's order. Empty before they are filled in.
alter table clip add column folded text not null default '';
alter table clip add column sort_key text not null default '';
alter table clip add column retired_at bigint;
create index clip_by_sort_key on clip (sort_key, id);

-- What was measured of a recording, as JSON: its drawing, its loudness and what to know of it. It never changes.
create table recording (
    sha256 text primary key,
    measured text not null,
    taken_in_at bigint not null
);

-- What approvers said of a content: only ever inserted, numbered for each subject. `content` is a clip's SHA-256, or the
-- hash of all that a programme sounds. Without `ruled_by` it stood in a file.
create table ruling (
    noun text not null,
    subject text not null,
    number bigint not null,
    content text not null,
    approved boolean not null,
    ruled_by text,
    ruled_by_name text not null,
    ruled_at bigint,
    comment text,
    own boolean not null,
    primary key (noun, subject, number)
);

-- What the district has switched otherwise than Loa does by itself.
create table switch (
    id text primary key,
    is_on boolean not null
);
