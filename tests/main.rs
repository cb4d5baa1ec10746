//! The one integration binary: an annotated table of contents.
