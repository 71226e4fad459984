//! How the client looks to the server: what it can do, where progress goes, and who answers questions.

use std::sync::Arc;

use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationCapability,
    FormElicitationCapability, Implementation, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{ClientHandler, ErrorData, RoleClient};
use serde_json::{Map, Value};
use tokio::sync::broadcast;

use super::{Connect, Person, Steps};

/// Steps that may wait for a slow watcher; more than that and the oldest are dropped.
const WAITING_STEPS: usize = 4_096;

/// The client's side of a connection.
pub(super) struct Face {
    person: Person,
    steps: Steps,
}

impl Face {
    pub(super) fn new(how: Connect) -> Self {
        Self { person: how.person, steps: Arc::new(broadcast::channel(WAITING_STEPS).0) }
    }

    /// Every step that any call reports from now on.
    pub(super) fn steps(&self) -> broadcast::Receiver<ProgressNotificationParam> {
        self.steps.subscribe()
    }
}

impl ClientHandler for Face {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        if self.person != Person::Absent {
            let mut elicitation = ElicitationCapability::new();
            elicitation.form = Some(FormElicitationCapability::default());
            capabilities.elicitation = Some(elicitation);
        }
        ClientConfig::new(capabilities, Implementation::new("data-stack-client", env!("CARGO_PKG_VERSION")))
    }

    async fn on_progress(&self, step: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        // Without a call that watches there is nobody to tell.
        let _ = self.steps.send(step);
    }

    async fn create_elicitation(&self, question: ElicitRequestParams, _: RequestContext<RoleClient>) -> Result<ElicitResult, ErrorData> {
        Ok(answer(self.person, &question))
    }
}

/// What the person answers. A yes sets every yes-or-no field of the form.
pub(super) fn answer(person: Person, question: &ElicitRequestParams) -> ElicitResult {
    match (person, question) {
        (Person::Agrees, ElicitRequestParams::FormElicitationParams { requested_schema, .. }) => {
            let schema = serde_json::to_value(requested_schema).unwrap_or_default();
            let fields = schema["properties"].as_object().into_iter().flatten();
            let yes: Map<String, Value> =
                fields.filter(|(_, field)| field["type"] == "boolean").map(|(name, _)| (name.clone(), Value::Bool(true))).collect();
            ElicitResult::new(ElicitationAction::Accept).with_content(Value::Object(yes))
        }
        (Person::Agrees, _) => ElicitResult::new(ElicitationAction::Accept),
        (Person::Declines | Person::Absent, _) => ElicitResult::new(ElicitationAction::Decline),
    }
}
