//! Placeholder until the hex bench lands.
fn main() {}
