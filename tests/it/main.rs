//! Feature tests: they speak chat and devices, over the real clients against the simulator.

mod harness;

mod approvals;
mod automate;
mod automate_faults;
mod browser;
mod canary;
mod caps;
mod contact;
mod control;
mod control_faults;
mod crashes;
mod escalation;
mod every_tool;
mod faults;
mod figures;
mod halting;
mod invariants;
mod inventory;
mod later;
mod linking;
mod main_job;
mod proofs;
mod recurring;
mod repair;
mod repair_crashes;
mod rollout;
mod rule_book;
mod rules;
mod scenarios;
mod some_steps;
mod standing;
mod starting;
mod stopping;
mod triggers;
