//! `cargo +nightly fuzz run filter`: the body is `synack::fuzzing::filter`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synack::fuzzing::filter(bytes));
