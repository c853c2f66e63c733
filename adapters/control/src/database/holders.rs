//! Who else has the file open. SQLite's own locks do not tell: a server that is idle may hold none.

use std::path::Path;

/// Another process that has `path` open, as far as this system tells.
#[cfg(target_os = "linux")]
pub(super) fn other_holder(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;

    let wanted = std::fs::metadata(path).ok()?;
    let own = std::process::id();
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let ids = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| *id != own).find_map(|id| {
        // Of other users' processes nothing can be told without the right to look.
        let files = std::fs::read_dir(format!("/proc/{id}/fd")).ok()?.flatten();
        let is_it = |file: std::fs::DirEntry| {
            std::fs::metadata(file.path())
                .is_ok_and(|it| it.ino() == wanted.ino() && it.dev() == wanted.dev())
        };
        files.into_iter().any(is_it).then(|| {
            let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            format!("{} (process {id})", name.trim())
        })
    })
}

#[cfg(windows)]
pub(super) fn other_holder(path: &Path) -> Option<String> {
    use std::os::windows::fs::OpenOptionsExt as _;

    /// `ERROR_SHARING_VIOLATION`
    const SHARED: i32 = 32;
    // Shared with nobody, so it fails when anybody has it.
    let opened = std::fs::OpenOptions::new().read(true).write(true).share_mode(0).open(path);
    let error = opened.err()?;
    (error.raw_os_error() == Some(SHARED)).then(|| "another process".to_owned())
}

#[cfg(not(any(target_os = "linux", windows)))]
pub(super) fn other_holder(_path: &Path) -> Option<String> {
    None
}
