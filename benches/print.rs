//! Placeholder until the print bench lands.
fn main() {}
