//! tcpdump's text.
