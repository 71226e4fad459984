//! Time and names: the two things that differ in every run.

/// Now, RFC 3339 in UTC with milliseconds.
pub fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// `prefix` and 128 random bits in hexadecimal: an id that cannot be guessed.
pub fn random_id(prefix: &str) -> String {
    use std::fmt::Write;
    let mut bytes = [0u8; 16];
    // Without the kernel's randomness no id is safe to hand out, and nothing here can go on.
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).is_err() {
        std::process::abort();
    }
    bytes.iter().fold(prefix.to_owned(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}
