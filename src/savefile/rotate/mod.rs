//! A capture divided into files: the plan, and the writer that follows it.
mod names;
mod plan;
mod writer;

pub use plan::{Calendar, Rotation, RotationReason, Rotator, SizeError, parse_size};
pub use writer::{Begin, Clock, Conclude, FileEvent, RotatingWriter, Surroundings, SystemClock};
