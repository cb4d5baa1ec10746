//! Which connections the processes of a control group have: a program that the kernel runs for each of
//! their packets writes down the addresses and ports (bpf(2), cgroups(7)).
use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// What is written down of a packet: source and destination, the ports as they stand in the packet, and
/// the version of IP. Addresses of version 4 are the first four bytes of their field.
pub(crate) const KEY: usize = 40;
/// A key.
pub(crate) type Key = [u8; KEY];

/// Pairs that are written down at most.
pub(crate) const MOST: u32 = 1 << 16;

/// An instruction of the kernel's machine, as `struct bpf_insn` has it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
struct Insn {
    code: u8,
    /// The destination in the low half, the source in the high one: on this machine's byte order.
    registers: u8,
    off: i16,
    imm: i32,
}

const fn insn(code: u8, dst: u8, src: u8, off: i16, imm: i32) -> Insn {
    let registers = if cfg!(target_endian = "little") { src << 4 | dst } else { dst << 4 | src };
    Insn { code, registers, off, imm }
}

/// `dst = imm`.
const fn set(dst: u8, imm: i32) -> Insn {
    insn(0xb7, dst, 0, 0, imm)
}

/// `dst = src`.
const fn copy(dst: u8, src: u8) -> Insn {
    insn(0xbf, dst, src, 0, 0)
}

/// The frame pointer, below which the stack lies.
const FRAME: u8 = 10;
/// Where on the stack the key is, and a word beside it.
const AT_KEY: i16 = -40;
const AT_WORD: i16 = -48;

/// Loads `len` bytes of the packet from `dst = r7` on to a place on the stack; leaves where that fails.
/// The packet is in `r6`, and begins with its IP header.
const fn load(at: i16, len: i32, leave: i16) -> [Insn; 7] {
    [
        copy(1, 6),
        copy(2, 7),
        copy(3, FRAME),
        insn(0x07, 3, 0, 0, at as i32),
        set(4, len),
        // bpf_skb_load_bytes
        insn(0x85, 0, 0, 0, 26),
        insn(0x55, 0, 0, leave, 0),
    ]
}

/// The program. `map`: the file descriptor of the map that it writes into.
fn program(map: i32) -> Vec<Insn> {
    let mut code = vec![copy(6, 1)];
    for at in (AT_WORD..0).step_by(8) {
        code.push(insn(0x7a, FRAME, 0, at, 0));
    }
    // Jumps to the end are filled in when it is known where that is.
    const END: i16 = i16::MAX;
    let take = |code: &mut Vec<Insn>, from: Option<i32>, at, len| {
        code.extend(from.map(|from| set(7, from)));
        code.extend(load(at, len, END));
    };
    // The version of IP into r8, and into the key.
    take(&mut code, Some(0), AT_WORD, 1);
    code.push(insn(0x71, 9, FRAME, AT_WORD, 0));
    code.push(copy(8, 9));
    code.push(insn(0x77, 8, 0, 0, 4));
    code.push(insn(0x63, FRAME, 8, AT_KEY + 36, 0));
    // Where version 4 begins is filled in below, too.
    code.push(insn(0x15, 8, 0, 0, 4));
    code.push(insn(0x55, 8, 0, END, 6));
    // Version 6: TCP, addresses, and the ports behind the header.
    let six = code.len();
    take(&mut code, Some(6), AT_WORD, 1);
    code.push(insn(0x71, 1, FRAME, AT_WORD, 0));
    code.push(insn(0x55, 1, 0, END, 6));
    take(&mut code, Some(8), AT_KEY, 32);
    code.push(set(9, 40));
    let over = code.len();
    code.push(insn(0x05, 0, 0, 0, 0));
    // Version 4: TCP, addresses, and how long the header is.
    let four = code.len();
    take(&mut code, Some(9), AT_WORD, 1);
    code.push(insn(0x71, 1, FRAME, AT_WORD, 0));
    code.push(insn(0x55, 1, 0, END, 6));
    take(&mut code, Some(12), AT_KEY, 4);
    take(&mut code, Some(16), AT_KEY + 16, 4);
    code.push(insn(0x57, 9, 0, 0, 15));
    code.push(insn(0x67, 9, 0, 0, 2));
    // Both: the ports, and the key into the map.
    let both = code.len();
    code.push(copy(7, 9));
    take(&mut code, None, AT_KEY + 32, 4);
    code.extend([insn(0x18, 1, 1, 0, map), insn(0, 0, 0, 0, 0)]);
    code.extend([copy(2, FRAME), insn(0x07, 2, 0, 0, i32::from(AT_KEY))]);
    code.extend([copy(3, FRAME), insn(0x07, 3, 0, 0, i32::from(AT_WORD)), set(4, 0)]);
    // bpf_map_update_elem
    code.push(insn(0x85, 0, 0, 0, 2));
    // Whatever it is, it may pass.
    let end = code.len();
    code.extend([set(0, 1), insn(0x95, 0, 0, 0, 0)]);
    let distance = |from: usize, to: usize| i16::try_from(to - from - 1).unwrap_or(0);
    code[six - 2].off = distance(six - 2, four);
    code[over].off = distance(over, both);
    for (at, insn) in code.iter_mut().enumerate() {
        if insn.off == END {
            insn.off = distance(at, end);
        }
    }
    code
}

