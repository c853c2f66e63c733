//! A folder with a configuration, and the binary in it.

use std::process::Command;

use countersign_simulator::{Fault, Options, Simulator};
use countersign_sql::SqlStore;

/// An operator's folder, beside pretend products.
pub struct Terminal {
    folder: tempfile::TempDir,
    /// `None`: a folder without anything.
    simulator: Option<Simulator>,
}

/// What a command came to.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Terminal {
    /// Both products configured, nothing read yet.
    pub async fn open() -> Self {
        Self::with(true).await
    }

    /// Automate and nothing else.
    pub async fn open_automate() -> Self {
        Self::with(false).await
    }

    async fn with(rmm: bool) -> Self {
        countersign_app::install_crypto();
        let simulator = Simulator::start(Options::default()).await.expect("the simulator starts");
        let folder = tempfile::tempdir().expect("a scratch folder");
        let (id, secret) = simulator.world().credentials();
        let (username, password, header) = simulator.world().automate_credentials();
        let rmm = match rmm {
            true => format!(
                "[connectwise_rmm]\nclient_id = \"{id}\"\nclient_secret = \"{secret}\"\nbase_url = \"{}\"\n",
                simulator.rmm_url()
            ),
            false => String::new(),
        };
        let config = format!(
            "[store]\nurl = \"sqlite:{store}\"\n{rmm}\
             [connectwise_automate]\nserver = \"automate.example.com\"\nusername = \"{username}\"\n\
             password = \"{password}\"\nclient_id_header = \"{header}\"\nbase_url = \"{automate}\"\n\
             [[people]]\nname = \"ana\"\nroles = [\"technician\"]\n\
             [[people]]\nname = \"olga\"\nroles = [\"admin\"]\n",
            store = folder.path().join("countersign.db").display(),
            automate = simulator.automate_url(),
        );
        std::fs::write(folder.path().join("countersign.toml"), config).expect("a config");
        Self { folder, simulator: Some(simulator) }
    }

    /// Another machine: no configuration, no store.
    pub fn elsewhere() -> Self {
        Self { folder: tempfile::tempdir().expect("a scratch folder"), simulator: None }
    }

    /// What the binary keeps, as another process has it.
    pub async fn store(&self) -> SqlStore {
        let path = self.folder.path().join("countersign.db");
        SqlStore::open(&format!("sqlite:{}", path.display())).await.expect("the store opens")
    }

    pub fn fault(&self, fault: Fault) {
        self.simulator.as_ref().expect("pretend products").world().fault(fault);
    }

    /// A line into a section that is there.
    pub fn adds_to_config(&self, section: &str, line: &str) {
        let path = self.folder.path().join("countersign.toml");
        let config = std::fs::read_to_string(&path).expect("a config");
        let header = format!("[{section}]\n");
        std::fs::write(&path, config.replacen(&header, &format!("{header}{line}\n"), 1))
            .expect("a config");
    }

    /// Puts `text` into a file; its path.
    pub fn keeps(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// `countersign ARGUMENTS` in this folder.
    pub async fn types(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(arguments).current_dir(self.folder.path());
        let output = tokio::task::spawn_blocking(move || command.output());
        let output = output.await.expect("it is waited for").expect("the binary starts");
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// `countersign chat`, fed with lines by another program.
    pub async fn chats(&self, person: &str, lines: &str) -> String {
        let file = self.folder.path().join("lines.txt");
        std::fs::write(&file, lines).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(["chat", "--as", person]).current_dir(self.folder.path());
        command.stdin(std::fs::File::open(&file).expect("the file"));
        let output = tokio::task::spawn_blocking(move || command.output());
        let output = output.await.expect("it is waited for").expect("the binary starts");
        String::from_utf8(output.stdout).expect("text")
    }

    /// `countersign ARGUMENTS` that has to work.
    pub async fn runs(&self, arguments: &[&str]) -> String {
        let said = self.types(arguments).await;
        assert_eq!(said.code, Some(0), "{arguments:?}:\n{}{}", said.out, said.err);
        said.out
    }
}
