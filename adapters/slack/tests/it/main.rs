//! Slack, from a message to a result, against the pretend Slack of the simulator.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod support;

mod approving;
mod asking;
mod buttons;
mod cards;
mod checking;
mod editing;
mod faults;
mod forged;
mod home;
mod manifest;
mod sockets;
mod some_steps;
mod workspaces;
