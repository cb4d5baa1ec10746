//! `cargo +nightly fuzz run layers`: the body is `synack::fuzzing::layers`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synack::fuzzing::layers(bytes));
