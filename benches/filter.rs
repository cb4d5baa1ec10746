//! Placeholder until the filter bench lands.
fn main() {}
