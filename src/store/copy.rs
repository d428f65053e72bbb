//! The whole database as lines of JSON, the same from either engine, and back into either.
//!
//! One transaction sees everything as it was at one moment, while others go on writing. A table's rows stand in the order
//! of its primary key, so that a copy of a copy is the same to the byte.

use std::io::{self, BufRead, Write};

use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;

use super::{
    Store, StoreError, Tx,
    db::{Db, Engine, Row, sql},
    open,
};

/// Rows written by one statement.
const TOGETHER: usize = 200;

/// What a column holds: the only three that the migrations use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// A text.
    Text,
    /// A whole number.
    Bigint,
    /// Yes or no.
    Boolean,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Its place in the primary key, from 1; 0: it is not in it.
    pub key: i64,
}

/// A table as it was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns by name, as lines have their values.
    pub columns: Vec<Column>,
    /// How many lines there are.
    pub rows: u64,
    /// The SHA-256 of the lines, each with its end, in hexadecimal.
    pub sha256: String,
}

/// A database as it was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseCopy {
    /// The newest migration that it had.
    pub version: i64,
    /// Its tables, each after those that it refers to.
    pub tables: Vec<Table>,
}

/// Why a database was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk.
    #[error("the copy of the database: {0}")]
    Io(#[from] io::Error),
    /// There is something already.
    #[error("the database is not empty: restore into a new one, nothing is overwritten")]
    NotEmpty,
    /// It was written by another Loa.
    #[error("the copy was made by a newer Loa (tables of version {0}): restore it with that one")]
    Newer(i64),
    /// The tables are not those that Loa makes.
    #[error("table {0} is not as Loa makes it; was it changed by hand?")]
    Table(String),
    /// A line cannot be read.
    #[error("line {line} of table {table} cannot be read")]
    Line {
        /// Which table.
        table: String,
        /// Counted from 1.
        line: u64,
    },
    /// What was written is not what was read back.
    #[error(
        "what was restored is not what was copied: tables {0} differ; see that the disk is sound"
    )]
    Differs(String),
}

impl From<sqlx::Error> for CopyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Writes lines, counts and hashes them.
struct Scribe<W> {
    to: W,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> Scribe<W> {
    fn write(&mut self, row: &Row, columns: &[Column]) -> Result<(), CopyError> {
        let mut line = serde_json::to_vec(&values(row, columns)?).map_err(io::Error::from)?;
        line.push(b'\n');
        self.hash.update(&line);
        self.to.write_all(&line)?;
        self.rows += 1;
        Ok(())
    }
}

fn values(row: &Row, columns: &[Column]) -> Result<Vec<Value>, StoreError> {
    let value = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            ColumnKind::Text => row.get::<Option<String>>(place)?.map_or(Value::Null, Value::from),
            ColumnKind::Bigint => row.get::<Option<i64>>(place)?.map_or(Value::Null, Value::from),
            ColumnKind::Boolean => row.get::<Option<bool>>(place)?.map_or(Value::Null, Value::from),
        })
    };
    columns.iter().enumerate().map(value).collect()
}

