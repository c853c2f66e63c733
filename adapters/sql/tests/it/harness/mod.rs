//! Runs each test on SQLite and on Postgres, and makes values to store.

pub(crate) mod cluster;
pub(crate) mod samples;

use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use countersign_sql::SqlStore;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use cluster::Cluster;

/// A store with the way to its tables that the store does not offer.
#[derive(Clone)]
pub(crate) struct TestStore {
    store: Arc<SqlStore>,
    url: String,
}

impl Deref for TestStore {
    type Target = SqlStore;

    fn deref(&self) -> &SqlStore {
        &self.store
    }
}

impl TestStore {
    async fn open(url: String) -> Self {
        let store = Arc::new(SqlStore::open(&url).await.expect("an open store"));
        Self { store, url }
    }

    pub(crate) fn shared(&self) -> Arc<SqlStore> {
        Arc::clone(&self.store)
    }

    /// Another process, so to speak.
    pub(crate) async fn second(&self) -> Self {
        Self::open(self.url.clone()).await
    }

    /// Runs statements past the store.
    pub(crate) async fn raw(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await?;
            connection.execute(sqlx::raw_sql(sql)).await?;
            connection.close().await
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.url).await?;
            connection.execute(sqlx::raw_sql(sql)).await?;
            connection.close().await
        }
    }

    /// A number read past the store.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(sql.to_owned());
        if self.url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
        }
    }
}

/// `async fn the_sentence_that_broke(store) { … }`, on SQLite and on Postgres.
macro_rules! on_each_database {
    ($($(#[$doc:meta])* async fn $name:ident($store:ident) $body:block)*) => {$(
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports, reason = "each test takes what it needs")]
            use super::*;

            async fn test($store: crate::harness::TestStore) $body

            #[test]
            fn sqlite() {
                crate::harness::on_sqlite(test);
            }

            #[test]
            fn postgres() {
                crate::harness::on_postgres(concat!(stringify!($name), "::postgres"), test);
            }
        }
    )*};
}
pub(crate) use on_each_database;

pub(crate) fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(TestStore) -> F) {
    let folder = tempfile::tempdir().expect("a folder");
    runtime().block_on(async {
        let url = format!("sqlite:{}", folder.path().join("countersign.db").display());
        test(TestStore::open(url).await).await;
    });
}

pub(crate) fn on_postgres<F: Future<Output = ()>>(name: &str, test: impl FnOnce(TestStore) -> F) {
    on_cluster(name, async |_, url| test(TestStore::open(url).await).await);
}

/// With a fresh database of the test cluster, or a word that there is none.
pub(crate) fn on_cluster(name: &str, test: impl AsyncFnOnce(&Cluster, String)) {
    let Some(cluster) = Cluster::shared() else {
        let required = std::env::var("COUNTERSIGN_TEST_POSTGRES").is_ok_and(|it| it == "required");
        assert!(!required, "{name} needs PostgreSQL, and none was found");
        println!("skipped: {name} (no PostgreSQL found)");
        return;
    };
    runtime().block_on(async {
        let database = format!("test_{}", uuid::Uuid::now_v7().simple());
        let mut admin = sqlx::PgConnection::connect(&cluster.url("postgres")).await.expect("admin");
        let create = AssertSqlSafe(format!("CREATE DATABASE {database}"));
        admin.execute(create).await.expect("a database");
        test(cluster, cluster.url(&database)).await;
        let drop = AssertSqlSafe(format!("DROP DATABASE {database} WITH (FORCE)"));
        admin.execute(drop).await.expect("the database gone");
    });
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}
