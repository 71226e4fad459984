//! Objects of S3 and of everything that speaks it.

use std::path::Path;
use std::time::Duration;

use data_stack_core::{Code, Control, ToolError};
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use url::Url;

use super::http::{accept, client, get, stoppable, store};
use super::{Fetched, RemoteSettings, Rules};

/// How long a signature holds.
const SIGNED: Duration = Duration::from_secs(900);
/// Objects that one call loads.
const MAX_OBJECTS: usize = 1_000;
/// Bytes of one page of a listing.
const MAX_LISTING: usize = 16 << 20;

/// How S3 is reached. Keys are named, never held: they are read from the environment when they are needed.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// The service's address; Amazon's of the region when absent.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// Whether the bucket stands in the path, as most services other than Amazon's want it.
    pub path_style: bool,
    /// The environment variable that holds the access key.
    pub access_key_variable: String,
    /// The environment variable that holds the secret key.
    pub secret_key_variable: String,
    /// The environment variable that holds a session token, if one is used.
    pub token_variable: String,
}

impl Default for S3Settings {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: "us-east-1".into(),
            path_style: false,
            access_key_variable: "AWS_ACCESS_KEY_ID".into(),
            secret_key_variable: "AWS_SECRET_ACCESS_KEY".into(),
            token_variable: "AWS_SESSION_TOKEN".into(),
        }
    }
}

impl S3Settings {
    fn bucket(&self, name: &str) -> Result<Bucket, ToolError> {
        let bad = |why: String| {
            ToolError::new(Code::Unavailable, format!("the S3 endpoint cannot be used: {why}"), "Let the operator correct `s3.endpoint`.")
        };
        let amazon = || format!("https://s3.{}.amazonaws.com", self.region);
        let endpoint: Url =
            self.endpoint.clone().unwrap_or_else(amazon).parse().map_err(|error: url::ParseError| bad(error.to_string()))?;
        let style = if self.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        Bucket::new(endpoint, style, name.to_owned(), self.region.clone()).map_err(|error| bad(error.to_string()))
    }

    /// The keys, if the environment holds any; public buckets need none.
    fn credentials(&self) -> Option<Credentials> {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (key, secret) = (read(&self.access_key_variable)?, read(&self.secret_key_variable)?);
        Some(match read(&self.token_variable) {
            Some(token) => Credentials::new_with_token(key, secret, token),
            None => Credentials::new(key, secret),
        })
    }

    /// The rules that hold for dialling: the operator named the endpoint by setting it.
    fn dialling(&self, bucket: &Bucket) -> Result<Rules, ToolError> {
        let mut host = bucket.base_url().clone();
        host.set_path("/");
        Rules::new(
            if self.endpoint.is_some() {
                std::slice::from_ref(&host).iter().map(ToString::to_string).collect::<Vec<_>>()
            } else {
                Vec::new()
            }
            .as_slice(),
        )
    }
}

/// Brings the objects that `url` names into `folder`: a key, a prefix that ends with a slash, or a pattern.
pub(super) async fn fetch(
    rules: &Rules,
    settings: &RemoteSettings,
    url: &Url,
    folder: &Path,
    control: &Control,
) -> Result<Vec<Fetched>, ToolError> {
    let name = url.host_str().unwrap_or_default().to_owned();
    let bucket = settings.s3.bucket(&name)?;
    let access = Access { credentials: settings.s3.credentials(), dialling: settings.s3.dialling(&bucket)?, bucket };
    let wanted = Wanted::of(url);
    let keys = stoppable(access.keys(&wanted), control).await?;
    let mut fetched = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        let shown = format!("s3://{name}/{key}");
        // A pattern may reach further than the rule that allowed it.
        let object = Url::parse(&shown).map_err(|_| not_found(&shown))?;
        rules.check(&object)?;
        let path = folder.join(format!("{number}.download"));
        stoppable(access.object(key, &path, settings.max_bytes, &shown, control), control).await?;
        fetched.push(Fetched { name: key.rsplit('/').next().unwrap_or(key).to_owned(), shown, path });
    }
    Ok(fetched)
}

/// Which objects are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Key(String),
    Prefix(String),
    Pattern { prefix: String, pattern: String },
}

impl Wanted {
    fn of(url: &Url) -> Self {
        // `?` begins a query in an address but stands for a character in a pattern.
        let tail = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let key = format!("{}{tail}", decoded(url.path().trim_start_matches('/')));
        match key.find(['*', '?', '[']) {
            Some(at) => Self::Pattern { prefix: key[..at].to_owned(), pattern: key },
            None if key.is_empty() || key.ends_with('/') => Self::Prefix(key),
            None => Self::Key(key),
        }
    }

    fn takes(&self, key: &str) -> bool {
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
        match self {
            Self::Key(wanted) => key == wanted,
            Self::Prefix(prefix) => key.starts_with(prefix.as_str()) && !key.ends_with('/'),
            Self::Pattern { pattern, .. } => glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches_with(key, options)),
        }
    }
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        if let (b'%', Some(byte)) = (first, hex) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Access {
    bucket: Bucket,
    credentials: Option<Credentials>,
    dialling: Rules,
}

