//! The server against a client of the same library, over a connection inside the process.
