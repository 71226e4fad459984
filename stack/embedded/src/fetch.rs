//! Sources beyond this machine: `http(s)://` and `s3://`, only where the operator allows.
//!
//! Nothing is allowed by default. An address must match an allowed prefix, again after every redirect; what its name resolves
//! to is checked at the moment of dialling, so that a name cannot change its meaning in between. What comes is streamed to a
//! file within limits of size and time.

mod guard;
mod http;
mod redact;
mod rules;
mod s3;

use std::path::{Path, PathBuf};
use std::time::Duration;

use data_stack_core::{Control, ToolError};
use url::Url;

pub use redact::redact;
pub use rules::Rules;
pub use s3::S3Settings;

/// What the operator allows beyond this machine.
#[derive(Debug, Clone)]
pub struct RemoteSettings {
    /// Allowed prefixes, such as `https://data.example.org/public/` or `s3://bucket/prefix/`.
    pub allowed: Vec<String>,
    /// Bytes of one source.
    pub max_bytes: u64,
    /// Time for one source.
    pub timeout: Duration,
    /// How `s3://` is reached.
    pub s3: S3Settings,
}

impl Default for RemoteSettings {
    fn default() -> Self {
        Self { allowed: Vec::new(), max_bytes: 8 << 30, timeout: Duration::from_secs(1_800), s3: S3Settings::default() }
    }
}

/// A source that was brought here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The address for people, without credentials.
    pub shown: String,
    /// The file's name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// Brings sources to this machine.
#[derive(Debug, Clone)]
pub struct Fetcher {
    rules: Rules,
    settings: RemoteSettings,
}

impl Fetcher {
    /// A fetcher for what `settings` allow; fails on an allowed prefix that is no address.
    pub fn new(settings: RemoteSettings) -> Result<Self, ToolError> {
        Ok(Self { rules: Rules::new(&settings.allowed)?, settings })
    }

    /// Brings what `source` names into `folder`: one file, or for an S3 prefix or pattern all that match.
    pub async fn fetch(&self, source: &str, folder: &Path, control: &Control) -> Result<Vec<Fetched>, ToolError> {
        let url = parse(source)?;
        self.rules.check(&url)?;
        let control = control.within(self.settings.timeout);
        if url.scheme() == "s3" {
            return s3::fetch(&self.rules, &self.settings, &url, folder, &control).await;
        }
        let path = folder.join("0.download");
        let shown = redact(&url);
        http::download(&self.rules, url.clone(), &path, self.settings.max_bytes, &shown, &control).await?;
        Ok(vec![Fetched { shown, name: file_name(&url), path }])
    }
}

/// Whether a source lies beyond this machine.
pub fn is_remote(source: &str) -> bool {
    source.split_once("://").is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn parse(source: &str) -> Result<Url, ToolError> {
    let bad = |why: String| {
        ToolError::invalid("source", format!("the address cannot be read: {why}"), "Use `https://host/path` or `s3://bucket/key`.")
    };
    let url = Url::parse(source).map_err(|error| bad(error.to_string()))?;
    match url.scheme() {
        "http" | "https" | "s3" if url.host_str().is_some_and(|host| !host.is_empty()) => Ok(url),
        scheme => Err(bad(format!("`{scheme}` addresses are not read"))),
    }
}

fn file_name(url: &Url) -> String {
    url.path_segments().and_then(|mut segments| segments.next_back()).filter(|name| !name.is_empty()).unwrap_or("download").to_owned()
}