/// The names of all tables, each after those that it refers to: a table was made after those.
async fn names(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows = match &*tx {
        Engine::Sqlite(_) => sql!(fetch tx,
            "select name from sqlite_master where type = 'table' and name <> '_sqlx_migrations'
             and name not like 'sqlite!_%' escape '!' order by rowid")?,
        Engine::Postgres(_) => sql!(fetch tx,
            "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = current_schema() and c.relkind = 'r' and c.relname <> '_sqlx_migrations'
             order by c.oid")?,
    };
    rows.iter().map(|row| row.get(0)).collect()
}

/// A table's columns by name: in which order migrations came to add them does not matter.
async fn columns(tx: &mut Tx, table: &str) -> Result<Vec<Column>, CopyError> {
    let rows = match &*tx {
        Engine::Sqlite(_) => sql!(fetch tx,
            "select name, lower(type), pk from pragma_table_info($1)", table)?,
        Engine::Postgres(_) => sql!(fetch tx,
            "select a.attname::text, format_type(a.atttypid, null), coalesce((
                 select k.place from pg_index i, unnest(i.indkey) with ordinality as k (number, place)
                 where i.indrelid = c.oid and i.indisprimary and k.number = a.attnum), 0)
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
             join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             where n.nspname = current_schema() and c.relname = $1", table)?,
    };
    let mut columns: Vec<Column> = rows
        .iter()
        .map(|row| {
            let kind = match row.get::<String>(1)?.as_str() {
                "text" => ColumnKind::Text,
                "bigint" => ColumnKind::Bigint,
                "boolean" => ColumnKind::Boolean,
                _ => return Err(CopyError::Table(table.to_owned())),
            };
            Ok(Column { name: row.get(0)?, kind, key: row.get(2)? })
        })
        .collect::<Result<_, CopyError>>()?;
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(columns)
}

/// The statement that reads a table in its order, which is that of the bytes on either engine.
fn select(tx: &Tx, table: &str, columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let mut key: Vec<&Column> = columns.iter().filter(|column| column.key > 0).collect();
    key.sort_by_key(|column| column.key);
    let of_bytes = |column: &&Column| match (tx, column.kind) {
        (Engine::Postgres(_), ColumnKind::Text) => {
            format!("{} collate \"C\"", quoted(&column.name))
        }
        _ => quoted(&column.name),
    };
    let key: Vec<String> = key.iter().map(of_bytes).collect();
    let order =
        if key.is_empty() { String::new() } else { format!(" order by {}", key.join(", ")) };
    format!("select {} from {}{order}", names.join(", "), quoted(table))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A transaction that sees one moment, and writes nothing.
async fn snapshot(db: &Db) -> Result<Tx, StoreError> {
    Ok(match db {
        Engine::Sqlite(pools) => Engine::Sqlite(pools.read.begin().await?),
        Engine::Postgres(pool) => Engine::Postgres(
            pool.begin_with("begin transaction isolation level repeatable read read only").await?,
        ),
    })
}

/// Reads everything out, each table into what `file` gives for it.
async fn read_out<W: Write>(
    db: &Db,
    mut file: impl FnMut(&str) -> io::Result<W>,
) -> Result<DatabaseCopy, CopyError> {
    let mut tx = snapshot(db).await?;
    let version = sql!(fetch &mut tx, "select max(version) from _sqlx_migrations")?;
    let version = version.first().ok_or(sqlx::Error::RowNotFound)?.get(0)?;
    let mut tables = Vec::new();
    for name in names(&mut tx).await? {
        let columns = columns(&mut tx, &name).await?;
        let statement = select(&tx, &name, &columns);
        let mut scribe = Scribe { to: file(&name)?, hash: Sha256::new(), rows: 0 };
        macro_rules! pour {
            ($on:expr, $engine:path) => {{
                let mut rows = sqlx::query(AssertSqlSafe(statement)).fetch(&mut **$on);
                while let Some(row) = rows.try_next().await? {
                    scribe.write(&$engine(row), &columns)?;
                }
            }};
        }
        match &mut tx {
            Engine::Sqlite(on) => pour!(on, Row::Sqlite),
            Engine::Postgres(on) => pour!(on, Row::Postgres),
        }
        scribe.to.flush()?;
        let (rows, sha256) = (scribe.rows, hex::encode(scribe.hash.finalize()));
        tables.push(Table { name, columns, rows, sha256 });
    }
    tx.rollback().await?;
    Ok(DatabaseCopy { version, tables })
}

/// Writes lines into a table, some at a time.
async fn write_in(tx: &mut Tx, table: &Table, lines: impl BufRead) -> Result<(), CopyError> {
    let width = table.columns.len();
    let names: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    let head = format!("insert into {} ({}) values ", quoted(&table.name), names.join(", "));
    let statement = |rows: usize| {
        let row = |row: usize| {
            let holes: Vec<_> = (1..=width).map(|at| format!("${}", row * width + at)).collect();
            format!("({})", holes.join(","))
        };
        let rows: Vec<_> = (0..rows).map(row).collect();
        format!("{head}{}", rows.join(","))
    };
    let mut waiting: Vec<Value> = Vec::new();
    let mut number = 0;
    let mut lines = lines.lines();
    loop {
        let line = lines.next().transpose()?;
        let is_last = line.is_none();
        if let Some(line) = line {
            number += 1;
            let wrong = || CopyError::Line { table: table.name.clone(), line: number };
            let values: Vec<Value> = serde_json::from_str(&line).map_err(|_| wrong())?;
            let fits = values.len() == width
                && values.iter().zip(&table.columns).all(|(value, column)| fits(value, column));
            if !fits {
                return Err(wrong());
            }
            waiting.extend(values);
        }
        if !waiting.is_empty() && (is_last || waiting.len() == TOGETHER * width) {
            let text = statement(waiting.len() / width);
            let kinds = table.columns.iter().map(|column| column.kind).cycle();
            macro_rules! insert {
                ($on:expr) => {{
                    let mut query = sqlx::query(AssertSqlSafe(text));
                    for (value, kind) in waiting.drain(..).zip(kinds) {
                        query = match kind {
                            ColumnKind::Text => query.bind(value.as_str().map(str::to_owned)),
                            ColumnKind::Bigint => query.bind(value.as_i64()),
                            ColumnKind::Boolean => query.bind(value.as_bool()),
                        };
                    }
                    query.execute(&mut **$on).await?;
                }};
            }
            match tx {
                Engine::Sqlite(on) => insert!(on),
                Engine::Postgres(on) => insert!(on),
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Runs a statement that names a table.
async fn run(tx: &mut Tx, statement: String) -> Result<(), StoreError> {
    match tx {
        Engine::Sqlite(on) => {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut **on).await?;
        }
        Engine::Postgres(on) => {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut **on).await?;
        }
    }
    Ok(())
}

fn fits(value: &Value, column: &Column) -> bool {
    value.is_null()
        || match column.kind {
            ColumnKind::Text => value.is_string(),
            ColumnKind::Bigint => value.is_i64(),
            ColumnKind::Boolean => value.is_boolean(),
        }
}

impl Store {
    /// Reads the whole database out as it is at one moment: a line for each row, a JSON array of its values, into what
    /// `file` gives for each table. Whoever writes meanwhile does not wait.
    ///
    /// # Errors
    /// The database or the disk refuses, or a table is not one of Loa's.
    pub async fn copy_out<W: Write>(
        &self,
        file: impl FnMut(&str) -> io::Result<W>,
    ) -> Result<DatabaseCopy, CopyError> {
        read_out(&self.db, file).await
    }

    /// Takes every table away, as they were made by [`Store::copy_in`].
    ///
    /// # Errors
    /// The database refuses.
    pub async fn clear(url: &str) -> Result<(), CopyError> {
        let db = open::work(url).await?;
        let mut tx = db.begin().await?;
        let mut tables = names(&mut tx).await?;
        tables.insert(0, "_sqlx_migrations".to_owned());
        for name in tables.iter().rev() {
            run(&mut tx, format!("drop table {}", quoted(name))).await?;
        }
        tx.commit().await?;
        open::close(&db).await;
        Ok(())
    }

    /// Makes a database of such a copy, in an empty one, and reads all of it back. Its tables are of the copy's version;
    /// [`Store::open`] brings them up to date.
    ///
    /// # Errors
    /// The database is not empty, the copy is of a newer Loa, or what is read back differs.
    pub async fn copy_in<R: BufRead>(
        url: &str,
        copy: &DatabaseCopy,
        mut file: impl FnMut(&str) -> io::Result<R>,
    ) -> Result<(), CopyError> {
        let db = open::empty(url, copy.version).await?;
        let mut tx = db.begin().await?;
        let there = names(&mut tx).await?;
        for table in &copy.tables {
            let is_ours = there.contains(&table.name)
                && columns(&mut tx, &table.name).await? == table.columns;
            if !is_ours {
                return Err(CopyError::Table(table.name.clone()));
            }
        }
        // What migrations put there is in the copy too.
        for name in there.iter().rev() {
            run(&mut tx, format!("delete from {}", quoted(name))).await?;
        }
        for table in &copy.tables {
            write_in(&mut tx, table, file(&table.name)?).await?;
        }
        tx.commit().await?;
        let written = read_out(&db, |_| Ok(io::sink())).await?;
        open::close(&db).await;
        let same = |table: &&Table| {
            written.tables.iter().any(|other| {
                (&other.name, other.rows, &other.sha256) == (&table.name, table.rows, &table.sha256)
            })
        };
        let other: Vec<&str> =
            copy.tables.iter().filter(|it| !same(it)).map(|it| it.name.as_str()).collect();
        if other.is_empty() { Ok(()) } else { Err(CopyError::Differs(other.join(", "))) }
    }
}
