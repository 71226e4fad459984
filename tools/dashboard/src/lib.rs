//! Dashboards: the tool `render_dashboard`.
//!
//! A [`spec::Dashboard`] says what to show. `load` finds or makes it, `template` and `suggest` fill one from a table or a
//! question, `query` runs its data sets, `lint` judges it, `compose` turns it into a page, the chart engine draws, and `export` writes pages
//! for other people's apps.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod compose;
mod export;
mod lint;
mod load;
mod parameters;
mod query;
mod render_dashboard;
pub mod spec;
mod suggest;
mod template;

use data_stack_core::AnyTool;

pub use render_dashboard::{Action, Input, Look, Output, RenderDashboard, Target, TileReport};
pub use template::Template;

/// The tools of this family.
pub const TOOLS: &[&dyn AnyTool] = &[&RenderDashboard];
