//! Reassembly against a real Linux receiver, byte for byte.
mod frame;
mod generated;
mod lab;
mod scale;
mod source;
mod tricky;
