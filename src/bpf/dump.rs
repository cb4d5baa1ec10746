//! Programs as text, the three ways `tcpdump -d` prints them.
use super::{Insn, JumpOp, Operand, Program, RawInsn, Size};
use core::fmt::{self, Write as _};

impl Program {
    /// What `tcpdump -d` prints: an assembly listing. Every line ends with a newline.
    ///
    /// ```
    /// use synack::bpf::{Insn, Program, Size};
    /// let program = Program::new([Insn::LoadAbs(Size::Half, 12), Insn::ReturnA].map(Into::into))?;
    /// assert_eq!(program.listing().to_string(), "(000) ldh      [12]\n(001) ret      \n");
    /// assert_eq!(program.c_fragment().to_string(), "{ 0x28, 0, 0, 0x0000000c },\n{ 0x16, 0, 0, 0x00000000 },\n");
    /// assert_eq!(program.decimal().to_string(), "2\n40 0 0 12\n22 0 0 0\n");
    /// # Ok::<(), synack::bpf::InvalidProgram>(())
    /// ```
    pub fn listing(&self) -> impl fmt::Display + '_ {
        let insns = self.raw();
        ByClosure(move |f: &mut fmt::Formatter<'_>| {
            for (at, &raw) in insns.iter().enumerate() {
                write_line(f, at, raw)?;
            }
            Ok(())
        })
    }

    /// What `tcpdump -dd` prints: the elements of a C array of `struct sock_filter`.
    pub fn c_fragment(&self) -> impl fmt::Display + '_ {
        let insns = self.raw();
        ByClosure(move |f: &mut fmt::Formatter<'_>| {
            insns.iter().try_for_each(|RawInsn { code, jt, jf, k }| {
                writeln!(f, "{{ {code:#x}, {jt}, {jf}, {k:#010x} }},")
            })
        })
    }

    /// What `tcpdump -ddd` prints: the number of instructions, then each as four decimal numbers.
    pub fn decimal(&self) -> impl fmt::Display + '_ {
        let insns = self.raw();
        ByClosure(move |f: &mut fmt::Formatter<'_>| {
            writeln!(f, "{}", insns.len())?;
            // A program may be of half a million instructions, so these are not formatted by `write!`.
            let mut digits = itoa::Buffer::new();
            for &RawInsn { code, jt, jf, k } in insns {
                for (number, end) in [(code.into(), ' '), (jt.into(), ' '), (jf.into(), ' '), (k, '\n')] {
                    f.write_str(digits.format::<u32>(number))?;
                    f.write_char(end)?;
                }
            }
            Ok(())
        })
    }
}

