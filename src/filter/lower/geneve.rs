//! Geneve (RFC 8926): the packet inside becomes the one that the rest of the expression is about.
use super::super::ir::{Test, op, stmt};
use super::super::link::{Base, Offset, Variable, Width, ether};
use super::super::{Dir, Error, ErrorKind};
use super::Lower;
use super::port::Ports;
use crate::bpf::RawInsn;
use crate::wire::{Headers, LinkType};

const UDP: u32 = 17;
const PORT: u32 = 6081;

impl Lower<'_> {
    /// `geneve [vni]`.
    pub(super) fn geneve(&mut self, vni: Option<u32>) -> Result<Test, Error> {
        if let Some(vni) = vni.filter(|&vni| vni > 0xff_ffff) {
            let message = format!("Geneve VNI {vni} is greater than 16777215");
            return Err(self.error(ErrorKind::Value, message));
        }
        // Each branch leaves in A how far its UDP header is from the constant start of the network header.
        let over_ipv4 = self.ports_v4(Ports::One(PORT), Some(UDP), Dir::Dst)?;
        let over_ipv4 = self.geneve_header(over_ipv4, Base::AfterIpv4, vni);
        self.settle(Base::Network);
        let start = self.graph.stmts.len();
        self.layout.load_x_after_ipv4(&mut self.graph.stmts);
        self.graph.stmts.push(stmt(op::TXA, 0));
        let over_ipv4 = self.always(over_ipv4, start);

        let over_ipv6 = self.ports_v6(Ports::One(PORT), Some(UDP), Dir::Dst)?;
        let over_ipv6 = self.geneve_header(over_ipv6, Base::AfterIpv6, vni);
        let start = self.graph.stmts.len();
        if let Some(register) = self.layout.payload.variable.register() {
            self.graph.stmts.push(stmt(op::LDX_MEM, u32::from(register)));
        }
        self.graph.stmts.push(stmt(op::LD_IMM, 40));
        if self.layout.payload.variable.register().is_some() {
            self.graph.stmts.push(stmt(op::ADD_X, 0));
        }
        self.graph.stmts.push(stmt(op::TAX, 0));
        let over_ipv6 = self.always(over_ipv6, start);

        let either = self.graph.or(over_ipv4, over_ipv6);
        let offsets = self.inner_offsets()?;
        let inside = self.constant(true);
        self.graph.prepend(inside.head, &offsets);
        self.layout.in_geneve = true;
        self.opaque = true;
        Ok(self.graph.and(either, inside))
    }

    fn geneve_header(&mut self, ports: Test, base: Base, vni: Option<u32>) -> Test {
        let version = self.masked(base, 8, Width::Byte, 0, 0xc0);
        let mut test = self.graph.and(ports, version);
        if let Some(vni) = vni {
            let has_vni = self.masked(base, 12, Width::Word, vni << 8, 0xffff_ff00);
            test = self.graph.and(test, has_vni);
        }
        test
    }

    /// Statements that run where `test` holds: they leave the same in A and X, which are then compared.
    fn always(&mut self, test: Test, start: usize) -> Test {
        let equal = self.graph.test(start, op::JEQ_X, 0);
        self.graph.and(test, equal)
    }

    /// Code that computes where the inner headers start, and the layout that uses it. A Geneve packet may
    /// carry Ethernet, or the network protocol itself; then the "link header" is as empty as it starts.
    fn inner_offsets(&mut self) -> Result<Vec<RawInsn>, Error> {
        let to_geneve = self.layout.network_at().wrapping_add(8);
        let link_type = self.register()?;
        let link_header = self.register()?;
        let payload = self.register()?;
        let [t, h, p] = [link_type, link_header, payload].map(u32::from);
        let mut is_bridging = stmt(op::JEQ_K, ether::BRIDGING);
        is_bridging.jf = 5;
        let code = vec![
            stmt(op::ADD_K, to_geneve),
            stmt(op::TAX, 0),
            stmt(op::ADD_K, 2),
            stmt(op::ST, t),
            stmt(op::LD_B_IND, 0),
            stmt(op::AND_K, 0x3f),
            stmt(op::MUL_K, 4),
            stmt(op::ADD_K, 8),
            stmt(op::ADD_X, 0),
            stmt(op::ST, h),
            stmt(op::LD_H_IND, 2),
            stmt(op::LDX_MEM, h),
            is_bridging,
            stmt(op::TXA, 0),
            stmt(op::ADD_K, 12),
            stmt(op::ST, t),
            stmt(op::ADD_K, 2),
            stmt(op::TAX, 0),
            stmt(op::STX, p),
        ];
        let at = |register| Offset { constant: 0, variable: Variable::Register(register) };
        self.layout.link = LinkType::ETHERNET;
        self.layout.headers = Headers::Ethernet { at: 0 };
        self.layout.link_header = at(link_header);
        self.layout.link_type = Some(at(link_type));
        self.layout.payload = at(payload);
        self.layout.network = 0;
        Ok(code)
    }

    /// Inside Geneve, the link header is there only if it is not empty.
    pub(super) fn link_header_is_there(&mut self) -> Option<Test> {
        let header = self.layout.link_header.variable.register().filter(|_| self.layout.in_geneve)?;
        let payload = self.layout.payload.variable.register()?;
        let start = self.graph.stmts.len();
        self.graph.stmts.push(stmt(op::LD_MEM, u32::from(header)));
        self.graph.stmts.push(stmt(op::LDX_MEM, u32::from(payload)));
        Some(self.graph.test(start, op::JEQ_X, 0).negate())
    }
}
