//! What `explain` says of captures: kept texts of the lab sessions.
mod seeds;
