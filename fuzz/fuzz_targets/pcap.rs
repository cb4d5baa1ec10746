//! `cargo +nightly fuzz run pcap`: the body is `synack::fuzzing::read_pcap`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| synack::fuzzing::read_pcap(bytes));
