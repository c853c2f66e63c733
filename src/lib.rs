//! The core of Countersign.
