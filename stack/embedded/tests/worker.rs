//! A worker process for the integration tests.

fn main() -> std::process::ExitCode {
    data_stack_embedded::worker::main()
}
