//! The bearer token: made once, kept in a file that only its owner can read, compared in constant time.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use anyhow::{Context, bail};
use subtle::ConstantTimeEq;

/// Shortest token that a file may hold.
const MIN_LENGTH: usize = 32;
/// Longest file that is read as a token.
const MAX_LENGTH: u64 = 4_096;

/// The token's digest: what is compared has one length, and the token itself stays in its file.
pub(in crate::mcp) struct Token(blake3::Hash);

impl Token {
    /// The token in `path`, made when there is none.
    pub(in crate::mcp) fn at(path: &Path) -> anyhow::Result<Self> {
        let text = match read(path) {
            Err(error) if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::NotFound) => make(path)?,
            other => other?,
        };
        if text.len() < MIN_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!(
                "{} does not hold a token of at least {MIN_LENGTH} printable characters; remove it and a new one is made",
                path.display()
            );
        }
        Ok(Self::of(&text))
    }

    /// A given token.
    pub(in crate::mcp) fn of(text: &str) -> Self {
        Self(blake3::hash(text.as_bytes()))
    }

    /// What a browser shows instead of the token, so that the token itself is in no cookie.
    pub(super) fn session(&self) -> String {
        blake3::keyed_hash(self.0.as_bytes(), b"data-stack dashboards").to_hex().to_string()
    }

    /// Whether `given` is the token's session.
    pub(super) fn is_session(&self, given: &str) -> bool {
        given.as_bytes().ct_eq(self.session().as_bytes()).into()
    }

    /// Whether `given` is the token.
    pub(super) fn is(&self, given: &str) -> bool {
        blake3::hash(given.as_bytes()).as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let file = File::open(path)?;
    private(&file, path)?;
    let mut text = String::new();
    file.take(MAX_LENGTH).read_to_string(&mut text).with_context(|| format!("{} cannot be read as a token", path.display()))?;
    Ok(text.trim().to_owned())
}

#[cfg(unix)]
fn private(file: &File, path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{} can be read by others (mode {mode:03o}); run `chmod 600` on it, or remove it and a new one is made", path.display());
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_: &File, _: &Path) -> anyhow::Result<()> {
    Ok(())
}

fn make(path: &Path) -> anyhow::Result<String> {
    let text = crate::clock::random_id("") + &crate::clock::random_id("");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).with_context(|| format!("{} cannot be written", path.display())).map(|()| text),
        // Another server of the workspace has made it in the meantime.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error).with_context(|| format!("{} cannot be made", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn a_token_is_made_once_and_only_it_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("token");
        let first = Token::at(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() == 64 && first.is(&text) && !first.is(&text[1..]) && !first.is(""));
        assert!(Token::at(&path).unwrap().is(&text), "the second server takes the same token");
    }

    #[cfg(unix)]
    #[test]
    fn a_token_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        Token::at(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Token::at(&path).err().unwrap().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_short_token_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        Token::at(&path).unwrap();
        std::fs::write(&path, "secret").unwrap();
        assert!(Token::at(&path).is_err());
    }
}
