//! A throw-away PostgreSQL on a Unix socket: started once for the whole binary, ended when the binary has ended.
//!
//! `TBOT_TEST_POSTGRES=postgres://…` names another server instead; its user must be allowed to create databases and roles.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// A server by the URL of its database `postgres`, or why there is none.
static SERVER: OnceLock<Result<String, String>> = OnceLock::new();

/// A new, empty database; nothing where PostgreSQL is not installed, which is said once.
pub(crate) async fn database(name: &str) -> Option<String> {
    let server = SERVER.get_or_init(|| {
        let server = std::env::var("TBOT_TEST_POSTGRES").or_else(|_| start());
        if let Err(reason) = &server {
            eprintln!("SKIPPED on PostgreSQL: {reason}");
        }
        server
    });
    let server = server.as_ref().ok()?;
    let name = format!("tbot_{}_{name}", std::process::id());
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}"))).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    Some(with_database(server, &name))
}

/// The same address as another user.
pub(crate) fn as_user(url: &str, user: &str) -> String {
    let (head, options) = url.split_once('?').unwrap_or((url, ""));
    let rest = head.split_once("://").unwrap().1;
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let others = options.split('&').filter(|o| !o.is_empty() && !o.starts_with("user="));
    let options: Vec<String> = others.map(str::to_owned).chain([format!("user={user}")]).collect();
    format!("postgres://{place}?{}", options.join("&"))
}

fn with_database(url: &str, name: &str) -> String {
    let (head, options) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = head.split_once("://").unwrap();
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    format!("{scheme}://{host}/{name}?{options}")
}

fn start() -> Result<String, String> {
    let bin = binaries().ok_or("initdb is not installed (Debian: postgresql)")?;
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"));
    let dir = std::env::temp_dir().join(format!("tbot-postgres-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
    // PostgreSQL refuses to run as root.
    let (become_other, user) = if root { ("runuser -u postgres --", "postgres") } else { ("", "postgres") };
    if root {
        run(&format!("chown postgres {}", dir.display()))?;
    }
    let (data, bin) = (dir.join("data"), bin.display());
    run(&format!("{become_other} {bin}/initdb -D {} -U {user} -A trust -E UTF8 --no-sync", data.display()))?;
    let options = format!(
        "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c shared_buffers=32MB -c max_connections=200",
        dir.display()
    );
    run(&format!(
        "{become_other} {bin}/pg_ctl -D {} -w -l {} -o '{options}' start",
        data.display(),
        dir.join("log").display()
    ))?;
    // Ends the server when this process has ended, however it ended.
    let watch = format!(
        "while kill -0 {pid} 2>/dev/null; do sleep 0.3; done; {become_other} {bin}/pg_ctl -D {data} -m immediate stop; \
         rm -rf {dir}",
        pid = std::process::id(),
        data = data.display(),
        dir = dir.display(),
    );
    let quiet = || Stdio::null();
    Command::new("sh")
        .args(["-c", &watch])
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn()
        .map_err(|e| e.to_string())?;
    Ok(format!("postgres:///postgres?host={}&user={user}", dir.display()))
}

/// The newest installed server.
fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|v| v.path().join("bin")).collect();
    found.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    found.sort();
    found.into_iter().rev().find(|bin: &PathBuf| Path::new(bin).join("initdb").exists())
}

fn run(script: &str) -> Result<(), String> {
    let out = Command::new("sh")
        .args(["-c", script])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output();
    match out {
        Ok(out) if out.status.success() => Ok(()),
        Ok(out) => Err(format!("{script}: {}", String::from_utf8_lossy(&out.stderr))),
        Err(e) => Err(format!("{script}: {e}")),
    }
}
