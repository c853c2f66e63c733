//! The command line as an operator types it, against the pretend products.

mod audit;
mod chat;
mod link;
mod terminal;
