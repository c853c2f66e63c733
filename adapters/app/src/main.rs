//! The binary `countersign`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    countersign_app::install_crypto();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(countersign_app::run()),
        Err(error) => {
            eprintln!("countersign: the async runtime cannot start: {error}");
            ExitCode::from(1)
        }
    }
}
