//! A person's consent, asked for in the way that the client knows: by a round trip (2026-07-28), by an elicitation on the
//! connection (before), or not at all. What a model writes into the arguments is never consent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rmcp::model::{
    BooleanSchema, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, InputRequest,
    InputRequiredResult, InputResponses, ProtocolVersion, RequestStateCodec, SealOptions,
};
use rmcp::service::{Peer, RequestContext};
use rmcp::{ErrorData, RoleServer};
use tokio_util::sync::CancellationToken;

use crate::pipeline::{Confirmation, Consent};

/// How long a question stays open.
const TTL: Duration = Duration::from_secs(300);
/// The question's key among a result's input requests, and its one field.
const KEY: &str = "approve";
/// All that a client is told of why its state was refused: which check failed is no help to an honest one.
const REFUSED: &str = "it is not one that this server gave for exactly this call, it is older than five minutes, or it was used before";

/// Seals the questions of this process and knows which answers were used.
pub(super) struct Approvals {
    codec: RequestStateCodec,
    ttl: Duration,
    used: Mutex<HashMap<Vec<u8>, Instant>>,
}

impl Approvals {
    /// Approvals under a key of their own: those of another process do not hold here.
    pub(super) fn new() -> Self {
        let key = crate::clock::random_id("") + &crate::clock::random_id("");
        Self { codec: RequestStateCodec::new_unchecked(key), ttl: TTL, used: Mutex::default() }
    }

    /// Approvals that expire after `ttl`.
    #[cfg(test)]
    pub(super) fn expiring(ttl: Duration) -> Self {
        Self { ttl, ..Self::new() }
    }

    /// The state that goes out with a question about this call of this principal.
    pub(super) fn seal(&self, principal: &str, confirmation: &Confirmation) -> String {
        let bound = bound(principal, confirmation);
        let nonce = crate::clock::random_id("");
        self.codec.seal_with(nonce.as_bytes(), &SealOptions::new().associated_data(&bound).ttl(self.ttl))
    }

    /// Whether the state is ours, of this call and principal, and in time; true once.
    pub(super) fn redeem(&self, principal: &str, confirmation: &Confirmation, state: &str) -> bool {
        let Ok(nonce) = self.codec.open_with(state, &bound(principal, confirmation)) else { return false };
        let Ok(mut used) = self.used.lock() else { return false };
        // What has expired is refused by the seal and need not be remembered.
        used.retain(|_, when| when.elapsed() < self.ttl + Duration::from_secs(1));
        used.insert(nonce, Instant::now()).is_none()
    }
}

fn bound(principal: &str, confirmation: &Confirmation) -> Vec<u8> {
    format!("{principal}\n{}\n{}", confirmation.tool, confirmation.digest).into_bytes()
}

/// The answers that a client sent along with a repeated call.
#[derive(Default)]
pub(super) struct Answers {
    /// The state that the question came with.
    pub(super) state: Option<String>,
    /// What was answered, by key.
    pub(super) responses: Option<InputResponses>,
}

/// How the caller's person can be asked.
pub(super) enum Asker {
    /// By a result that asks, and the same call again with the answer.
    RoundTrip {
        /// The seals.
        approvals: Arc<Approvals>,
        /// Who calls.
        principal: String,
        /// What came back.
        answers: Answers,
    },
    /// By a request on the connection.
    Elicit {
        /// The client.
        peer: Peer<RoleServer>,
        /// Ends the waiting.
        cancel: CancellationToken,
    },
    /// Not at all.
    Nobody,
}

impl Asker {
    /// The way that this request's client knows.
    pub(super) fn of(context: &RequestContext<RoleServer>, approvals: &Arc<Approvals>, principal: &str, answers: Answers) -> Self {
        let capabilities = context.client_capabilities().and_then(|capabilities| capabilities.elicitation);
        let shows_forms = capabilities.is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none());
        if !shows_forms {
            return Self::Nobody;
        }
        if context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28) {
            return Self::RoundTrip { approvals: approvals.clone(), principal: principal.to_owned(), answers };
        }
        Self::Elicit { peer: context.peer.clone(), cancel: context.ct.clone() }
    }

    /// Asks, or finds the answer that came along.
    pub(super) async fn ask(&self, confirmation: &Confirmation) -> Consent {
        match self {
            Self::RoundTrip { approvals, principal, answers } => match &answers.state {
                None => Consent::Pending,
                Some(state) if !approvals.redeem(principal, confirmation, state) => Consent::Invalid(REFUSED),
                Some(_) => answers.responses.as_ref().and_then(|responses| responses.get(KEY)).map_or(Consent::Pending, read),
            },
            Self::Elicit { peer, cancel } => elicit(peer, cancel, confirmation).await,
            Self::Nobody => Consent::Unavailable,
        }
    }
}

