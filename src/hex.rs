//! Hex and ASCII dumps.
