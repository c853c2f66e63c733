//! The real client over HTTP against the simulator.

mod alerts;
mod faults;
mod harness;
mod reads;
mod runs;
mod sign_in;
mod sync;
