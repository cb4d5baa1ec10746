//! `cargo +nightly fuzz run repair`: the body is `synack::fuzzing::repair`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synack::fuzzing::repair(bytes));
