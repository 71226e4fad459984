//! The operator's list of allowed addresses.

use data_stack_core::{Code, ToolError};
use url::Url;

use super::redact;

/// Allowed prefixes of addresses.
#[derive(Debug, Clone, Default)]
pub struct Rules(Vec<Rule>);

#[derive(Debug, Clone)]
struct Rule {
    url: Url,
    /// Stands for any host below this domain.
    below: Option<String>,
}

impl Rules {
    /// Reads prefixes such as `https://data.example.org/public/`, `https://*.example.org/` or `s3://bucket/prefix/`.
    pub fn new(prefixes: &[String]) -> Result<Self, ToolError> {
        prefixes.iter().map(|prefix| Rule::parse(prefix)).collect::<Result<_, _>>().map(Self)
    }

    /// Refuses an address that no rule allows.
    pub(super) fn check(&self, url: &Url) -> Result<(), ToolError> {
        if self.0.iter().any(|rule| rule.allows(url)) {
            return Ok(());
        }
        let message = format!("the operator does not allow {}", redact(url));
        let allowed: Vec<String> = self.0.iter().map(|rule| redact(&rule.url)).collect();
        let grant = format!("The operator allows a prefix by `--network {}`, or by `network` in the configuration.", host_of(url));
        let hint = if allowed.is_empty() {
            format!("No address is allowed. {grant} Or download the file into the workspace.")
        } else {
            format!("Allowed are addresses that begin with {}. {grant}", allowed.join(", "))
        };
        Err(ToolError::new(Code::Denied, message, hint).at("source"))
    }

    /// Whether a rule names this very host, and so means it even where it is not public.
    pub(super) fn name_host(&self, host: &str) -> bool {
        self.0.iter().any(|rule| rule.below.is_none() && rule.url.host_str().is_some_and(|named| named.eq_ignore_ascii_case(host)))
    }
}

/// The address up to its host.
fn host_of(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}/", url.scheme(), url.host_str().unwrap_or_default())
}

impl Rule {
    fn parse(prefix: &str) -> Result<Self, ToolError> {
        let bad = || {
            let message = format!("the allowed address `{prefix}` cannot be read");
            ToolError::new(Code::InvalidInput, message, "Write `https://host/path/`, `https://*.domain/` or `s3://bucket/prefix/`.")
        };
        let wildcard = prefix.replacen("://*.", "://", 1);
        let url = Url::parse(&wildcard).map_err(|_| bad())?;
        if !matches!(url.scheme(), "http" | "https" | "s3") || url.host_str().is_none_or(str::is_empty) {
            return Err(bad());
        }
        let below = (wildcard != prefix).then(|| format!(".{}", url.host_str().unwrap_or_default()));
        Ok(Self { url, below })
    }

    fn allows(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let host_fits = match &self.below {
            Some(domain) => host.ends_with(domain.as_str()),
            None => self.url.host_str() == Some(host),
        };
        url.scheme() == self.url.scheme()
            && host_fits
            && url.port_or_known_default() == self.url.port_or_known_default()
            && self.covers(url.path())
    }

    /// Whether a path begins with the rule's, up to a slash: `/a` covers `/a` and `/a/b` but not `/ab`.
    fn covers(&self, path: &str) -> bool {
        // A server may decode what the address only hides.
        let hidden = path.to_ascii_lowercase();
        if hidden.contains("%2e%2e") || hidden.contains("%2f") || hidden.contains("%5c") {
            return false;
        }
        let own = self.url.path();
        let rest = path.strip_prefix(own);
        own.is_empty() || rest.is_some_and(|rest| rest.is_empty() || own.ends_with('/') || rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::Rules;

    #[test]
    fn addresses_are_allowed_by_scheme_host_port_and_path() {
        let rules = Rules::new(&[
            "https://data.org/public/".into(),
            "https://*.example.org/".into(),
            "s3://bucket/in".into(),
            "http://127.0.0.1:8000/".into(),
        ]);
        let rules = rules.unwrap();
        let cases = [
            ("https://data.org/public/a.csv", true),
            ("https://data.org/public/../secret.csv", false),
            ("https://data.org/public/%2e%2e/secret.csv", false),
            ("https://data.org/publicity.csv", false),
            ("https://data.org:8443/public/a.csv", false),
            ("http://data.org/public/a.csv", false),
            ("https://data.org.evil.com/public/a.csv", false),
            ("https://data.org@evil.com/public/a.csv", false),
            ("https://a.example.org/x", true),
            ("https://example.org/x", false),
            ("https://evilexample.org/x", false),
            ("s3://bucket/in/a.csv", true),
            ("s3://bucket/inner/a.csv", false),
            ("s3://other/in/a.csv", false),
            ("http://127.0.0.1:8000/a", true),
            ("http://127.0.0.1/a", false),
        ];
        for (url, allowed) in cases {
            assert_eq!(rules.check(&url.parse().unwrap()).is_ok(), allowed, "{url}");
        }
        assert!(rules.name_host("127.0.0.1") && !rules.name_host("example.org"));
    }

    #[test]
    fn nothing_is_allowed_without_rules_and_broken_rules_are_refused() {
        assert!(Rules::default().check(&"https://example.org/".parse().unwrap()).is_err());
        for rule in ["", "example.org", "ftp://x/", "https://"] {
            assert!(Rules::new(&[rule.into()]).is_err(), "{rule}");
        }
    }
}
