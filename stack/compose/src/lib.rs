//! The Docker engine and the services that run in it.

mod engine;

pub use engine::{Compose, Engine, compose_plugin, engine};
