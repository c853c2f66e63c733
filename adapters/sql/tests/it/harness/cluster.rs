//! A private Postgres for the tests: no server to set up, no port, no traces.
//!
//! The first test that needs it starts a keeper, which is this test binary once more. The keeper makes
//! the cluster, and takes it away when no test process has held `users.lock` for a second; the kernel
//! lets go of that lock however a process ends. So all test processes share one cluster, whether one
//! runs each test (nextest) or one runs them all (cargo test), and a killed test leaves nothing behind.
//! A cluster whose keeper was killed is taken away by the next run.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Set for the keeper only: the folder of locks.
const KEEPER: &str = "COUNTERSIGN_TEST_CLUSTER_KEEPER";

/// How the folders of clusters begin.
const PREFIX: &str = "cspg-";

const START_MAX: Duration = Duration::from_secs(60);

/// A running cluster; stays as long as this process.
pub(crate) struct Cluster {
    socket: PathBuf,
    /// Held, never read: tells the keeper that somebody is here.
    _users: File,
}

impl Cluster {
    /// `None` where no Postgres is installed.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(|| Programs::find().map(|programs| Self::join(&programs))).as_ref()
    }

    pub(crate) fn url(&self, database: &str) -> String {
        let socket = self.socket.display().to_string().replace('/', "%2F");
        format!("postgres://countersign@{socket}/{database}")
    }

    #[expect(clippy::zombie_processes, reason = "the keeper is to outlive this process")]
    fn join(programs: &Programs) -> Self {
        let locks = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
        fs::create_dir_all(&locks).expect("a folder for locks");
        // Waits while a keeper takes a cluster away.
        let users = lock_file(&locks, "users.lock");
        users.lock_shared().expect("a lock on users.lock");
        let start = lock_file(&locks, "start.lock");
        start.lock().expect("a lock on start.lock");
        let place = locks.join("place");
        // Without its keeper a cluster would stay for ever, so such a one is not joined.
        let is_kept = lock_file(&locks, "keeper.lock").try_lock().is_err();
        if is_kept && let Some(socket) = running(&place) {
            return Self { socket, _users: users };
        }
        if let Ok(left) = fs::read_to_string(&place) {
            take_away(programs, Path::new(left.trim()));
            let _ = fs::remove_file(&place);
        }
        let log = locks.join("keeper.log");
        let mut keeper = Command::new(std::env::current_exe().expect("the test binary"))
            .args(["--ignored", "--exact", "harness::cluster::keeps_the_cluster", "--nocapture"])
            .env(KEEPER, &locks)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a log for the keeper"))
            .process_group(0)
            .spawn()
            .expect("a keeper");
        let began = Instant::now();
        loop {
            if let Some(socket) = running(&place) {
                return Self { socket, _users: users };
            }
            let ended = keeper.try_wait().expect("the keeper's state");
            if ended.is_some() || began.elapsed() > START_MAX {
                let said = fs::read_to_string(&log).unwrap_or_default();
                panic!("the test cluster did not start ({ended:?}):\n{said}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn lock_file(folder: &Path, name: &str) -> File {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(name))
        .expect("a lock file")
}

/// The socket folder of the cluster that is told in `place`, if it takes connections. The socket alone
/// is not enough: it is there before the server answers.
fn running(place: &Path) -> Option<PathBuf> {
    let folder = PathBuf::from(fs::read_to_string(place).ok()?.trim());
    let status = fs::read_to_string(folder.join("data/postmaster.pid")).ok()?;
    let is_ready = status.lines().any(|line| line.trim() == "ready");
    let connected = UnixStream::connect(folder.join(".s.PGSQL.5432")).is_ok();
    (is_ready && connected).then_some(folder)
}

/// Not a test: what the keeper does.
#[test]
#[ignore = "keeps the test cluster; the tests start it themselves"]
fn keeps_the_cluster() {
    let Some(locks) = std::env::var_os(KEEPER).map(PathBuf::from) else { return };
    let programs = Programs::find().expect("PostgreSQL");
    let kept = lock_file(&locks, "keeper.lock");
    kept.lock().expect("a lock on keeper.lock");
    let users = lock_file(&locks, "users.lock");
    let server = Server::start(programs, &locks.join("place"));
    let mut alone = 0;
    while alone < 2 {
        std::thread::sleep(Duration::from_millis(400));
        // Held at the second time, so that newcomers wait until the cluster is gone.
        alone = match users.try_lock() {
            Ok(()) => alone + 1,
            Err(_) => 0,
        };
        if alone == 1 {
            users.unlock().expect("the lock back");
        }
    }
    drop(server);
}

/// A server process with its folder; both go when this goes.
struct Server {
    programs: Programs,
    folder: PathBuf,
    place: PathBuf,
    child: Option<Child>,
}

impl Server {
    fn start(programs: Programs, place: &Path) -> Self {
        // Short, for a socket's path has at most 107 bytes.
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir().expect("a folder").keep();
        // Told before there is anything in it, so that it is found whenever this process is killed.
        fs::write(place, folder.display().to_string()).expect("the place told");
        let mut server = Self { programs, folder, place: place.to_owned(), child: None };
        fs::set_permissions(&server.folder, fs::Permissions::from_mode(0o700)).expect("rights");
        if let Some((uid, gid)) = server.programs.user {
            chown(&server.folder, Some(uid), Some(gid)).expect("the folder for another user");
        }
        let data = server.folder.join("data");
        let made = server
            .command("initdb")
            .args(["--auth=trust", "--username=countersign", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--no-instructions", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .expect("initdb");
        assert!(made.success(), "initdb failed");
        let child = server
            .command("postgres")
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&server.folder)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off"])
            .args(["-c", "synchronous_commit=off", "-c", "max_connections=300"])
            .args(["-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal"])
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("postgres");
        server.child = Some(child);
        let began = Instant::now();
        while running(place).is_none() {
            let ended = server.child.as_mut().map(|it| it.try_wait().expect("its state"));
            assert!(matches!(ended, Some(None)), "postgres ended: {ended:?}");
            assert!(began.elapsed() < START_MAX, "postgres does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn command(&self, program: &str) -> Command {
        self.programs.command(program, &self.folder)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.place);
        take_away(&self.programs, &self.folder);
        if let Some(child) = &mut self.child {
            let _ = child.wait();
        }
    }
}

/// Stops what runs in `folder` and removes it.
fn take_away(programs: &Programs, folder: &Path) {
    let name = folder.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    if !name.starts_with(PREFIX) {
        return;
    }
    if folder.join("data/postmaster.pid").exists() {
        let _ = programs
            .command("pg_ctl", folder)
            .args(["stop", "-m", "immediate", "-D"])
            .arg(folder.join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
    let _ = fs::remove_dir_all(folder);
}

/// Where the programs of Postgres are, and as whom they run: they refuse to run as root.
struct Programs {
    folder: PathBuf,
    user: Option<(u32, u32)>,
}

impl Programs {
    fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&path).find(|it| Self::are_in(it));
        let folder = on_path.or_else(|| {
            // Debian, Ubuntu | Fedora, Red Hat
            let mut versions = versions("/usr/lib/postgresql", "", "bin");
            versions.extend(versions_of_red_hat());
            versions.sort_by_key(|(version, _)| *version);
            versions.into_iter().rev().map(|(_, it)| it).find(|it| Self::are_in(it))
        })?;
        Some(Self { folder, user: other_user() })
    }

    fn are_in(folder: &Path) -> bool {
        ["initdb", "postgres", "pg_ctl"].iter().all(|it| folder.join(it).is_file())
    }

    fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.current_dir(folder).stdin(Stdio::null()).env("LC_ALL", "C");
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

fn versions_of_red_hat() -> Vec<(u32, PathBuf)> {
    versions("/usr", "pgsql-", "bin")
}

/// `root/<prefix><version>/<inner>` for each version there is.
fn versions(root: &str, prefix: &str, inner: &str) -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path().join(inner)))
        })
        .collect()
}

/// `postgres` or `nobody` when this process is root, else nobody else.
fn other_user() -> Option<(u32, u32)> {
    let own = tempfile::tempfile().and_then(|file| file.metadata()).expect("a file of our own");
    if own.uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |wanted: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            (name == wanted).then_some((uid, gid))
        })
    };
    ids("postgres").or_else(|| ids("nobody"))
}
