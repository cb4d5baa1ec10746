//! `cargo +nightly fuzz run program`: the body is `synack::fuzzing::program`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synack::fuzzing::program(bytes));
