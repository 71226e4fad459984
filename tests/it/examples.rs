//! The examples that the tools declare, run on the demonstration's workspace.

use data_stack::catalog;
use serde_json::{Value, json};

use crate::program::{Server, demo_workspace};

#[test]
fn every_example_of_every_tool_does_what_it_says() {
    let folder = demo_workspace();
    // dbt takes seconds to start, on a busy machine many.
    let (mut server, _) = Server::session(folder.path(), &["--effects", "write", "--set", "limits.wait_s=45"], "2025-11-25");
    let loaded = server.call("ingest", &json!({"source": "transactions.csv", "table": "transactions"}));
    assert_eq!(loaded["ok"], true, "{loaded}");
    let mut problems = Vec::new();
    for entry in catalog::entries() {
        let spec = entry.spec();
        for example in spec.examples {
            let arguments: Value = serde_json::from_str(example.arguments).unwrap();
            let answer = server.finished(spec.name, &arguments);
            if answer["ok"] != true {
                problems.push(format!("{}, {}: {}", spec.name, example.title, answer["error"]));
            }
            for (pointer, expected) in example.expect {
                let expected: Value = serde_json::from_str(expected).unwrap();
                if answer["data"].pointer(pointer) != Some(&expected) {
                    let got = answer["data"].pointer(pointer);
                    problems.push(format!("{}, {}: {pointer} is {got:?}, not {expected}", spec.name, example.title));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
