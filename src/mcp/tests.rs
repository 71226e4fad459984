//! The server as a client meets it: raw messages over a connection inside the process, in the newest revision and in older ones.

mod calls;
mod consent;
mod http;
mod lists;
mod pipes;
mod support;
mod tasks;
mod watching;
