//! `cargo +nightly fuzz run stream`: the body is `synack::fuzzing::stream`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synack::fuzzing::stream(bytes));
