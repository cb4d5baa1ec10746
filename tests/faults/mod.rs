//! What hits a running capture, injected in namespaces of the test's own.
