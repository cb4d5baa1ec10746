//! What is remembered per connection.
