//! What changes something, and everything around it: before, during, after, and when no answer came.

mod by_hand;
mod drift;
mod look_up;
mod poll;
mod probe;
mod schedule;
mod ticket;
