//! Feature tests: they speak chat and devices, over the real clients against the simulator.

mod harness;

mod approvals;
mod browser;
mod crashes;
mod every_tool;
mod faults;
mod invariants;
mod main_job;
mod rules;
mod scenarios;
mod starting;
