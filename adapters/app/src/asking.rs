//! What one product's answer takes from another product, where policy lets it.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use countersign::conversation::Engine;
use countersign::directory::Product;
use countersign::plan::Target;
use countersign::ports::{CallError, Process, Processes};
use countersign_control::Control;

/// The tool that this is.
const LIST_PROCESSES: &str = "connectwise_control:cwc-list-processes";

/// The processes of machines that are online in Control. The question is what its own tool asks, so what policy says of
/// that tool holds: where it would need approval, or a halt is pulled, nothing is asked.
pub struct ThroughControl {
    pub engine: Weak<Engine>,
    pub control: Arc<Control>,
}

#[async_trait]
impl Processes for ThroughControl {
    async fn processes(&self, target: &Target) -> Option<Result<Vec<Process>, CallError>> {
        let engine = self.engine.upgrade()?;
        let directory = engine.directory();
        let pathway = directory.device(&target.device)?.pathway(Product::Control)?;
        let may = pathway.online == Some(true)
            && engine.may_read(LIST_PROCESSES, target).await.is_ok_and(|it| it);
        if !may {
            return None;
        }
        Some(self.control.processes(target).await)
    }

    fn source(&self) -> &'static str {
        Product::Control.label()
    }
}
