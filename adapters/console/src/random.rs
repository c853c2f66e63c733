//! Random text from the system's generator.

/// 256 bits as 64 hexadecimal digits: a session or a sign-in token. Only its digest is stored.
pub(crate) fn secret() -> String {
    hex(32)
}

/// 128 bits as 32 hexadecimal digits: unique, not secret.
pub(crate) fn nonce() -> String {
    hex(16)
}

/// A machine without a generator cannot sign anyone in, so that is where it ends.
fn hex(bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes];
    getrandom::fill(&mut buffer).expect("the system gives random bytes");
    buffer.iter().map(|byte| format!("{byte:02x}")).collect()
}
