//! How packets are shown: one [`Presenter`] a run, chosen in one place.
//!
//! | to change | look in |
//! | --- | --- |
//! | which presenter a command line gets | [`choose`] |
//! | tcpdump's lines | `text` |
//! | dumps in layouts of our own | `dump` |
mod dump;
mod text;

use synack::Packet;
use synack::print::Names;

use super::args::checked::Display;
use super::failure::Failure;

/// What becomes of a packet on standard output. Text is appended to a buffer; who owns that
/// buffer decides when it is written.
pub(crate) trait Presenter {
    /// Appends what is shown of the next packet.
    ///
    /// # Errors
    /// Something other than standard output could not be written.
    fn packet(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<(), Failure>;

    /// Of the packets that come, whether their seconds are counted without sign: see
    /// [`synack::print::Printer::set_unsigned_seconds`].
    fn set_unsigned_seconds(&mut self, _unsigned: bool) {}
}

/// The presenter that the command line asks for.
///
/// # Errors
/// The options ask for what cannot be shown.
pub(crate) fn choose(display: &Display, names: Box<dyn Names>) -> Result<Box<dyn Presenter>, Failure> {
    Ok(Box::new(text::Text::new(display, names)?))
}
