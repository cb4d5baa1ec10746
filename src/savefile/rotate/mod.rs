//! A capture divided into files: the plan, and the writer that follows it.
#[cfg_attr(not(unix), allow(dead_code, reason = "their writer is not there"))]
mod names;
#[cfg_attr(not(unix), allow(dead_code, reason = "their writer is not there"))]
mod plan;
#[cfg(unix)]
mod writer;

pub use plan::{Calendar, Rotation, RotationReason, Rotator, SizeError, parse_size};
#[cfg(unix)]
pub use writer::{Begin, Clock, Conclude, FileEvent, RotatingWriter, Surroundings, SystemClock};
