//! Names that cannot be guessed and folders that only their owner reads.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

/// 128 random bits as 32 hexadecimal digits.
pub(crate) fn unguessable() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    let filled = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    if filled < bytes.len() {
        return Err(io::Error::other("the system gave too few random bytes"));
    }
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Whether a text has the form of an [`unguessable`] name.
pub(crate) fn is_unguessable(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Makes a folder, and those above it, for the owner only.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a file readable by its owner only.
pub(crate) fn seal(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}
