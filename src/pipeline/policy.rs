//! Step four: effect × mode → allow, ask or deny.

use data_stack_core::{Code, Effect, ToolError};

use super::frontend::Confirmation;

/// What the operator and the persona allow, together. The tighter of the two holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The highest effect allowed at all.
    pub effects: Effect,
    /// The effect from which a person is asked.
    pub ask: Effect,
}

/// What a call gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It runs.
    Allow,
    /// A person is asked first.
    Ask(Confirmation),
}

impl Policy {
    /// Decides on a call whose effect is known from its validated arguments.
    pub fn decide(self, confirmation: Confirmation) -> Result<Decision, ToolError> {
        if confirmation.effect > self.effects {
            return Err(self.refusal(&confirmation));
        }
        let ask = confirmation.effect >= self.ask && confirmation.effect > Effect::Read;
        Ok(if ask { Decision::Ask(confirmation) } else { Decision::Allow })
    }

    fn refusal(self, confirmation: &Confirmation) -> ToolError {
        let Confirmation { tool, effect, .. } = confirmation;
        ToolError::new(
            Code::Denied,
            format!("`{tool}` with these arguments would {effect}, and this server allows calls up to `{}`", self.effects),
            format!("Ask the operator to start data-stack with `--effects {effect}`, or ask for something that only reads."),
        )
    }
}

/// The refusal when a person said no.
pub fn declined(confirmation: &Confirmation) -> ToolError {
    ToolError::new(
        Code::Denied,
        format!("a person declined: {}", confirmation.consequence),
        "Do not repeat the call; ask the person what they want instead.",
    )
}

/// The refusal when a call needs a person's consent and the client cannot ask for it; `code` names the question that was left.
pub fn unconfirmed(confirmation: &Confirmation, code: &str) -> ToolError {
    ToolError::new(
        Code::Denied,
        format!("this call needs a person's consent, and this client cannot ask for it: {}", confirmation.consequence),
        format!(
            "Ask the person to run `data-stack approve {code}` in a terminal, in this workspace, within 10 minutes; then make the same call \
             again. No argument can stand in for consent."
        ),
    )
}

/// The refusal when a consent was sent along that does not hold for the call.
pub fn invalid_consent(confirmation: &Confirmation, reason: &str) -> ToolError {
    ToolError::new(
        Code::Denied,
        format!("the consent sent with this call of `{}` does not hold: {reason}", confirmation.tool),
        "Make the call again without it, so that a person is asked anew.",
    )
}

#[cfg(test)]
mod tests {
    use super::{Confirmation, Decision, Policy};
    use data_stack_core::{Code, Effect};

    fn call(effect: Effect) -> Confirmation {
        Confirmation { tool: "query_duckdb".into(), effect, consequence: "drops table x".into(), digest: "d".into() }
    }

    #[test]
    fn the_ladder_decides_for_every_effect_and_mode() {
        use Effect::{Destroy, Read, Write};
        for (effects, ask, effect, expected) in [
            (Read, Destroy, Read, Ok(false)),
            (Read, Destroy, Write, Err(Code::Denied)),
            (Read, Destroy, Destroy, Err(Code::Denied)),
            (Write, Destroy, Write, Ok(false)),
            (Write, Destroy, Destroy, Err(Code::Denied)),
            (Destroy, Destroy, Destroy, Ok(true)),
            (Destroy, Write, Write, Ok(true)),
            (Destroy, Read, Read, Ok(false)),
        ] {
            let decided = Policy { effects, ask }
                .decide(call(effect))
                .map(|decision| matches!(decision, Decision::Ask(_)))
                .map_err(|error| error.code);
            assert_eq!(decided, expected, "{effects} {ask} {effect}");
        }
    }
}
