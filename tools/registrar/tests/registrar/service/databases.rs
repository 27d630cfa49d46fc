//! Runs a test on SQLite, and on PostgreSQL where `PSEPHOS_POSTGRES_URL` names a server on which
//! databases may be made.

use std::{future::Future, process};

use sqlx::{any::AnyPoolOptions, AssertSqlSafe};

/// Where a test keeps its register.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file of the test's own.
    Sqlite,
    /// A database of the test's own.
    Postgres(String),
}

/// Runs the test on every database.
pub async fn on_every_database<F: Future<Output = ()>>(test: impl Fn(Database) -> F) {
    test(Database::Sqlite).await;
    if let Ok(server) = std::env::var("PSEPHOS_POSTGRES_URL") {
        let name = fresh_database(&server).await;
        let (server, options) = server.split_once('?').unwrap_or((&server, ""));
        let server = server.rsplit_once('/').expect("the URL names a database").0;
        test(Database::Postgres(format!("{server}/{name}?{options}"))).await;
    }
}

async fn fresh_database(server: &str) -> String {
    sqlx::any::install_default_drivers();
    let digits = psephos_registrar::secrets::token().expect("there is randomness");
    let name = format!("test_{}_{}", process::id(), &digits[..16]);
    let pool = AnyPoolOptions::new()
        .max_connections(1)
        .connect(server)
        .await
        .expect("connects");
    let create = format!("CREATE DATABASE {name}");
    sqlx::query(AssertSqlSafe(create))
        .execute(&pool)
        .await
        .expect("is new");
    pool.close().await;
    name
}
