//! Interfaces with headers of their own: a tun device that calls itself whatever hardware it is told.
#![allow(unsafe_code, reason = "one ioctl that no crate wraps")]
use std::fs::File;
use std::os::fd::AsRawFd;

use super::*;
use crate::cli::SYNACK;
use synack::LinkType;
use synack::filter::Filter;

const TUNSETIFF: libc::Ioctl = 0x4004_54ca;
const TUNSETLINK: libc::Ioctl = 0x4004_54cd;

/// The device `odd0`; `None` where there is none to be had.
struct Tun(File);

impl Tun {
    fn new() -> Option<Self> {
        let file = File::options().read(true).write(true).open("/dev/net/tun").ok()?;
        // A `struct ifreq`: the name, then flags: IFF_TUN, IFF_NO_PI.
        let mut request = [0_u8; 40];
        request[..4].copy_from_slice(b"odd0");
        request[16..18].copy_from_slice(&0x1001_u16.to_ne_bytes());
        // SAFETY: the request is as long as the kernel reads and writes.
        let done = unsafe { libc::ioctl(file.as_raw_fd(), TUNSETIFF, request.as_mut_ptr()) };
        (done == 0).then_some(Self(file))
    }

    fn set_hardware(&self, arphrd: u16) {
        ip("link set odd0 down");
        // SAFETY: the argument is a number, and none that the kernel keeps a reference to.
        let done = unsafe { libc::ioctl(self.0.as_raw_fd(), TUNSETLINK, libc::c_ulong::from(arphrd)) };
        assert_eq!(done, 0, "{arphrd}");
        ip("link set odd0 up");
    }

    /// As if it had arrived on the interface.
    fn receive(&self, packet: &[u8]) {
        (&self.0).write_all(packet).expect("the device takes it");
    }
}

/// What a program lists as an interface's link types.
fn listed(program: &str) -> Option<String> {
    let output = Command::new(program).args(["-i", "odd0", "-L"]).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn hardware_with_headers_of_its_own_has_the_link_type_that_libpcap_gives_it() {
    let name = "live::link_types::hardware_with_headers_of_its_own_has_the_link_type_that_libpcap_gives_it";
    in_namespace(name, || {
        let tun = Tun::new();
        if !needs::allowed("a tun device", tun.is_some()) {
            return;
        }
        let tun = tun.expect("it is there");
        let tcpdump = needs::tcpdump();
        let mut packet = vec![0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0x66, 0xce, 10, 0, 0, 1, 10, 0, 0, 2];
        packet.extend([0, 7, 0, 9, 0, 8, 0, 0]);
        for hardware in
            [826, 280, 824, 804, 770, 513, 774, 800, 7, 18, 783, 8445, 801, 1, 512, 65534, 778, 12345]
        {
            tun.set_hardware(hardware);
            let ours = listed(SYNACK).expect("the program runs");
            let types = |text: &str| text.lines().filter(|line| line.starts_with("  ")).count();
            let first = ours.lines().find_map(|line| line.strip_prefix("  ")).expect("a link type");
            if let Some(theirs) = listed("tcpdump").filter(|text| tcpdump && types(text) > 0) {
                let theirs = theirs.lines().find_map(|line| line.strip_prefix("  ")).expect("a link type");
                // tcpdump may add that it cannot print it.
                assert!(theirs.starts_with(first), "{hardware}: {theirs}, not {first}");
            }
            let told = ours.contains("are not known; packets get cooked ones");
            assert_eq!(told, matches!(hardware, 778 | 12345), "{hardware}: {ours}");

            let link = Capture::builder("odd0").resolve_link_type().expect("link type");
            assert_eq!(link.to_string(), first);
            // Behind the cooked header, where there is one.
            let header = match link {
                LinkType::LINUX_SLL | LinkType::NETLINK | LinkType::LINUX_IRDA | LinkType::LINUX_LAPD => 16,
                _ => 0,
            };
            // The kernel's length is that of the packet without it, for libpcap too.
            let text = format!("link[{}:4] = 0x0a000002 and len = 28", header + 16);
            let filter = Filter::builder().live(true).compile(&text, link).expect("no header is asked for");
            let builder = Capture::builder("odd0").filter(filter.program());
            let mut capture = builder.open().expect("capture");
            tun.receive(&packet);
            let got = capture.next_packet().expect("capture").expect("a packet");
            assert_eq!((got.link, got.data.len()), (link, header + 28), "{hardware}");
            assert_eq!(&got.data[header..], packet, "{hardware}");
        }
    });
}