#[repr(C)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    map_flags: u32,
}

#[repr(C)]
struct MapElement {
    map: u32,
    padding: u32,
    key: u64,
    next_key: u64,
    flags: u64,
}

#[repr(C)]
struct ProgramLoad {
    kind: u32,
    insn_count: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
    name: [u8; 16],
    ifindex: u32,
    expected_attach_type: u32,
}

#[repr(C)]
struct LinkCreate {
    program: u32,
    target: u32,
    attach_type: u32,
    flags: u32,
}

const _: () = assert!(size_of::<Insn>() == 8);
const _: () = assert!(size_of::<MapElement>() == 32 && size_of::<ProgramLoad>() == 72);

/// One call of bpf(2).
///
/// # Safety
/// `attributes` are those of the command, and its addresses those of memory that the command may use.
unsafe fn bpf<T>(command: libc::c_int, attributes: &T) -> io::Result<libc::c_int> {
    // SAFETY: the kernel reads the attributes, which are so long; what they point to is the caller's word.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, &raw const *attributes, size_of::<T>()) };
    match libc::c_int::try_from(result) {
        Ok(result) if result >= 0 => Ok(result),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Makes something of which there is a file descriptor.
///
/// # Safety
/// As [`bpf`], and the command makes a file descriptor.
unsafe fn make<T>(command: libc::c_int, attributes: &T) -> io::Result<OwnedFd> {
    // SAFETY: the caller's word.
    let fd = unsafe { bpf(command, attributes)? };
    // SAFETY: the command made it: it is open, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn number(fd: &impl AsRawFd) -> u32 {
    fd.as_raw_fd().cast_unsigned()
}

/// Pairs of ends that processes of a group sent to or received from; as long as it lives more are
/// written down.
#[derive(Debug)]
pub(crate) struct Watch {
    map: OwnedFd,
    _links: [OwnedFd; 2],
}

impl Watch {
    /// Watches the group whose folder this is. Needs `CAP_BPF` and `CAP_NET_ADMIN`, and Linux 5.7.
    pub(crate) fn group(folder: BorrowedFd<'_>) -> io::Result<Self> {
        // BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC
        let attributes =
            MapCreate { map_type: 1, key_size: 40, value_size: 8, max_entries: MOST, map_flags: 1 };
        // SAFETY: BPF_MAP_CREATE has these attributes and no address.
        let map = unsafe { make(0, &attributes)? };
        let code = program(map.as_raw_fd());
        let license = c"MIT";
        let attributes = ProgramLoad {
            // BPF_PROG_TYPE_CGROUP_SKB
            kind: 8,
            insn_count: u32::try_from(code.len()).unwrap_or(0),
            insns: code.as_ptr() as u64,
            license: license.as_ptr() as u64,
            log_level: 0,
            log_size: 0,
            log: 0,
            kernel_version: 0,
            flags: 0,
            name: *b"synack_lab\0\0\0\0\0\0",
            ifindex: 0,
            expected_attach_type: 0,
        };
        // SAFETY: BPF_PROG_LOAD reads so many instructions and a text that ends with NUL; both live on.
        let program = unsafe { make(5, &attributes)? };
        let attach = |attach_type| {
            let (program, target) = (number(&program), number(&folder));
            // SAFETY: BPF_LINK_CREATE has these attributes and no address.
            unsafe { make(28, &LinkCreate { program, target, attach_type, flags: 0 }) }
        };
        // BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS
        Ok(Self { _links: [attach(0)?, attach(1)?], map })
    }

    /// What was written down so far.
    pub(crate) fn keys(&self) -> io::Result<Vec<Key>> {
        let mut keys: Vec<Key> = Vec::new();
        let mut next = [0; KEY];
        loop {
            let before = keys.last().map_or(0, |key| key.as_ptr() as u64);
            let attributes = MapElement {
                map: number(&self.map),
                padding: 0,
                key: before,
                next_key: next.as_mut_ptr() as u64,
                flags: 0,
            };
            // SAFETY: BPF_MAP_GET_NEXT_KEY reads a key, or nothing at address 0, and writes one.
            match unsafe { bpf(4, &attributes) } {
                Ok(_) => keys.push(next),
                Err(e) if e.raw_os_error() == Some(libc::ENOENT) => return Ok(keys),
                Err(e) => return Err(e),
            }
            if keys.len() > MOST as usize {
                // A key that goes away while it is asked for begins the walk anew: nothing goes away here.
                return Ok(keys);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_jump_lands_on_an_instruction() {
        let code = program(3);
        for (at, insn) in code.iter().enumerate().filter(|(_, insn)| matches!(insn.code, 0x05 | 0x15 | 0x55))
        {
            let to = at + 1 + usize::try_from(insn.off).unwrap();
            assert!(to < code.len() && to > at, "{at} to {to}");
            // The second half of a wide one is none.
            assert!(code[to].code != 0, "{at} to {to}");
        }
    }
}
