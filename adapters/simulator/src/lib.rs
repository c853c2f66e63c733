//! Pretend products.
