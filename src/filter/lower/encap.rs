//! Headers around the network header: VLAN tags, MPLS labels, PPPoE. Each shifts what follows in the text.
use super::super::ir::{Test, op, stmt};
use super::super::link::{Base, Offset, PPP_MPLS, Variable, Width, ether};
use super::super::{Error, ErrorKind};
use super::Lower;
use crate::bpf::{Insn, RawInsn};
use crate::wire::{Headers, LinkType, Radio};

/// Where the Linux kernel shows the tag that it took off a packet (`SKF_AD_VLAN_TAG`, `…_PRESENT`).
const KERNEL_VLAN_TAG: u32 = Insn::ANCILLARY + 44;
const KERNEL_VLAN_PRESENT: u32 = Insn::ANCILLARY + 48;

impl Lower<'_> {
    /// `vlan [id]`.
    pub(super) fn vlan(&mut self, id: Option<u32>) -> Result<Test, Error> {
        if self.layout.mpls_labels > 0 {
            return Err(self.error(ErrorKind::LinkType, "after mpls there are no VLAN tags"));
        }
        match self.layout.headers {
            Headers::Ethernet { .. } => {}
            Headers::Wireless(radio) if radio != Radio::Ppi => {}
            _ => return Err(self.no_such_test("VLAN tag")),
        }
        let outermost = self.layout.vlan_tags == 0
            && matches!(self.layout.headers, Headers::Ethernet { .. })
            && self.layout.link_header.variable == Variable::No
            && self.layout.link_header.constant == 0;
        let stripped = self.settings.live && self.settings.stripped_vlan;
        let test = if outermost && stripped { self.kernel_vlan(id)? } else { self.tag(id)? };
        self.layout.vlan_tags += 1;
        Ok(test)
    }

    /// A tag in the packet.
    fn tag(&mut self, id: Option<u32>) -> Result<Test, Error> {
        let mut test = self.tag_type()?;
        if let Some(id) = id {
            let has_id = self.tag_id(id)?;
            test = self.graph.and(test, has_id);
        }
        let layout = &mut self.layout;
        for offset in [Some(&mut layout.payload), layout.link_type.as_mut()].into_iter().flatten() {
            offset.constant = offset.constant.wrapping_add(4);
        }
        Ok(test)
    }

    fn tag_type(&mut self) -> Result<Test, Error> {
        let customer = self.link_type(ether::VLAN)?;
        let service = self.link_type(ether::QINQ)?;
        let either = self.graph.or(customer, service);
        let old = self.link_type(ether::VLAN_9100)?;
        Ok(self.graph.or(either, old))
    }

    fn tag_id(&mut self, id: u32) -> Result<Test, Error> {
        if id > 0xfff {
            return Err(self.error(ErrorKind::Value, format!("VLAN id {id} is greater than 4095")));
        }
        Ok(self.masked(Base::Network, 0, Width::Half, id, 0xfff))
    }

    /// A tag that the kernel took off the packet, or one in the packet. In the first case nothing that
    /// follows is shifted, in the second everything is, so from here on offsets are computed at run time.
    fn kernel_vlan(&mut self, id: Option<u32>) -> Result<Test, Error> {
        let start = self.graph.stmts.len();
        self.graph.stmts.push(stmt(op::LD_B_ABS, KERNEL_VLAN_PRESENT));
        let stripped = self.graph.test(start, op::JEQ_K, 1);
        let in_packet = self.tag_type()?;
        let has_id = id.map(|id| self.tag_id(id)).transpose()?;

        let mut shift: Vec<RawInsn> = Vec::with_capacity(6);
        let payload = self.shift_register(self.layout.payload)?;
        self.layout.payload.variable = Variable::Register(payload);
        let link_type = self.layout.link_type.unwrap_or(self.layout.payload);
        let register = self.shift_register(link_type)?;
        self.layout.link_type = Some(Offset { variable: Variable::Register(register), ..link_type });
        self.layout.vlan_shift = Some([payload, register]);
        for register in [payload, register] {
            let register = u32::from(register);
            shift.extend([stmt(op::LD_MEM, register), stmt(op::ADD_K, 4), stmt(op::ST, register)]);
        }
        self.graph.prepend(in_packet.head, &shift);
        let either = self.graph.or(stripped, in_packet);

        let Some(has_id) = has_id else { return Ok(either) };
        // The test's first statement loads the tag from the packet; where the kernel has the tag, it is
        // loaded from there instead, and the masking after it serves both.
        let own = self.graph.body(has_id.head).len() as u32;
        let mut choice = [
            stmt(op::LD_B_ABS, KERNEL_VLAN_PRESENT),
            stmt(op::JEQ_K, 1),
            stmt(op::LD_B_ABS, KERNEL_VLAN_TAG),
            stmt(op::JA, own - 1),
        ];
        choice[1].jf = 2;
        self.graph.prepend(has_id.head, &choice);
        Ok(self.graph.and(either, has_id))
    }

    fn shift_register(&mut self, offset: Offset) -> Result<u8, Error> {
        match offset.variable.register() {
            Some(register) => Ok(register),
            None => self.register(),
        }
    }

    /// Where offsets are shifted at run time, the program starts with no shift.
    pub(super) fn start_vlan_shift(&mut self, whole: Test) {
        if let Some(registers) = self.layout.vlan_shift {
            let [payload, link_type] = registers.map(|register| stmt(op::ST, u32::from(register)));
            self.graph.prepend(whole.head, &[stmt(op::LD_IMM, 0), payload, link_type]);
        }
    }

    /// `mpls [label]`.
    pub(super) fn mpls(&mut self, label: Option<u32>) -> Result<Test, Error> {
        let mut test = if self.layout.mpls_labels > 0 {
            // The label before is not the last.
            self.masked(Base::Network, 0_u32.wrapping_sub(2), Width::Byte, 0, 1)
        } else {
            match self.layout.headers {
                Headers::Ethernet { .. } | Headers::CiscoHdlc => self.link_type(ether::MPLS)?,
                Headers::Ppp { .. } if self.layout.link == LinkType::PPP => self.link_type(PPP_MPLS)?,
                _ => return Err(self.no_such_test("MPLS label")),
            }
        };
        if let Some(label) = label {
            if label > 0xf_ffff {
                let message = format!("MPLS label {label} is greater than 1048575");
                return Err(self.error(ErrorKind::Value, message));
            }
            let has_label = self.masked(Base::Network, 0, Width::Word, label << 12, 0xffff_f000);
            test = self.graph.and(test, has_label);
        }
        self.layout.network = self.layout.network.wrapping_add(4);
        self.layout.network_after_llc = self.layout.network_after_llc.wrapping_add(4);
        self.layout.mpls_labels += 1;
        Ok(test)
    }

    /// `pppoes [session]`.
    pub(super) fn pppoes(&mut self, session: Option<u32>) -> Result<Test, Error> {
        let mut test = self.link_type(ether::PPPOE_SESSION)?;
        if let Some(session) = session {
            if session > 0xffff {
                let message = format!("PPPoE session {session} is greater than 65535");
                return Err(self.error(ErrorKind::Value, message));
            }
            // libpcap 1.10.3 looks at the word's second half: the payload length, not the session.
            let has_session = self.masked(Base::Network, 0, Width::Word, session, 0xffff);
            test = self.graph.and(test, has_session);
        }
        let layout = &mut self.layout;
        let header = Offset { constant: layout.network_at().wrapping_add(6), ..layout.payload };
        layout.link = LinkType::PPP;
        layout.headers = Headers::Ppp { at: 0 };
        layout.in_geneve = false;
        layout.link_header = header;
        layout.link_type = Some(header);
        // The payload keeps its variable part.
        layout.payload.constant = header.constant.wrapping_add(2);
        layout.network = 0;
        layout.network_after_llc = 0;
        Ok(test)
    }
}
