//! What is remembered per connection.
pub mod relative;
mod table;
