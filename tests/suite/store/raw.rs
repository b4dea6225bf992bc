//! A connection that goes around the writer, for attacks and tampering.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use tbot::store::Address;

pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    pub(crate) async fn open(address: &Address) -> Self {
        match address {
            Address::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).pragma("recursive_triggers", "on");
                Self::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
            }
            Address::Postgres(url) => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    pub(crate) const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// How the engine writes bytes.
    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        let hex = bytes.iter().fold(String::new(), |text, b| text + &format!("{b:02x}"));
        if self.is_sqlite() { format!("x'{hex}'") } else { format!("'\\x{hex}'::bytea") }
    }

    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(c) => c.execute(sqlx::raw_sql(sql)).await.map(drop),
            Self::Postgres(c) => c.execute(sqlx::raw_sql(sql)).await.map(drop),
        }
        .map_err(|e| e.to_string())
    }

    pub(crate) async fn must(&mut self, sql: &str) {
        self.run(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The one text that a question to SQLite answers.
    pub(crate) async fn text(&mut self, sql: &str) -> String {
        let Self::Sqlite(c) = self else { panic!("{sql}: asked of SQLite alone") };
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(c).await.unwrap()
    }

    /// Runs a script as one transaction: the first refusal, or that of the commit.
    pub(crate) async fn transaction(&mut self, script: &[String]) -> Result<(), String> {
        self.must("BEGIN").await;
        let mut outcome = Ok(());
        for sql in script.iter().map(String::as_str).chain(["COMMIT"]) {
            outcome = self.run(sql).await;
            if outcome.is_err() {
                break;
            }
        }
        if outcome.is_err() {
            let _ = self.run("ROLLBACK").await;
        }
        outcome
    }

    /// Changes what triggers and constraints would refuse, and leaves the schema as it was.
    pub(crate) async fn tamper(&mut self, script: &str) {
        self.attempt(script).await.unwrap_or_else(|e| panic!("{script}: {e}"));
    }

    /// The same; the constraints of a server's rows hold even then, and what they refuse is said.
    pub(crate) async fn attempt(&mut self, script: &str) -> Result<(), String> {
        match self {
            Self::Postgres(_) => {
                self.must("SET session_replication_role = replica").await;
                let outcome = self.run(script).await;
                self.must("SET session_replication_role = origin").await;
                outcome
            }
            Self::Sqlite(c) => {
                let triggers: Vec<(String, String)> =
                    sqlx::query_as("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                        .fetch_all(c)
                        .await
                        .unwrap();
                self.must("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").await;
                for (name, _) in &triggers {
                    self.must(&format!("DROP TRIGGER {name}")).await;
                }
                self.must(script).await;
                for (_, sql) in &triggers {
                    self.must(sql).await;
                }
                Ok(())
            }
        }
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Sqlite(c) => c.close().await.unwrap(),
            Self::Postgres(c) => c.close().await.unwrap(),
        }
    }
}
