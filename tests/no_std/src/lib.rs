//! Proof that `wire` needs neither std nor alloc: it is compiled here where there are none.
#![no_std]
#![forbid(unsafe_code)]

#[path = "../../../src/wire/mod.rs"]
pub mod wire;
