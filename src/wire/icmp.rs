//! What the ICMP headers of both IP versions have in common.

/// A header of four bytes, its accessors, and the message it starts.
macro_rules! icmp_view {
    ($(#[$meta:meta])* $view:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub struct $view<'a> {
            fixed: &'a [u8; 4],
            message: &'a [u8],
        }

        impl<'a> $view<'a> {
            /// Bytes common to all types: type, code, checksum.
            pub const HEADER_LEN: usize = 4;
            /// Bytes between the common header and a quoted packet.
            const UNUSED_LEN: usize = 4;

            /// Reads the header at the start of `data`.
            ///
            /// # Errors
            /// Fewer than four bytes.
            #[inline]
            pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
                match data.first_chunk() {
                    Some(fixed) => Ok(Self { fixed, message: data }),
                    None => Err(Error::Truncated {
                        layer: Layer::$view,
                        need: Self::HEADER_LEN,
                        have: data.len(),
                    }),
                }
            }

            /// Message type.
            pub const fn kind(self) -> u8 {
                self.fixed[0]
            }
            /// Message code.
            pub const fn code(self) -> u8 {
                self.fixed[1]
            }
            /// Checksum as it stands.
            pub const fn checksum(self) -> u16 {
                u16::from_be_bytes([self.fixed[2], self.fixed[3]])
            }
            /// Everything after type, code and checksum: the "rest of header" and the data.
            pub fn payload(self) -> &'a [u8] {
                self.message.get(Self::HEADER_LEN..).unwrap_or_default()
            }
            /// Header and body: what the checksum covers.
            pub const fn message(self) -> &'a [u8] {
                self.message
            }
            /// The second word of the header.
            pub fn rest_of_header(self) -> Option<[u8; 4]> {
                self.payload().first_chunk().copied()
            }
            /// The packet an error quotes.
            pub fn quoted(self) -> Option<Layers<'a>> {
                let quoted = self.payload().get(Self::UNUSED_LEN..)?;
                self.quotes().then(|| Layers::decode_network(quoted))
            }
        }

        debug_view!($view: kind, code, checksum; payload);

        impl fmt::Display for $view<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "type {} code {} length {}", self.kind(), self.code(), self.message.len())
            }
        }
    };
}

pub(super) use icmp_view;