/// The result that asks a person.
pub(super) fn question(approvals: &Approvals, principal: &str, confirmation: &Confirmation) -> Result<InputRequiredResult, ErrorData> {
    let request = InputRequest::Elicitation(ElicitRequest::new(form(confirmation)?));
    Ok(InputRequiredResult::new(Some([(KEY.to_owned(), request)].into()), Some(approvals.seal(principal, confirmation))))
}

async fn elicit(peer: &Peer<RoleServer>, cancel: &CancellationToken, confirmation: &Confirmation) -> Consent {
    let Ok(form) = form(confirmation) else { return Consent::Unavailable };
    let answer = tokio::select! {
        () = cancel.cancelled() => return Consent::Unavailable,
        answer = peer.create_elicitation_with_timeout(form, Some(TTL)) => answer,
    };
    match answer {
        Ok(result) => judge(&result),
        Err(error) => {
            tracing::warn!(%error, "the client could not ask its user");
            Consent::Unavailable
        }
    }
}

fn form(confirmation: &Confirmation) -> Result<ElicitRequestParams, ErrorData> {
    let field = BooleanSchema::new().title("Approve").description("Yes lets the call run once; no refuses it.");
    let schema = ElicitationSchema::builder()
        .required_bool_with(KEY, |_| field)
        .build()
        .map_err(|error| ErrorData::internal_error(error.to_owned(), None))?;
    Ok(ElicitRequestParams::FormElicitationParams { meta: None, message: message(confirmation), requested_schema: schema })
}

fn message(confirmation: &Confirmation) -> String {
    let consequence = data_stack_core::text::clean(&confirmation.consequence, 600);
    format!("An agent wants to call `{}`, which would {}: {consequence}", confirmation.tool, confirmation.effect)
}

fn read(answer: &serde_json::Value) -> Consent {
    serde_json::from_value(answer.clone()).map_or(Consent::Declined, |result| judge(&result))
}

/// Only an accepted form whose field says yes is consent.
fn judge(result: &ElicitResult) -> Consent {
    let yes = result.content.as_ref().and_then(|content| content.get(KEY)).and_then(serde_json::Value::as_bool) == Some(true);
    if result.action == ElicitationAction::Accept && yes { Consent::Granted } else { Consent::Declined }
}

/// Lets the clock of the seals, which counts milliseconds, go on.
#[cfg(test)]
pub(super) fn pass_a_moment() {
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(3) {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use data_stack_core::Effect;

    use super::Approvals;
    use crate::pipeline::Confirmation;

    fn confirmation(digest: &str) -> Confirmation {
        Confirmation { tool: "drop".into(), effect: Effect::Destroy, consequence: "Drops a table".into(), digest: digest.into() }
    }

    #[test]
    fn a_state_holds_once_for_its_call_and_principal_and_no_other() {
        let approvals = Approvals::new();
        let call = confirmation("aa");
        let state = approvals.seal("one", &call);
        let mut forged = state.clone().into_bytes();
        let last = forged.len() - 2;
        forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
        assert!(!approvals.redeem("one", &call, &String::from_utf8(forged).unwrap()), "tampered");
        assert!(!approvals.redeem("one", &confirmation("bb"), &state), "other arguments");
        assert!(!approvals.redeem("two", &call, &state), "other principal");
        assert!(!Approvals::new().redeem("one", &call, &state), "other process");
        assert!(approvals.redeem("one", &call, &state), "the honest answer");
        assert!(!approvals.redeem("one", &call, &state), "replayed");
    }

    #[test]
    fn a_state_expires() {
        let approvals = Approvals::expiring(Duration::ZERO);
        let call = confirmation("aa");
        let state = approvals.seal("one", &call);
        super::pass_a_moment();
        assert!(!approvals.redeem("one", &call, &state));
    }
}
