//! The pcap filter language, compiled to classic BPF.
//!
//! A text passes through these stages; each file does one and knows nothing of the later ones:
//!
//! | file | from → to | never |
//! | --- | --- | --- |
//! | `token` | text → tokens with spans | looks ahead more than one token |
//! | `parser` | tokens → [`Ast`] | knows link types, looks names up |
//! | `ast` | the tree | recurses |
//! | `names` | names → numbers, by a caller-given [`Resolver`] | does I/O |
//! | `lower`, `link` | [`Ast`] → intermediate code for one link type | knows the text |
//! | `optimize` | intermediate code → less of it | changes a verdict |
//! | `codegen` | intermediate code → [`Program`] | drops or adds a test |
//! | `advice` | a refusal → what to type instead | changes what is refused |
//!
//! A new test is a word in `token`, a rule in `parser/primitive`, a node in `ast/mod` and `ast/print`, and a file
//! in `lower/` that `lower/mod` calls (with a loop: as `lower/chain`).
//!
//! The semantics are those of libpcap 1.10.3, see pcap-filter(7).
mod advice;
mod ast;
mod codegen;
mod error;
mod ir;
mod link;
mod lower;
mod names;
mod optimize;
mod parser;
mod token;

pub use ast::{
    Arith, ArithId, ArithNode, ArithOp, Ast, ByteOp, Dir, Id, IdType, LlcKind, LoadSize, Node, NodeId,
    NodeKind, Primitive, Proto, Quals, RelOp,
};
pub use error::{Error, ErrorKind, Span, nearest};
pub use names::{NoResolver, Resolver, Service};

use crate::bpf::{MAX_KERNEL_INSNS, Program};
use crate::wire::LinkType;
use core::fmt;
use lower::Settings;
use std::net::Ipv4Addr;

/// Parses an expression without compiling it.
///
/// ```
/// use synack::filter::Ast;
/// let ast: Ast = "tcp src port 80 or 443 and not host 10.1.2.3".parse()?;
/// assert_eq!(ast.to_string(), "tcp src port 80 or tcp src port 443 and not host 10.1.2.3");
/// # Ok::<(), synack::filter::Error>(())
/// ```
impl core::str::FromStr for Ast {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parser::parse(text)
    }
}

/// A compiled filter.
///
/// ```
/// use synack::{filter::Filter, LinkType};
/// let filter = Filter::compile("tcp dst port 80 and host 10.0.0.1", LinkType::RAW)?;
/// let mut packet = [0; 40];
/// packet[0] = 0x45; // IPv4, a header of 20 bytes
/// packet[9] = 6; // TCP
/// packet[12..16].copy_from_slice(&[10, 0, 0, 1]);
/// packet[22..24].copy_from_slice(&80_u16.to_be_bytes());
/// assert!(filter.matches(&packet, 40));
/// packet[23] = 81;
/// assert!(!filter.matches(&packet, 40));
/// # Ok::<(), synack::filter::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Filter {
    ast: Ast,
    program: Program,
    user_space: Option<&'static str>,
}

impl Filter {
    /// Compiles an expression for packets of a link type, with the defaults of [`Filter::builder`].
    ///
    /// # Errors
    /// When libpcap would refuse the expression, or it needs a name looked up and there is no resolver.
    pub fn compile(text: &str, link: LinkType) -> Result<Self, Error> {
        Self::builder().compile(text, link)
    }

    /// Settings for a compilation: optimised, for a file, whole packets, no netmask, no names.
    pub fn builder<'a>() -> FilterBuilder<'a> {
        FilterBuilder {
            optimize: true,
            has_resolver: false,
            settings: Settings {
                snaplen: 262_144,
                netmask: None,
                resolver: &NoResolver,
                live: false,
                stripped_vlan: true,
                swapped: false,
            },
        }
    }

    /// Whether a packet matches; `wire_len` is its length before it was cut to `data`.
    pub fn matches(&self, data: &[u8], wire_len: u32) -> bool {
        self.program.run(data, wire_len) != 0
    }

    /// The program, for packets with their link-layer header.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Whether the kernel cannot run the filter, so that user space has to.
    pub fn user_space_only(&self) -> bool {
        self.user_space.is_some()
    }

    /// Why the kernel cannot run the filter, in words for the user.
    ///
    /// ```
    /// use synack::{filter::Filter, LinkType};
    /// let loops = Filter::compile("ip6 protochain 6", LinkType::RAW)?;
    /// let reason = "'protochain' needs a loop, which the kernel does not run";
    /// assert_eq!(loops.user_space_reason(), Some(reason));
    /// assert_eq!(Filter::compile("tcp", LinkType::RAW)?.user_space_reason(), None);
    /// # Ok::<(), synack::filter::Error>(())
    /// ```
    pub fn user_space_reason(&self) -> Option<&'static str> {
        self.user_space
    }
}