impl Access {
    /// The keys of the wanted objects, in order.
    async fn keys(&self, wanted: &Wanted) -> Result<Vec<String>, ToolError> {
        let prefix = match wanted {
            Wanted::Key(key) => return Ok(vec![key.clone()]),
            Wanted::Prefix(prefix) | Wanted::Pattern { prefix, .. } => prefix,
        };
        let mut keys = Vec::new();
        let mut token = None;
        loop {
            let page = self.page(prefix, token.as_deref()).await?;
            keys.extend(page.contents.into_iter().map(|object| object.key).filter(|key| wanted.takes(key)));
            if keys.len() > MAX_OBJECTS {
                let message = format!("more than {MAX_OBJECTS} objects match");
                return Err(ToolError::new(Code::Limit, message, "Use a narrower prefix or pattern.").at("source"));
            }
            token = page.next_continuation_token;
            if token.is_none() {
                break;
            }
        }
        if keys.is_empty() { Err(not_found(&format!("s3://{}/{prefix}", self.bucket.name()))) } else { Ok(keys) }
    }

    async fn page(&self, prefix: &str, token: Option<&str>) -> Result<rusty_s3::actions::ListObjectsV2Response, ToolError> {
        let mut action = self.bucket.list_objects_v2(self.credentials.as_ref());
        action.with_prefix(prefix);
        if let Some(token) = token {
            action.with_continuation_token(token);
        }
        let url = action.sign(SIGNED);
        let mut answer = accept(get(&client(&self.dialling)?, &self.dialling, &url).await?, &url)?;
        let mut text = Vec::new();
        let broken = |why: String| {
            ToolError::new(Code::Unavailable, format!("the bucket's listing cannot be read: {why}"), "Call again later.").retryable()
        };
        while let Some(piece) = answer.chunk().await.map_err(|error| broken(error.without_url().to_string()))? {
            text.extend_from_slice(&piece);
            if text.len() > MAX_LISTING {
                return Err(broken("it is too long".to_owned()));
            }
        }
        ListObjectsV2::parse_response(&String::from_utf8_lossy(&text)).map_err(|error| broken(error.to_string()))
    }

    async fn object(&self, key: &str, path: &Path, max_bytes: u64, shown: &str, control: &Control) -> Result<(), ToolError> {
        let url = self.bucket.get_object(self.credentials.as_ref(), key).sign(SIGNED);
        let answer = accept(get(&client(&self.dialling)?, &self.dialling, &url).await?, &url)?;
        store(answer, path, max_bytes, shown, control).await
    }
}

fn not_found(shown: &str) -> ToolError {
    ToolError::new(Code::NotFound, format!("no object matches {shown}"), "Check the bucket, the key and the region.").at("source")
}

#[cfg(test)]
mod tests {
    use super::{S3Settings, Wanted};
    use rusty_s3::S3Action;

    #[test]
    fn keys_prefixes_and_patterns_are_told_apart() {
        let cases = [
            ("s3://b/in/a.csv", Wanted::Key("in/a.csv".into()), "in/a.csv", true),
            ("s3://b/in/a%20b.csv", Wanted::Key("in/a b.csv".into()), "in/a b.csv", true),
            ("s3://b/in/", Wanted::Prefix("in/".into()), "in/x/a.csv", true),
            ("s3://b/in/", Wanted::Prefix("in/".into()), "in/x/", false),
            ("s3://b/in/*.csv", Wanted::Pattern { prefix: "in/".into(), pattern: "in/*.csv".into() }, "in/a.csv", true),
            ("s3://b/in/*.csv", Wanted::Pattern { prefix: "in/".into(), pattern: "in/*.csv".into() }, "in/x/a.csv", false),
            ("s3://b/a?.csv", Wanted::Pattern { prefix: "a".into(), pattern: "a?.csv".into() }, "ab.csv", true),
        ];
        for (url, wanted, key, takes) in cases {
            let found = Wanted::of(&url.parse().unwrap());
            assert_eq!((&found, found.takes(key)), (&wanted, takes), "{url} {key}");
        }
    }

    #[test]
    fn objects_are_addressed_in_the_style_of_the_service() {
        let amazon = S3Settings::default().bucket("b").unwrap();
        assert_eq!(amazon.object_url("k/a.csv").as_str(), "https://b.s3.us-east-1.amazonaws.com/k/a.csv");
        let local = S3Settings { endpoint: Some("http://127.0.0.1:9000".into()), path_style: true, ..S3Settings::default() };
        let bucket = local.bucket("b").unwrap();
        let signed = bucket.get_object(Some(&rusty_s3::Credentials::new("key", "secret")), "a.csv").sign(super::SIGNED);
        assert!(signed.as_str().starts_with("http://127.0.0.1:9000/b/a.csv?") && signed.as_str().contains("X-Amz-Signature="));
        assert!(local.dialling(&bucket).unwrap().name_host("127.0.0.1"));
    }
}
