//! `protochain`: follows extension headers with a loop, which only user space can run.
use super::super::ir::{Test, op, stmt};
use super::super::link::{Variable, ether};
use super::super::{Error, ErrorKind, Proto, Quals};
use super::Lower;
use crate::bpf::RawInsn;

const NO_NEXT_HEADER: u32 = 59;
const AUTHENTICATION: u32 = 51;
/// Hop-by-hop options, destination options, routing, fragment: their second byte is their length.
const IPV6_EXTENSIONS: [u32; 4] = [0, 60, 43, 44];

impl Lower<'_> {
    /// `[ip|ip6] protochain n`.
    pub(super) fn protochain(&mut self, quals: Quals, number: u32) -> Result<Test, Error> {
        match quals.proto {
            None => {
                // libpcap takes a register here and never gives it back, which bounds how often this works.
                self.register()?;
                let ipv4 = self.chain(false, number)?;
                let ipv6 = self.chain(true, number)?;
                Ok(self.graph.or(ipv4, ipv6))
            }
            Some(Proto::Ip) => self.chain(false, number),
            Some(Proto::Ip6) => self.chain(true, number),
            Some(proto) => {
                Err(self.error(ErrorKind::Qualifier, format!("'{proto}' cannot qualify 'protochain'")))
            }
        }
    }

    fn chain(&mut self, ipv6: bool, number: u32) -> Result<Test, Error> {
        let register = self.register()?;
        if self.layout.payload.variable != Variable::No {
            let message = "'protochain' does not work after a header of variable length";
            return Err(self.error(ErrorKind::LinkType, message));
        }
        self.opaque = true;
        self.user_space = Some("'protochain' needs a loop, which the kernel does not run");
        let carried = self.link_type(if ipv6 { ether::IPV6 } else { ether::IPV4 })?;
        let code = walk(ipv6, self.layout.network_at(), u32::from(register), number);
        let start = self.graph.stmts.len();
        self.graph.stmts.extend_from_slice(&code);
        let test = self.graph.test(start, op::JEQ_K, number);
        self.registers.release(register);
        Ok(self.graph.and(carried, test))
    }
}

/// Steps over an IPv6 extension header.
fn over_extension(network: u32, scratch: u32) -> [RawInsn; 8] {
    [
        stmt(op::LD_B_IND, network),
        stmt(op::ST, scratch),
        stmt(op::LD_B_IND, network.wrapping_add(1)),
        stmt(op::ADD_K, 1),
        stmt(op::MUL_K, 8),
        stmt(op::ADD_X, 0),
        stmt(op::TAX, 0),
        stmt(op::LD_MEM, scratch),
    ]
}

/// Steps over an authentication header.
fn over_authentication(network: u32, scratch: u32) -> [RawInsn; 11] {
    [
        stmt(op::TXA, 0),
        stmt(op::LD_B_IND, network),
        stmt(op::ST, scratch),
        stmt(op::TXA, 0),
        stmt(op::ADD_K, 1),
        stmt(op::TAX, 0),
        stmt(op::LD_B_IND, network),
        stmt(op::ADD_K, 2),
        stmt(op::MUL_K, 4),
        stmt(op::TAX, 0),
        stmt(op::LD_MEM, scratch),
    ]
}

/// The loop. A is the number of the next header, X its distance from the network header; at the end A is
/// `number`, or whatever stopped the walk.
fn walk(ipv6: bool, network: u32, scratch: u32, number: u32) -> Vec<RawInsn> {
    /// Where A is looked at anew.
    const AGAIN: usize = 2;
    /// The length of the code that steps over an authentication header and goes back.
    const STEP: usize = 12;
    /// The length of the code that steps over an IPv6 extension header and goes back.
    const IPV6_STEP: usize = 9;

    let mut code = if ipv6 {
        vec![stmt(op::LD_B_ABS, network.wrapping_add(6)), stmt(op::LDX_IMM, 40)]
    } else {
        vec![stmt(op::LD_B_ABS, network.wrapping_add(9)), stmt(op::LDX_MSH, network)]
    };
    let again = |code: &Vec<RawInsn>| stmt(op::JA, (AGAIN as u32).wrapping_sub(code.len() as u32 + 1));
    // The end is known beforehand: the authentication step is the last.
    let authentication = if ipv6 { 4 + IPV6_EXTENSIONS.len() + IPV6_STEP } else { 5 };
    let end = authentication + 1 + STEP;
    let branch = |code: &Vec<RawInsn>, k, jt: usize, jf: usize| RawInsn {
        code: op::JEQ_K,
        jt: (jt - code.len() - 1) as u8,
        jf: (jf - code.len() - 1) as u8,
        k,
    };
    code.push(branch(&code, number, end, 3));
    code.push(branch(&code, NO_NEXT_HEADER, end, 4));
    if ipv6 {
        let step = 4 + IPV6_EXTENSIONS.len();
        for extension in IPV6_EXTENSIONS {
            let otherwise = if code.len() + 1 < step { code.len() + 1 } else { authentication };
            code.push(branch(&code, extension, step, otherwise));
        }
        code.extend(over_extension(network, scratch));
        code.push(again(&code));
    } else {
        code.push(stmt(op::ADD_K, 0));
    }
    code.push(branch(&code, AUTHENTICATION, authentication + 1, end));
    code.extend(over_authentication(network, scratch));
    code.push(again(&code));
    code.push(stmt(op::ADD_K, 0));
    code
}
