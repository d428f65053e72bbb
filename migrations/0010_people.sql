-- People, what each may do, and what each has done.
create table person (
    id text primary key,
    name text not null,
    -- What they sign in with: NFKC, lower-case.
    sign_in text not null unique,
    -- argon2's own text; none before they have set one.
    password text,
    -- The language of their pages, once they have chosen.
    language text,
    created_at bigint not null,
    disabled_at bigint
);

-- `unit` is empty where the role holds in the whole district: a primary key knows no null.
create table role (
    person text not null references person (id),
    role text not null,
    unit text not null,
    primary key (person, role, unit)
);

-- Of the secret in a browser's cookie only the SHA-256.
create table session (
    sha256 text primary key,
    person text not null references person (id),
    created_at bigint not null,
    seen_at bigint not null,
    expires_at bigint not null,
    address text not null,
    agent text not null,
    ended_at bigint
);
create index session_person on session (person);

-- One-time links: to set a password, or, without a person, to make the first administrator.
create table invitation (
    sha256 text primary key,
    person text references person (id),
    expires_at bigint not null,
    used_at bigint
);

-- Attempts to sign in that failed, by account and by address.
create table attempt (
    subject text primary key,
    failures bigint not null,
    last_at bigint not null
);

-- Who did what, when and from where. Append-only.
create table audit (
    id text primary key,
    at bigint not null,
    person text,
    who text not null,
    address text not null,
    deed text not null,
    subject text not null,
    before text,
    after text
);
create index audit_at on audit (at, id);
create index audit_person on audit (person, at);
