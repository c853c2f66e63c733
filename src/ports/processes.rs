//! The processes of a machine, from whoever can ask the machine itself.

use async_trait::async_trait;

use crate::plan::Target;
use crate::ports::CallError;

#[async_trait]
pub trait Processes: Send + Sync {
    /// Those that use most memory, most first. `None`: nobody can ask this machine now, or policy does not let the
    /// question be asked without approval.
    async fn processes(&self, target: &Target) -> Option<Result<Vec<Process>, CallError>>;

    /// Who asks: "ConnectWise Control".
    fn source(&self) -> &'static str;
}

#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    pub name: String,
    pub id: String,
    pub memory_bytes: Option<i64>,
    /// Of processor time since it began.
    pub cpu_secs: Option<f64>,
}
