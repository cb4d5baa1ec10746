//! What a program may ask about a packet besides its bytes.
use super::Insn;

/// The answers to ancillary loads (`SKF_AD_*` in `<linux/filter.h>`), for running in user space a program
/// that was made for the kernel. What is `None`, and what is not here, ends the program with 0.
///
/// ```
/// use synack::bpf::{Ancillary, Insn, Program, Size};
/// let tag = Program::new([Insn::LoadAbs(Size::Half, 0xffff_f000 + 44), Insn::ReturnA].map(Into::into))?;
/// let tagged = Ancillary { vlan_tci: Some(0x6007), ..Ancillary::default() };
/// assert_eq!(tag.run_with(&[], 0, &tagged), 0x6007);
/// # Ok::<(), synack::bpf::InvalidProgram>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ancillary {
    /// The EtherType the kernel filed the packet under.
    pub protocol: Option<u16>,
    /// To whom it goes: `PACKET_HOST` and its siblings.
    pub packet_type: Option<u8>,
    /// The interface's index.
    pub ifindex: Option<u32>,
    /// The ARP hardware type of the interface.
    pub hardware_type: Option<u16>,
    /// The VLAN tag that was taken off the packet: priority and id.
    pub vlan_tci: Option<u16>,
    /// The EtherType of that tag.
    pub vlan_tpid: Option<u16>,
}

/// `SKF_AD_ALU_XOR_X`: not a datum but A ^= X in disguise.
pub(super) const XOR_X: u32 = 40;

impl Ancillary {
    /// Whether the kernel knows the offset: every multiple of four from `SKF_AD_PROTOCOL` to
    /// `SKF_AD_VLAN_TPID`.
    pub(super) fn knows(k: u32) -> bool {
        let index = k.wrapping_sub(Insn::ANCILLARY);
        index <= 60 && index.is_multiple_of(4)
    }

    /// The answer to a load at `SKF_AD_OFF + index`.
    pub(super) fn get(&self, index: u32) -> Option<u32> {
        match index {
            0 => self.protocol.map(u32::from),
            4 => self.packet_type.map(u32::from),
            8 => self.ifindex,
            28 => self.hardware_type.map(u32::from),
            // A packet without a tag is an answer too.
            44 => Some(u32::from(self.vlan_tci.unwrap_or(0))),
            48 => Some(u32::from(self.vlan_tci.is_some())),
            60 => Some(u32::from(self.vlan_tpid.unwrap_or(0))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_kernels_sixteen() {
        let known = (0..0x1000).filter(|i| Ancillary::knows(Insn::ANCILLARY + i)).count();
        assert_eq!(known, 16);
        assert!(!Ancillary::knows(0));
    }

    #[test]
    fn a_missing_tag_is_no_tag() {
        let none = Ancillary::default();
        assert_eq!((none.get(48), none.get(44), none.get(8)), (Some(0), Some(0), None));
        let tagged = Ancillary { vlan_tci: Some(0), ..none };
        assert_eq!((tagged.get(48), tagged.get(44)), (Some(1), Some(0)));
    }
}
