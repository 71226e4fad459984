//! A workspace with a small project in it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use data_stack_core::ports::Dbt;
use data_stack_core::ports::dbt::{DbtCommand, DbtJob, DbtReport};
use data_stack_core::{Control, Progress};
use tokio_util::sync::CancellationToken;

use crate::support::Workspace;

const FILES: [(&str, &str); 5] = [
    ("dbt_project.yml", "name: shop\nprofile: shop\n"),
    ("seeds/raw_orders.csv", "id,customer,amount\n1,ann,10\n2,bob,20\n3,,30\n"),
    ("models/stg_orders.sql", "select id, customer, amount from {{ ref('raw_orders') }}\n"),
    (
        "models/totals.sql",
        "{{ config(materialized='incremental', unique_key='customer') }}\nselect customer, sum(amount) as total from {{ ref('stg_orders') }} group by 1\n",
    ),
    (
        "models/schema.yml",
        "models:\n  - name: stg_orders\n    columns:\n      - name: id\n      - name: customer\n        data_tests: [not_null]\nexposures:\n  - name: sales_page\n    type: dashboard\n    owner: {name: Ann}\n    depends_on: [ref('totals')]\n",
    ),
];

/// A shop's project in a workspace of its own.
pub(crate) struct Shop {
    pub(crate) workspace: Workspace,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let shop = Self { workspace: Workspace::new() };
        for (path, text) in FILES {
            shop.file(path, text);
        }
        shop
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.workspace.path("dbt")
    }

    pub(crate) fn file(&self, path: &str, text: &str) {
        let path = self.folder().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn dbt(&self) -> Arc<dyn Dbt> {
        self.workspace.ports().dbt.clone().unwrap()
    }

    pub(crate) async fn run(&self, job: DbtJob) -> DbtReport {
        self.dbt().run(job, &Control::unlimited()).await.unwrap()
    }
}

pub(crate) fn job(command: DbtCommand) -> DbtJob {
    DbtJob { command, request_id: "req_test".into(), ..DbtJob::default() }
}

pub(crate) fn selected(command: DbtCommand, select: &str) -> DbtJob {
    DbtJob { select: vec![select.into()], ..job(command) }
}

/// A control whose progress can be waited for.
pub(crate) struct Watch {
    pub(crate) cancel: CancellationToken,
    pub(crate) control: Control,
    said: Arc<Mutex<Vec<String>>>,
    heard: Arc<tokio::sync::Notify>,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let (cancel, said, heard) = (CancellationToken::new(), Arc::new(Mutex::new(Vec::new())), Arc::new(tokio::sync::Notify::new()));
        let (keep, tell) = (said.clone(), heard.clone());
        let sink = move |step: Progress| {
            keep.lock().unwrap().push(step.message);
            tell.notify_one();
        };
        Self { control: Control::new(cancel.clone(), None, Arc::new(sink)), cancel, said, heard }
    }

    /// Waits until a message holds the text.
    pub(crate) async fn hears(&self, text: &str) {
        while !self.said.lock().unwrap().iter().any(|message| message.contains(text)) {
            self.heard.notified().await;
        }
    }
}
