//! The simulator over real HTTP, as a client meets it.

mod harness;

mod companies;
mod devices;
mod faults;
mod limits;
mod runs;
mod scripts;
mod strictness;
mod tickets;
mod token;
mod world;
