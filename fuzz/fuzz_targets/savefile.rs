//! `cargo +nightly fuzz run savefile`: the body is `synack::fuzzing::read_savefile`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synack::fuzzing::read_savefile(bytes));
