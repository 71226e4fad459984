//! `/dashboards`: the workspace's dashboards for people with a browser, made anew with every look.
//!
//! The same guards as for clients: host, origin and token. A browser gives the token once, in a form, and then shows a cookie that
//! no other site's page can make it send.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use data_stack_charts::page::{escape, html_of};
use data_stack_core::{BoxFuture, Code, Progress, ProgressSink, ToolError};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::gate::Gate;
use crate::pipeline::{Answer, Caller, Confirmation, Consent, Frontend, Pipeline, Request as Call};

/// The tool behind it.
const TOOL: &str = "render_dashboard";
/// The largest form that is read, in bytes.
const FORM: usize = 4_096;
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:40rem;margin:12vh auto;padding:0 1.5rem;color:#1c2433;background:#f5f6f9}a{color:#3563e9}li{margin:.4rem 0}small{color:#5b667a}input{font:inherit;padding:.5rem .7rem;border:1px solid #cbd2dd;border-radius:8px;width:100%;box-sizing:border-box}button{font:inherit;margin-top:.8rem;padding:.5rem 1.2rem;border:0;border-radius:8px;background:#3563e9;color:#fff}@media(prefers-color-scheme:dark){body{color:#e7ebf3;background:#0d121a}a{color:#7aa2ff}input{background:#171e2a;color:inherit;border-color:#283244}}";

/// What the routes share.
struct Shared {
    pipeline: Arc<Pipeline>,
    gate: Arc<Gate>,
}

/// All routes below `/dashboards`.
pub(super) fn routes(pipeline: &Arc<Pipeline>, gate: &Arc<Gate>) -> Router {
    let shared = Arc::new(Shared { pipeline: pipeline.clone(), gate: gate.clone() });
    Router::new()
        .route("/dashboards", get(list))
        .route("/dashboards/{name}", get(one))
        .layer(middleware::from_fn_with_state(shared.clone(), known))
        .route("/dashboards/session", post(session))
        .with_state(shared)
}

/// Lets through who is known; others get a form for the token.
async fn known(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if shared.gate.knows_person(request.headers()) { next.run(request).await } else { ask(StatusCode::UNAUTHORIZED, "") }
}

/// The form's token for a cookie.
async fn session(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let form = body.get(..FORM.min(body.len())).unwrap_or_default();
    let token = url::form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
    let secure = shared.pipeline.settings().http.behind_proxy;
    match token.and_then(|token| shared.gate.session_for(&token, secure)) {
        Some(cookie) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, "/dashboards".to_owned()), (header::SET_COOKIE, cookie)]).into_response()
        }
        None => ask(StatusCode::UNAUTHORIZED, "<p><strong>This is not the token.</strong></p>"),
    }
}

fn ask(status: StatusCode, wrong: &str) -> Response {
    let form = format!(
        "<h1>Dashboards</h1>{wrong}<p>Give the token of this server. <code>data-stack serve</code> says in which file it is kept.</p>\
         <form method=\"post\" action=\"/dashboards/session\"><input name=\"token\" type=\"password\" aria-label=\"Token\" autocomplete=\"off\" autofocus required>\
         <button>Open</button></form>"
    );
    plain(status, "Dashboards", &form)
}

/// The dashboards that are kept.
async fn list(State(shared): State<Arc<Shared>>) -> Response {
    let answer = match call(&shared.pipeline, json!({"action": "list"})).await {
        Ok(answer) => answer,
        Err(error) => return failed(&error),
    };
    let kept = answer.envelope.data.unwrap_or_default();
    let kept = kept["dashboards"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let line = |one: &Value| {
        let name = escape(one["name"].as_str().unwrap_or_default());
        let changed = escape(one["modified_at"].as_str().and_then(|time| time.get(..10)).unwrap_or_default());
        format!("<li><a href=\"/dashboards/{name}\">{name}</a> <small>changed {changed}</small></li>")
    };
    let lines: String = kept.iter().map(line).collect();
    let none = "<p>None is kept yet. <code>data-stack dashboard --data TABLE --save-as NAME</code> keeps one.</p>";
    plain(
        StatusCode::OK,
        "Dashboards",
        &format!("<h1>Dashboards</h1>{}", if lines.is_empty() { none.to_owned() } else { format!("<ul>{lines}</ul>") }),
    )
}

/// A dashboard with the newest data, and the values of its parameters that the address names.
async fn one(State(shared): State<Arc<Shared>>, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let values: Map<String, Value> = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    let answer = match call(&shared.pipeline, json!({"dashboard": name, "parameters": values, "target": "app"})).await {
        Ok(answer) => answer,
        Err(error) => return failed(&error),
    };
    if let Some(Value::Object(mut page)) = answer.app {
        // A served page is made anew by its address.
        page.shift_remove("again");
        return html(StatusCode::OK, html_of(&Value::Object(page)), None);
    }
    // A page that is too large to be carried was written as a file.
    let Some(link) = answer.envelope.links.first() else { return failed(&ToolError::internal("the dashboard gave no page")) };
    match tokio::fs::read_to_string(&link.path).await {
        Ok(text) => html(StatusCode::OK, text, None),
        Err(error) => failed(&ToolError::internal(format!("the page cannot be read: {error}"))),
    }
}

async fn call(pipeline: &Arc<Pipeline>, arguments: Value) -> Result<Answer, ToolError> {
    let request = Call {
        tool: TOOL.to_owned(),
        arguments,
        caller: Caller { frontend: "http-page", ..Caller::default() },
        cancel: CancellationToken::new(),
        wait: Some(Duration::MAX),
        idempotency_key: None,
    };
    let answer = pipeline.call(request, Arc::new(Viewer)).await.into_answer();
    let answer = answer.ok_or_else(|| ToolError::internal("a page asks for nothing that needs consent"))?;
    answer.envelope.error.clone().map_or(Ok(answer), Err)
}

/// A person who looks: nothing is asked of them here.
struct Viewer;

impl ProgressSink for Viewer {
    fn report(&self, _: Progress) {}
}

impl Frontend for Viewer {
    fn confirm<'a>(&'a self, _: &'a Confirmation) -> BoxFuture<'a, Consent> {
        Box::pin(async { Consent::Unavailable })
    }
}

fn failed(error: &ToolError) -> Response {
    let status = match error.code {
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::InvalidInput | Code::Limit => StatusCode::BAD_REQUEST,
        Code::Denied => StatusCode::FORBIDDEN,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let hints = error.hints.iter().map(|hint| escape(hint)).collect::<Vec<_>>().join("</p><p>");
    let body = format!(
        "<h1>This dashboard cannot be shown</h1><p>{}</p><p>{hints}</p><p><a href=\"/dashboards\">All dashboards</a></p>",
        escape(&error.message)
    );
    plain(status, "Dashboards", &body)
}

fn plain(status: StatusCode, title: &str, body: &str) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let text = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{STYLE}</style><body>{body}</body></html>"
    );
    html(status, text, Some(policy))
}

/// A page. One that says itself what it may load is only kept out of other sites' frames.
fn html(status: StatusCode, text: String, policy: Option<&'static str>) -> Response {
    let mut headers = HeaderMap::new();
    let set: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy.unwrap_or("frame-ancestors 'none'")),
        // Without a referrer of its own a form would come from an unknown origin.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    headers.extend(set.map(|(name, value)| (name, HeaderValue::from_static(value))));
    (status, headers, text).into_response()
}
