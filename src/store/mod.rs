//! All the SQL, a file per noun, one text for SQLite and PostgreSQL.
