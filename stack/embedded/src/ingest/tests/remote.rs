//! Sources beyond this machine, from a server on the loopback interface.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use data_stack_core::ports::Ingest;
use data_stack_core::{Code, Control};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{World, job, runtime};
use crate::fetch::RemoteSettings;
use crate::ingest::SizeLimits;

/// Answers each path with what `answer` makes of it, and keeps the paths that were asked for.
async fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).await.unwrap_or(0) == 0 {
                    break;
                }
                request.push(byte[0]);
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            let _ = stream.write_all(answer(&path).as_bytes()).await;
            kept.lock().unwrap().push(path);
        }
    });
    (address, asked)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn world(allowed: String, max_bytes: u64) -> World {
    World::with(RemoteSettings { allowed: vec![allowed], max_bytes, ..RemoteSettings::default() }, SizeLimits::default())
}

#[test]
fn an_allowed_address_loads_and_its_secrets_do_not_show() {
    runtime().block_on(async {
        let (address, asked) = serve(|_| ok("a,b\n1,x\n")).await;
        let world = world(format!("http://{address}/in/"), 1_000);
        let url = format!("http://user:secret@{address}/in/orders.csv?token=secret");
        let report = world.ingest.load(job(&url), &Control::unlimited()).await.unwrap();
        assert_eq!(report.files[0].source, format!("http://{address}/in/orders.csv?token=***"));
        assert_eq!(
            (world.query("FROM t"), asked.lock().unwrap().clone()),
            (vec!["1|x".to_owned()], vec!["/in/orders.csv?token=secret".to_owned()])
        );
        assert_eq!(world.query("SELECT source FROM _data_stack.loads"), [format!("http://{address}/in/orders.csv?token=***")]);
    });
}

#[test]
fn a_redirect_is_followed_only_to_what_is_allowed() {
    runtime().block_on(async {
        let (other, asked_of_other) = serve(|_| ok("a\n1\n")).await;
        let (address, _) = serve(move |path| match path {
            "/in/within.csv" => redirect("/in/there.csv"),
            "/in/outside.csv" => redirect("/secret.csv"),
            "/in/other.csv" => redirect(&format!("http://{other}/a.csv")),
            "/in/metadata.csv" => redirect("http://169.254.169.254/latest"),
            "/in/loop.csv" => redirect("/in/loop.csv"),
            _ => ok("a\n1\n"),
        })
        .await;
        let world = world(format!("http://{address}/in/"), 1_000);
        let cases = [
            ("within", None),
            ("outside", Some(Code::Denied)),
            ("other", Some(Code::Denied)),
            ("metadata", Some(Code::Denied)),
            ("loop", Some(Code::Unavailable)),
        ];
        for (name, code) in cases {
            let result = world.ingest.load(job(&format!("http://{address}/in/{name}.csv")), &Control::unlimited()).await;
            assert_eq!(result.err().map(|error| error.code), code, "{name}");
        }
        assert_eq!(asked_of_other.lock().unwrap().len(), 0);
    });
}

#[test]
fn sizes_and_statuses_are_checked() {
    runtime().block_on(async {
        let (address, _) = serve(|path| match path {
            "/long.csv" => ok(&"a\n".repeat(1_000)),
            "/endless.csv" => format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "a\n".repeat(1_000)),
            "/cut.csv" => "HTTP/1.1 200 OK\r\nContent-Length: 900\r\nConnection: close\r\n\r\na\n".to_owned(),
            _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
        })
        .await;
        let world = world(format!("http://{address}/"), 1_000);
        for (name, code) in [("long", Code::Limit), ("endless", Code::Limit), ("cut", Code::Unavailable), ("absent", Code::NotFound)] {
            let result = world.ingest.load(job(&format!("http://{address}/{name}.csv")), &Control::unlimited()).await;
            assert_eq!(result.unwrap_err().code, code, "{name}");
        }
    });
}

#[test]
fn a_name_that_leads_inward_is_not_dialled_unless_it_is_named() {
    runtime().block_on(async {
        let (address, asked) = serve(|_| ok("a\n1\n")).await;
        let url = format!("http://localhost:{}/a.csv", address.port());
        let wildcard = world(format!("http://*.localhost:{}/", address.port()), 1_000);
        let below = format!("http://x.localhost:{}/a.csv", address.port());
        let refused = wildcard.ingest.load(job(&below), &Control::unlimited()).await.unwrap_err();
        assert!(matches!(refused.code, Code::Denied | Code::Unavailable), "{refused}");
        assert_eq!(asked.lock().unwrap().len(), 0);
        let named = world(format!("http://localhost:{}/", address.port()), 1_000);
        assert_eq!(named.ingest.load(job(&url), &Control::unlimited()).await.unwrap().rows_loaded, 1);
    });
}
