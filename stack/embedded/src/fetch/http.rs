//! Downloads: streamed to a file, redirects followed one by one and each checked as if it had been asked for.

use std::path::Path;
use std::time::Duration;

use data_stack_core::{Code, Control, ToolError};
use reqwest::header::LOCATION;
use reqwest::{Client, Response, StatusCode};
use tokio::io::AsyncWriteExt;
use url::{Host, Url};

use super::guard::{self, Forbidden, GuardedResolver};
use super::{Rules, redact};

const MAX_REDIRECTS: usize = 5;
const CONNECT: Duration = Duration::from_secs(10);
/// The longest pause between two pieces of an answer.
const PAUSE: Duration = Duration::from_secs(30);

/// Downloads `url` to `path`.
pub(super) async fn download(
    rules: &Rules,
    url: Url,
    path: &Path,
    max_bytes: u64,
    label: &str,
    control: &Control,
) -> Result<(), ToolError> {
    let work = async {
        let answer = follow(rules, url).await?;
        store(answer, path, max_bytes, label, control).await
    };
    stoppable(work, control).await
}

/// Does the work until the caller stops it.
pub(super) async fn stoppable<T>(work: impl Future<Output = Result<T, ToolError>>, control: &Control) -> Result<T, ToolError> {
    tokio::select! {
        done = work => done,
        stopped = control.ended() => Err(stopped),
    }
}

/// Asks for `url` and follows redirects to addresses that the rules allow.
async fn follow(rules: &Rules, mut url: Url) -> Result<Response, ToolError> {
    let client = client(rules)?;
    for _ in 0..=MAX_REDIRECTS {
        rules.check(&url)?;
        let answer = get(&client, rules, &url).await?;
        match answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection()) {
            None => return accept(answer, &url),
            Some(location) => {
                let location = location.to_str().unwrap_or_default();
                url = url.join(location).map_err(|error| failed(&url, &format!("it redirects to no address: {error}")))?;
            }
        }
    }
    Err(failed(&url, &format!("it redirects more than {MAX_REDIRECTS} times")))
}

/// A client that dials only what may be dialled. Proxies of the environment would dial in its place and are not used.
pub(super) fn client(rules: &Rules) -> Result<Client, ToolError> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .dns_resolver(GuardedResolver(rules.clone()))
        .connect_timeout(CONNECT)
        .read_timeout(PAUSE)
        .user_agent(concat!("data-stack/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| ToolError::internal(format!("the HTTP client does not start: {error}")))
}

/// Asks for one address. Literal addresses are never resolved, so they are checked here.
pub(super) async fn get(client: &Client, rules: &Rules, url: &Url) -> Result<Response, ToolError> {
    let literal = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        _ => None,
    };
    let host = url.host_str().unwrap_or_default();
    if literal.is_some_and(|address| !guard::may_dial(rules, host, address)) {
        return Err(forbidden(url));
    }
    client.get(url.clone()).send().await.map_err(|error| explain(url, &error))
}

pub(super) fn accept(answer: Response, url: &Url) -> Result<Response, ToolError> {
    let status = answer.status();
    if status.is_success() && status != StatusCode::NO_CONTENT {
        return Ok(answer);
    }
    let error = failed(url, &format!("the server answers {status}"));
    Err(match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => ToolError { code: Code::NotFound, retryable: false, ..error },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ToolError { code: Code::Denied, retryable: false, ..error },
        _ => error,
    })
}

/// Streams an answer to a file.
pub(super) async fn store(mut answer: Response, path: &Path, max_bytes: u64, label: &str, control: &Control) -> Result<(), ToolError> {
    let broken = |error: std::io::Error| {
        ToolError::new(Code::Unavailable, format!("the download cannot be written: {error}"), "Check the free space.")
    };
    let total = answer.content_length();
    check_size(total.unwrap_or(0), max_bytes, label)?;
    let url = answer.url().clone();
    let mut file = tokio::fs::OpenOptions::new().write(true).create_new(true).open(path).await.map_err(broken)?;
    let mut taken = 0u64;
    while let Some(piece) = answer.chunk().await.map_err(|error| explain(&url, &error))? {
        taken += piece.len() as u64;
        check_size(taken, max_bytes, label)?;
        file.write_all(&piece).await.map_err(broken)?;
        control.progress(taken as f64, total.map(|total| total as f64), format!("downloading {label}"));
    }
    file.flush().await.map_err(broken)
}

fn check_size(bytes: u64, max_bytes: u64, label: &str) -> Result<(), ToolError> {
    if bytes <= max_bytes {
        return Ok(());
    }
    Err(ToolError::new(
        Code::Limit,
        format!("{label} has more than {max_bytes} bytes"),
        "Use a smaller source, or let the operator raise the limit.",
    ))
}

fn failed(url: &Url, why: &str) -> ToolError {
    ToolError::new(Code::Unavailable, format!("{} cannot be read: {why}", redact(url)), "Check the address, or call again later.")
        .retryable()
}

fn forbidden(url: &Url) -> ToolError {
    let message = format!("{} leads to an address that is not public", redact(url));
    ToolError::new(Code::Denied, message, "The operator can allow an internal host by a rule that names it.").at("source")
}

/// What went wrong, without the address that the client's own words repeat in full.
fn explain(url: &Url, error: &reqwest::Error) -> ToolError {
    let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let mut last = None;
    for cause in causes.by_ref() {
        if cause.downcast_ref::<Forbidden>().is_some() {
            return forbidden(url);
        }
        last = Some(cause.to_string());
    }
    failed(
        url,
        &last.unwrap_or_else(|| if error.is_timeout() { "it takes too long".to_owned() } else { "the connection failed".to_owned() }),
    )
}
