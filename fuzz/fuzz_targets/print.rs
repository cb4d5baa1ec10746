//! `cargo +nightly fuzz run print`: the body is `synack::fuzzing::print`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synack::fuzzing::print(bytes));
