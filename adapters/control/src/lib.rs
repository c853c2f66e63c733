//! ConnectWise Control (ScreenConnect).

pub mod database;
