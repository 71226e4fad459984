//! Where the server listens: an address on loopback, or a socket file that only its owner can open.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::net::{TcpListener, UnixListener, UnixStream};

use crate::config::HttpSettings;

/// How a setting names a socket file: `unix:` and its path.
const UNIX: &str = "unix:";

/// An open door.
pub(super) enum Door {
    /// A port.
    Tcp(TcpListener),
    /// A file, removed when the server ends.
    Unix(UnixListener, SocketFile),
}

/// Where a client finds the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On a port.
    Tcp(SocketAddr),
    /// At a file.
    Unix(PathBuf),
}

impl Place {
    /// The port, where there is one.
    pub(in crate::mcp) fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(address) => Some(address.port()),
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(formatter, "http://{address}/mcp"),
            Self::Unix(path) => write!(formatter, "http://localhost/mcp over the socket {}", path.display()),
        }
    }
}

/// Opens the configured door.
pub(super) async fn open(http: &HttpSettings) -> anyhow::Result<(Door, Place)> {
    if let Some(path) = http.bind.strip_prefix(UNIX) {
        let path = std::path::absolute(path).with_context(|| format!("`{}` names no file", http.bind))?;
        let (listener, file) = socket(&path).await?;
        return Ok((Door::Unix(listener, file), Place::Unix(path)));
    }
    let address = address(http)?;
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    Ok((Door::Tcp(listener), Place::Tcp(address)))
}

/// A socket file; one that a killed server left behind is replaced, one that answers is not.
async fn socket(path: &Path) -> anyhow::Result<(UnixListener, SocketFile)> {
    if path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket()) {
        if UnixStream::connect(path).await.is_ok() {
            bail!("another server listens on {}; stop it, or name another file", path.display());
        }
        std::fs::remove_file(path).with_context(|| format!("the old socket {} cannot be removed", path.display()))?;
    }
    let listener = UnixListener::bind(path).with_context(|| format!("cannot listen on {}", path.display()))?;
    let file = SocketFile(path.to_owned());
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok((listener, file))
}

/// Removes the file when dropped.
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::debug!(%error, "the socket file stays behind");
        }
    }
}

/// The address to listen on; one that others can reach only behind a proxy that encrypts.
fn address(http: &HttpSettings) -> anyhow::Result<SocketAddr> {
    let mut found = http
        .bind
        .to_socket_addrs()
        .with_context(|| format!("`{}` is not an address and port, such as 127.0.0.1:8931, nor unix:FILE", http.bind))?;
    let Some(address) = found.next() else { bail!("`{}` names no address", http.bind) };
    if !address.ip().is_loopback() && !http.behind_proxy {
        bail!(
            "`{}` can be reached from other machines, and the bearer token would cross the network unencrypted; listen on 127.0.0.1, or \
             put a TLS-terminating proxy in front and set `http.behind_proxy`",
            http.bind
        );
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{address, socket};
    use crate::config::Settings;

    #[test]
    fn an_address_that_others_can_reach_is_refused_without_a_proxy() {
        let mut http = Settings::for_workspace("/nowhere".into()).http;
        for (bind, proxy, fits) in [
            ("127.0.0.1:0", false, true),
            ("[::1]:0", false, true),
            ("0.0.0.0:0", false, false),
            ("[::]:0", false, false),
            ("0.0.0.0:0", true, true),
            ("127.0.0.1", false, false),
        ] {
            bind.clone_into(&mut http.bind);
            http.behind_proxy = proxy;
            assert_eq!(address(&http).is_ok(), fits, "{bind} {proxy}");
        }
    }

    #[tokio::test]
    async fn a_socket_is_its_owners_alone_replaces_a_dead_one_and_goes_with_its_server() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data-stack.sock");
        let first = socket(&path).await.unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(socket(&path).await.is_err(), "a living server keeps its file");
        let (listener, file) = first;
        drop(listener);
        std::mem::forget(file);
        let second = socket(&path).await.unwrap();
        drop(second);
        assert!(!path.exists());
        std::fs::write(&path, "a file of the user's").unwrap();
        assert!(socket(&path).await.is_err());
        assert!(path.is_file());
    }
}
