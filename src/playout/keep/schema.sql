-- As it came, signatures and all: it is checked again whenever it is read.
create table if not exists rundown (
  only_one integer primary key check (only_one = 1),
  etag text not null,
  payload text not null,
  fetched_at integer not null
);

-- A row stands here from before the first frame until the end record is in the spool.
create table if not exists start (
  airing text not null,
  position integer not null,
  attempt integer not null,
  draft text not null,
  primary key (airing, position, attempt)
);

-- What has become of an airing. Once it has sounded it never sounds again; where it has not, it may while there is time.
create table if not exists settled (
  airing text primary key,
  due integer not null,
  has_sounded boolean not null,
  attempts integer not null
);

-- The time that the station last knew: a clock that shows an earlier one is wrong.
create table if not exists clock (
  only_one integer primary key check (only_one = 1),
  last_known integer not null
);

-- `record` is the exact text that is signed.
create table if not exists spool (
  sequence integer primary key,
  record text not null,
  key text not null,
  signature text not null,
  receipt text
);

-- What was last said at the site; each change of it is an event in the spool. No volume: the settings' word stands.
create table if not exists site (
  only_one integer primary key check (only_one = 1),
  stopped_at integer,
  stopped_until integer,
  volume integer
);

create index if not exists spool_waiting on spool (sequence) where receipt is null;
create index if not exists spool_confirmed on spool (sequence) where receipt in ('recorded', 'duplicate');
create index if not exists spool_rejected on spool (sequence) where receipt in ('conflict', 'invalid');

-- When the district wrote the newest receipts that came on a stick.
create table if not exists carried (
  only_one integer primary key check (only_one = 1),
  at integer not null
);

-- A store that was damaged and set aside. `at`: when the station first ran without it.
create table if not exists damage (
  file text primary key,
  words text not null,
  after integer not null, -- the chain goes on after this number
  is_blind integer not null, -- which airings had begun is not known
  at integer
);
