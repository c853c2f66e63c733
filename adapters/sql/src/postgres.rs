//! Opens a Postgres database.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::db::Db;
use crate::open::{OpenError, POSTGRES_MIGRATIONS, migration_error};
use crate::signal::Signal;

/// Enough for the workers and pages of one process; many replicas share the server's hundred.
const CONNECTIONS: u32 = 10;

/// How long a start waits for a server that does not answer.
const CONNECT: Duration = Duration::from_secs(10);

/// A statement that takes longer holds locks others wait for; the longest here reads the directory.
const SESSION: &str = "SET statement_timeout = '30s'; \
    SET idle_in_transaction_session_timeout = '60s'; \
    SET default_transaction_isolation = 'read committed'";

pub(crate) async fn open(url: &str) -> Result<(Db, Signal), OpenError> {
    let options = options_of(url)?;
    let place = place_of(&options);
    let explain = |error| explain(&options, error);
    let unreachable = |_| OpenError::Unreachable {
        place: place.clone(),
        detail: format!("no answer within {} s", CONNECT.as_secs()),
    };
    // One connection first: a pool would only say that it timed out.
    let first = tokio::time::timeout(CONNECT, options.connect())
        .await
        .map_err(unreachable)?
        .map_err(explain)?;
    let _ = first.close().await;
    // Without the limits of a session: a migration takes as long as it takes, and replicas wait for it.
    let migrating = PgPoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
    let migrated = POSTGRES_MIGRATIONS.run(&migrating).await;
    migrating.close().await;
    migrated.map_err(|error| migration_error(&place, &POSTGRES_MIGRATIONS, error, explain))?;

    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(30))
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SESSION).await.map(drop) })
        })
        .connect_lazy_with(options);
    let signal = Signal::across_processes(&pool);
    Ok((Db::Postgres(pool), signal))
}

/// Outside this machine the server must prove who it is, unless the url says otherwise.
fn options_of(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(url).map_err(|error| {
        let detail = format!(
            "{error}; write postgres://user:password@host/database, with special characters of the password percent-encoded"
        );
        OpenError::BadUrl { detail }
    })?;
    let says_mode = url.contains("sslmode=") || url.contains("ssl-mode=");
    let host = options.get_host();
    let is_here = options.get_socket().is_some()
        || host.starts_with('/')
        || matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]");
    let options = options.application_name("countersign");
    Ok(if says_mode || is_here { options } else { options.ssl_mode(PgSslMode::VerifyFull) })
}

fn place_of(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

fn explain(options: &PgConnectOptions, error: sqlx::Error) -> OpenError {
    let place = place_of(options);
    let user = options.get_username().to_owned();
    let database = options.get_database().unwrap_or(options.get_username()).to_owned();
    if let sqlx::Error::Tls(error) = &error {
        return OpenError::Insecure { place, detail: error.to_string() };
    }
    let Some(answer) = error.as_database_error() else {
        return OpenError::Unreachable { place, detail: error.to_string() };
    };
    let detail = answer.message().to_owned();
    match answer.code().as_deref() {
        Some("28P01" | "28000") => OpenError::Refused { place, user, detail },
        Some("3D000") => OpenError::NoDatabase { place, database },
        // The server is starting, stopping or full.
        Some("57P01" | "57P02" | "57P03" | "53300") => OpenError::Unreachable { place, detail },
        _ => OpenError::Broken { place: format!("PostgreSQL at {place}"), detail },
    }
}
