//! Pretend ConnectWise products with memory, served over HTTP in their real wire formats.
//!
//! The simulator is what the real clients are tested against and what the demo runs on. It holds one fleet of pretend
//! clients, people and machines ([`fleet`]) and shows it the way each product would: ConnectWise RMM ([`rmm`]),
//! ConnectWise Automate ([`automate`]) and ConnectWise Control ([`access`]).
//! It is strict: what the products are known to refuse is refused, and oddities and faults are on order
//! ([`Fault`]). Time is virtual, nothing runs in the background, and everything follows from a seed.
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use countersign_simulator::{Fault, FaultKind, Options, Route, Simulator};
//!
//! let simulator = Simulator::start(Options::default()).await?;
//! let world = simulator.world();
//! world.fault(Fault::once(Route::Schedule, FaultKind::CutAfterAccept));
//! // … point a client at simulator.rmm_url(), then see what it did:
//! assert!(world.executions().is_empty());
//! simulator.stop().await;
//! # Ok(())
//! # }
//! ```

pub mod access;
pub mod automate;
mod clock;
mod control;
mod faults;
pub mod fleet;
mod http;
mod journal;
mod mix;
mod portal;
pub mod rmm;
mod server;
pub mod session_db;
pub mod slack;
mod wire;

pub use control::{Endpoint, NewMachine, World};
pub use faults::{ErrorShape, Fault, FaultKind, Route};
pub use fleet::NoSuchThing;
pub use journal::LoggedRequest;
pub use server::{Options, Simulator};
