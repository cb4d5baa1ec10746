//! The kernel boundary: the only unsafe code.
#![allow(unsafe_code)]