/// What a closure writes. (`fmt::from_fn` of newer compilers.)
struct ByClosure<F>(F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for ByClosure<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

/// One line of the listing. libpcap 1.10.3 pads a mnemonic that has no operand, hence trailing spaces, and
/// prints most constants as signed.
fn write_line(f: &mut fmt::Formatter<'_>, at: usize, raw: RawInsn) -> fmt::Result {
    let (mnemonic, operand) = assembly(at, raw);
    match Insn::try_from(raw) {
        Ok(Insn::JumpIf { jt, jf, .. }) => {
            let (jt, jf) = (at + 1 + usize::from(jt), at + 1 + usize::from(jf));
            writeln!(f, "({at:03}) {mnemonic:<8} {operand:<16} jt {jt}\tjf {jf}")
        }
        _ => writeln!(f, "({at:03}) {mnemonic:<8} {operand}"),
    }
}

fn assembly(at: usize, raw: RawInsn) -> (&'static str, String) {
    let Ok(insn) = Insn::try_from(raw) else { return ("unimp", format!("{:#x}", raw.code)) };
    let load = |size: Size| match size {
        Size::Word => "ld",
        Size::Half => "ldh",
        Size::Byte => "ldb",
    };
    let hex = |operand: Operand| match operand {
        Operand::K(k) => format!("#{k:#x}"),
        Operand::X => "x".to_owned(),
    };
    let signed = |operand: Operand| match operand {
        Operand::K(k) => format!("#{}", k as i32),
        Operand::X => "x".to_owned(),
    };
    match insn {
        Insn::LoadAbs(size, k) => (load(size), absolute(k)),
        Insn::LoadInd(size, k) => (load(size), format!("[x + {}]", k as i32)),
        Insn::LoadLen => ("ld", "#pktlen".to_owned()),
        Insn::LoadImm(k) => ("ld", hex(Operand::K(k))),
        Insn::LoadXImm(k) => ("ldx", hex(Operand::K(k))),
        Insn::LoadXMsh(k) => ("ldxb", format!("4*([{}]&0xf)", k as i32)),
        Insn::LoadMem(k) => ("ld", format!("M[{k}]")),
        Insn::LoadXMem(k) => ("ldx", format!("M[{k}]")),
        // libpcap's printer does not know this one.
        Insn::LoadXLen => ("unimp", format!("{:#x}", raw.code)),
        Insn::Store(k) => ("st", format!("M[{k}]")),
        Insn::StoreX(k) => ("stx", format!("M[{k}]")),
        Insn::Alu(op, operand) => {
            use super::AluOp::*;
            match op {
                Add => ("add", signed(operand)),
                Sub => ("sub", signed(operand)),
                Mul => ("mul", signed(operand)),
                Div => ("div", signed(operand)),
                Mod => ("mod", signed(operand)),
                And => ("and", hex(operand)),
                Or => ("or", hex(operand)),
                Xor => ("xor", hex(operand)),
                Lsh => ("lsh", signed(operand)),
                Rsh => ("rsh", signed(operand)),
            }
        }
        Insn::Neg => ("neg", String::new()),
        // The target of a jump backwards wraps in 32 bits like everything else here.
        Insn::Jump(k) => ("ja", format!("{}", (at as u32).wrapping_add(1).wrapping_add(k) as i32)),
        Insn::JumpIf { op, operand, .. } => {
            let mnemonic = match op {
                JumpOp::Eq => "jeq",
                JumpOp::Gt => "jgt",
                JumpOp::Ge => "jge",
                JumpOp::Set => "jset",
            };
            (mnemonic, hex(operand))
        }
        Insn::Return(k) => ("ret", signed(Operand::K(k))),
        Insn::ReturnA => ("ret", String::new()),
        Insn::Tax => ("tax", String::new()),
        Insn::Txa => ("txa", String::new()),
    }
}

/// The operand of an absolute load: an offset, or what ancillary data it asks for.
fn absolute(k: u32) -> String {
    const NAMES: [&str; 16] = [
        "proto",
        "type",
        "ifidx",
        "nla",
        "nlan",
        "mark",
        "queue",
        "hatype",
        "rxhash",
        "cpu",
        "xor_x",
        "vlan_tci",
        "vlanp",
        "poff",
        "random",
        "vlan_tpid",
    ];
    let name = k
        .checked_sub(Insn::ANCILLARY)
        .filter(|index| index.is_multiple_of(4))
        .and_then(|index| NAMES.get(index as usize / 4));
    match name {
        Some(name) => format!("[{name}]"),
        None => format!("[{}]", k as i32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::AluOp;

    #[test]
    fn prints_every_mnemonic_as_tcpdump_does() {
        let jump = |op, operand| Insn::JumpIf { op, operand, jt: 0, jf: 0 };
        let insns = [
            (Insn::LoadAbs(Size::Word, 26), "ld       [26]"),
            (Insn::LoadAbs(Size::Byte, Insn::ANCILLARY + 48), "ldb      [vlanp]"),
            (Insn::LoadInd(Size::Half, 14), "ldh      [x + 14]"),
            (Insn::LoadLen, "ld       #pktlen"),
            (Insn::LoadImm(16), "ld       #0x10"),
            (Insn::LoadXImm(0), "ldx      #0x0"),
            (Insn::Store(1), "st       M[1]"),
            (Insn::StoreX(1), "stx      M[1]"),
            (Insn::LoadMem(1), "ld       M[1]"),
            (Insn::LoadXMem(1), "ldx      M[1]"),
            (Insn::LoadXMsh(14), "ldxb     4*([14]&0xf)"),
            (Insn::Alu(AluOp::Add, Operand::K(u32::MAX)), "add      #-1"),
            (Insn::Alu(AluOp::And, Operand::K(u32::MAX)), "and      #0xffffffff"),
            (Insn::Alu(AluOp::Rsh, Operand::X), "rsh      x"),
            (Insn::Neg, "neg      "),
            (Insn::Jump(1), "ja       17"),
            (jump(JumpOp::Eq, Operand::K(0x800)), "jeq      #0x800           jt 17\tjf 17"),
            (jump(JumpOp::Set, Operand::X), "jset     x                jt 18\tjf 18"),
            (Insn::Tax, "tax      "),
            (Insn::Txa, "txa      "),
            (Insn::LoadXLen, "unimp    0x81"),
            (Insn::Return(262_144), "ret      #262144"),
            (Insn::ReturnA, "ret      "),
        ];
        let raw: Vec<RawInsn> = insns.iter().map(|&(insn, _)| insn.into()).collect();
        let listing = Program::new(raw).unwrap().listing().to_string();
        for (at, (line, (_, expected))) in listing.lines().zip(insns).enumerate() {
            assert_eq!(line, format!("({at:03}) {expected}"));
        }
    }
}
