//! PostgreSQL's own: owner and running role, two writers at once, the catalogue; and each statement on both engines.

use std::time::Duration;

use sqlx::{Connection as _, Executor as _, PgConnection, SqlStr, SqliteConnection};
use tbot::store::{self, Address, Batch, sql};

use super::raw::Raw;
use super::sample;
use crate::places::Place;
use crate::postgres;

#[tokio::test]
async fn ledg_11_every_statement_is_understood_by_both_engines() {
    for place in Place::each("statements").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        match &place.address {
            Address::Sqlite(path) => {
                let url = format!("sqlite://{}", path.display());
                let mut c = SqliteConnection::connect(&url).await.unwrap();
                for (name, text) in sql::BOTH.iter().chain(sql::SQLITE) {
                    c.prepare(SqlStr::from_static(text)).await.unwrap_or_else(|e| panic!("{name}: {e}"));
                }
            }
            Address::Postgres(url) => {
                let mut c = PgConnection::connect(url).await.unwrap();
                for (name, text) in sql::BOTH.iter().chain(sql::POSTGRES) {
                    c.prepare(SqlStr::from_static(text)).await.unwrap_or_else(|e| panic!("{name}: {e}"));
                }
            }
        }
    }
}

#[tokio::test]
async fn ledg_4_the_running_role_may_select_and_insert_and_nothing_else() {
    let Some(url) = postgres::database("roles").await else { return };
    let mut admin = Raw::open(&Address::Postgres(url.clone())).await;
    let runner = format!("tbot_runner_{}", std::process::id());
    admin.must(&format!("DROP ROLE IF EXISTS {runner}")).await;
    admin.must(&format!("CREATE ROLE {runner} LOGIN")).await;
    let owner = Address::Postgres(url.clone());
    store::create(&owner, &sample::new_book()).await.unwrap();
    let running = Address::Postgres(postgres::as_user(&url, &runner));
    assert!(store::open(&running, &sample::identity()).await.is_err(), "not let in yet");
    store::let_run(&owner, &runner).await.unwrap();

    let (_, mut writer) = store::open(&running, &sample::identity()).await.unwrap();
    let (events, entries) = (sample::events(3), sample::trades(3));
    writer.append(&Batch { events: &events, entries: &entries, closings: &[] }).await.unwrap();
    let mut role = Raw::open(&running).await;
    for table in ["entry", "posting", "event", "account", "book", "closing_record", "closing_balance", "closing_lot"] {
        for attack in [
            format!("UPDATE {table} SET book = 1"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table} CASCADE"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            format!("DROP TABLE {table} CASCADE"),
            format!("DROP TRIGGER {table}_no_change ON {table}"),
            format!("CREATE TRIGGER x BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION event_in_insert()"),
        ] {
            let said = role.run(&attack).await.unwrap_err();
            assert!(said.contains("permission denied") || said.contains("must be owner"), "{attack}: {said}");
        }
    }
    for attack in [
        "SET session_replication_role = replica".to_owned(),
        format!("SELECT let_run('{runner}')"),
        "INSERT INTO schema_version VALUES (2, 'x')".to_owned(),
        "CREATE OR REPLACE FUNCTION posting_before_insert() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'".to_owned(),
    ] {
        assert!(role.run(&attack).await.is_err(), "{attack}");
    }
    // A temporary table in the place of a real one deceives no trigger.
    role.must("CREATE TEMP TABLE entry AS SELECT * FROM public.entry WHERE false").await;
    let row = "INSERT INTO public.posting (book, seq, line, session, account, currency, amount) \
               VALUES (1, 1, 3, 20260601, 1010, 'USD', 5)";
    assert!(role.run(row).await.unwrap_err().contains("not the next entry, or sealed"));
    role.close().await;
    writer.close().await.unwrap();
    admin.must(&format!("DROP OWNED BY {runner}; DROP ROLE {runner}")).await;
}

#[tokio::test]
async fn ledg_4_of_two_writers_racing_for_an_entry_one_waits_and_is_refused() {
    let Some(url) = postgres::database("race").await else { return };
    let address = Address::Postgres(url);
    store::create(&address, &sample::new_book()).await.unwrap();
    let pair = |account: u16, amount: i64, line: i64| {
        format!(
            "INSERT INTO posting (book, seq, line, session, account, currency, amount) \
             VALUES (1, 1, {line}, 20260601, {account}, 'USD', {amount})"
        )
    };
    let (mut first, mut second) = (Raw::open(&address).await, Raw::open(&address).await);
    first.must("BEGIN").await;
    first.must(&pair(1010, 100, 1)).await;
    first.must(&pair(3100, -100, 2)).await;
    // The second slips a balanced pair under the same entry, before the first has committed.
    let slip = [pair(1010, 7, 3), pair(3100, -7, 4)];
    let racing = tokio::spawn(async move {
        let outcome = second.transaction(&slip).await;
        second.close().await;
        outcome
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!racing.is_finished(), "it waits for the lock of the book");
    let hash = desk::domain::chain::Hash::GENESIS.link(b"{}");
    let (zero, hash, bytes) = (first.blob(&[0; 32]), first.blob(hash.bytes()), first.blob(b"{}"));
    first
        .must(&format!(
            "INSERT INTO entry VALUES (1, 1, 'abcdefghijklmnopqrstuvwxyz', 'float_in', 'x', 20260601, 0, 0, NULL, NULL, 2, \
             {zero}, {hash}, {bytes})"
        ))
        .await;
    first.must("COMMIT").await;
    let said = racing.await.unwrap().unwrap_err();
    assert!(said.contains("not the next entry, or sealed"), "{said}");
    first.close().await;
}

/// The catalogue in `migrations/postgres/` is what the migration makes; `TBOT_BLESS=1` writes it.
#[tokio::test]
async fn the_catalogue_that_the_verifier_compares_with_is_that_of_the_migration() {
    let Some(url) = postgres::database("catalogue").await else { return };
    store::create(&Address::Postgres(url.clone()), &sample::new_book()).await.unwrap();
    let mut c = PgConnection::connect(&url).await.unwrap();
    let rows: Vec<(String, String)> = sqlx::query_as(sql::POSTGRES_SCHEMA).fetch_all(&mut c).await.unwrap();
    let text: String = rows.iter().flat_map(|(thing, text)| [thing, "\t", text, "\n"]).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres/0001_catalogue.txt");
    if std::env::var_os("TBOT_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert!(text == std::fs::read_to_string(path).unwrap(), "the migration makes another schema than its catalogue");
}
