//! The chart engine of the project: Apache ECharts, from typed charts to pages and pictures.
//!
//! - [`Chart`] says what to draw; with [`Data`] it becomes a [`Figure`], whose `option` is an ECharts option in plain JSON.
//! - [`Page`] is one HTML file that draws figures, shows their tables and asks nothing of the network.
//! - `Renderer` (feature `pictures`) draws a figure as SVG or PNG without a browser: the same ECharts in QuickJS.
//!
//! A library for tools, not a family of tools: it reaches nothing outside.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod chart;
mod data;
mod format;
mod group;
pub mod page;
#[cfg(feature = "pictures")]
mod picture;

pub use chart::{Behind, Chart, ChartKind, Figure, Sort, Stack, bins};
pub use data::{Data, Field, Kind};
pub use format::{Format, bytes, grouped, percent, plain};
pub use group::Aggregate;
pub use page::Page;
#[cfg(feature = "pictures")]
pub use picture::{Picture, Renderer, Size, Theme, unwritable};
