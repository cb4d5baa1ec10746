//! `cargo +nightly fuzz run pcapng`: the body is `synack::fuzzing::read_pcapng`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synack::fuzzing::read_pcapng(bytes));