/// Why a program is not the kernel's that has too many instructions: see [`Filter::user_space_reason`].
pub const TOO_LONG: &str = "the program is longer than the 4,096 instructions that the kernel takes";

/// Prints the expression with every qualifier spelled out.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ast.fmt(f)
    }
}

/// Settings for compiling a filter.
#[derive(Clone, Copy)]
pub struct FilterBuilder<'a> {
    optimize: bool,
    has_resolver: bool,
    settings: Settings<'a>,
}

impl std::fmt::Debug for FilterBuilder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilterBuilder").field("optimize", &self.optimize).finish_non_exhaustive()
    }
}

impl<'a> FilterBuilder<'a> {
    /// Whether to optimise. Without, a filter that can never match is not refused.
    #[must_use]
    pub fn optimize(mut self, on: bool) -> Self {
        self.optimize = on;
        self
    }

    /// What the program returns for a packet that matches: how many bytes to keep.
    #[must_use]
    pub fn snaplen(mut self, bytes: u32) -> Self {
        self.settings.snaplen = bytes;
        self
    }

    /// The netmask of the interface, for `ip broadcast`.
    #[must_use]
    pub fn netmask(mut self, mask: Option<Ipv4Addr>) -> Self {
        self.settings.netmask = mask;
        self
    }

    /// Who looks names up.
    #[must_use]
    pub fn resolver<'b>(self, resolver: &'b dyn Resolver) -> FilterBuilder<'b>
    where
        'a: 'b,
    {
        let settings = Settings { resolver, ..self.settings };
        FilterBuilder { optimize: self.optimize, has_resolver: true, settings }
    }

    /// Whether the filter is for a live capture: VLAN tags and directions then come from the kernel.
    #[must_use]
    pub fn live(mut self, on: bool) -> Self {
        self.settings.live = on;
        self
    }

    /// Whether the kernel takes the outermost VLAN tag off the packets of a live capture; it does, unless told
    /// otherwise here. tcpdump shows programs for no capture in particular (`-d -y`) without.
    ///
    /// ```
    /// use synack::{filter::Filter, LinkType};
    /// let live = Filter::builder().live(true);
    /// let length = |builder: synack::filter::FilterBuilder<'_>| -> Result<usize, synack::filter::Error> {
    ///     Ok(builder.compile("vlan", LinkType::ETHERNET)?.program().raw().len())
    /// };
    /// assert_eq!((length(live)?, length(live.stripped_vlan(false))?), (8, 6));
    /// # Ok::<(), synack::filter::Error>(())
    /// ```
    #[must_use]
    pub fn stripped_vlan(mut self, on: bool) -> Self {
        self.settings.stripped_vlan = on;
        self
    }

    /// Whether the filter is for a file from a machine of the other byte order. It matters where the
    /// link-layer header holds a number in the capturing machine's order ([`LinkType::NULL`]).
    #[must_use]
    pub fn swapped(mut self, on: bool) -> Self {
        self.settings.swapped = on;
        self
    }

    /// Compiles.
    ///
    /// # Errors
    /// When libpcap would refuse the expression, or a name in it is unknown.
    pub fn compile(self, text: &str, link: LinkType) -> Result<Filter, Error> {
        self.compile_inner(text, link).map_err(|error| {
            let advice = advice::advise(&error, text, self, link);
            error.in_text(text).with_advice(advice)
        })
    }

    fn compile_inner(self, text: &str, link: LinkType) -> Result<Filter, Error> {
        if !link.is_assigned() {
            let text = format!("unknown data link type {} (min 104, max 289)", link.0);
            return Err(Error::new(ErrorKind::LinkType, text, None));
        }
        let ast = parser::parse(text)?;
        let lowered = lower::lower(&ast, link, self.settings)?;
        let mut graph = lowered.graph;
        if self.optimize && !lowered.opaque {
            optimize::optimize(&mut graph)?;
            let root = &graph.blocks[graph.root as usize];
            if root.is_return() && root.k == 0 {
                return Err(Error::new(ErrorKind::RejectsAll, "expression rejects all packets", None));
            }
        }
        let too_complex = |_| Error::new(ErrorKind::TooComplex, "the filter is too complex", None);
        let program = Program::for_user_space(codegen::emit(&graph)).map_err(too_complex)?;
        let user_space = if !program.user_space_only() {
            None
        } else if lowered.user_space.is_some() {
            lowered.user_space
        } else if program.raw().len() > MAX_KERNEL_INSNS {
            Some(TOO_LONG)
        } else {
            Some("the kernel does not accept the program")
        };
        Ok(Filter { ast, program, user_space })
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod verdicts;
