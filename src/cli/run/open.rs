//! Opening what is captured from: the interfaces of the command line, by either engine, and what
//! netfilter logs.
use std::time::Duration;

use synack::LinkType;
use synack::capture::{self, FilterMode, Live};
use synack::filter::TOO_LONG;

use super::crew;
use super::filter::Origin;
use crate::cli::args::checked::{Config, Engine, Task, Ways};
use crate::cli::command::list::hidden_headers;
use crate::cli::failure::{Failure, printable, say};
use crate::cli::output;
use crate::cli::signal::Starting;

/// Bytes of ring of all interfaces together, unless asked otherwise.
const BUFFERS: usize = 128 << 20;

/// How long packets may gather in the kernel when they are only written to a file; a stop waits
/// as long at most.
const UNSEEN: Duration = Duration::from_millis(50);

/// A capture, and what there is to say of how it was opened.
struct Opened {
    capture: Box<dyn Live>,
    news: Vec<String>,
}

/// The interfaces to capture from: those named, or the first of the list.
pub(super) fn interfaces(wanted: &[String]) -> Result<Vec<String>, Failure> {
    if !wanted.is_empty() {
        return Ok(wanted.to_vec());
    }
    let first = capture::interfaces()?.into_iter().next();
    first.map(|i| vec![i.name]).ok_or_else(|| Failure::new("no interfaces available for capture"))
}

/// tcpdump captures cooked frames of version 2 from `any` unless told otherwise.
pub(super) fn cooked(wanted: &[String]) -> Option<LinkType> {
    wanted.iter().any(|name| name == capture::ANY).then_some(LinkType::LINUX_SLL2)
}

/// Bytes of ring each of so many interfaces gets, where they must share.
fn share(config: &Config, count: usize) -> Option<usize> {
    let each = BUFFERS / count.max(1);
    let shares = config.capture.buffer.is_none() && config.capture.engine == Engine::Packet;
    if !shares || each >= capture::CaptureBuilder::BUFFER_SIZE {
        return None;
    }
    let (all, kib) = (BUFFERS >> 20, each >> 10);
    say(format_args!("synack: {count} interfaces share {all} MiB of buffer, {kib} KiB each; -B is for each"));
    Some(each)
}

/// Opens every interface; stops between two of them when `starting` is told to.
pub(super) fn each(
    config: &Config,
    names: &[String],
    starting: Option<&Starting>,
) -> Result<Vec<Box<dyn Live>>, Failure> {
    let (share, is_stopped) = (share(config, names.len()), || starting.is_some_and(Starting::is_stopped));
    let opened = crew::each(names, |name| (!is_stopped()).then(|| open(config, name, share)));
    let (mut sources, mut failed) = (Vec::new(), None);
    for opened in opened.into_iter().flatten() {
        match opened {
            Ok(Opened { capture, news }) => {
                news.iter().for_each(|news| say(format_args!("synack: {news}")));
                sources.push(capture);
            }
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    if let Some(starting) = starting {
        starting.obey(|| crew::close(sources.drain(..)));
    }
    if let Some(failure) = failed {
        crew::close(sources.into_iter());
        return Err(failure);
    }
    Ok(sources)
}

/// A pcap file holds packets of one link type.
pub(super) fn refuse_mixture(config: &Config, sources: &[Box<dyn Live>]) -> Result<(), Failure> {
    let write = config.write.as_ref().filter(|write| !write.is_pcapng());
    let Some((_, [first, others @ ..])) = write.zip(Some(sources)) else { return Ok(()) };
    let Some(other) = others.iter().find(|other| other.link_type() != first.link_type()) else {
        return Ok(());
    };
    let [a, b] = [first, other].map(|source| source.interface().label());
    Err(Failure::new(format!(
        "{b} has link type {}, {a} has {}: a pcap file can't hold both; use --pcapng",
        other.link_type(),
        first.link_type()
    )))
}

fn open(config: &Config, name: &str, share: Option<usize>) -> Result<Opened, Failure> {
    let options = &config.capture;
    if capture::LogCapture::is_meant(name) {
        return open_log(config, name);
    }
    if options.engine == Engine::Raw {
        return open_raw(config, name);
    }
    let mut builder = capture::Capture::builder(name)
        .snaplen(options.snaplen)
        .promiscuous(options.promiscuous)
        .direction(match options.ways {
            Ways::In => capture::Ways::In,
            Ways::Out => capture::Ways::Out,
            Ways::Both => capture::Ways::InOut,
        });
    if let Some(bytes) = options.buffer.or(share) {
        builder = builder.buffer_size(bytes);
    }
    if options.immediate || config.display.line_buffered || output::is_terminal() {
        // Somebody waits for each line.
        builder = builder.timeout(Duration::from_millis(1));
    }
    if let Some(link) = config.filter.link {
        builder = builder.link_type(link);
    }
    if config.write.as_ref().is_some_and(|write| !write.print && !options.immediate) {
        // Nobody looks on: fuller blocks hold more in the ring when the disk stalls.
        builder = builder.timeout(UNSEEN);
    }
    let mut select = super::select(config, options.snaplen)?;
    let mut reason = None;
    if config.task == Task::Run && !select.is_empty() {
        // In place before the first packet, so that nothing else is counted.
        let link = builder.resolve_link_type().map_err(|e| Failure::from_capture(&e))?;
        let filter = select.filter(link, Origin::Live)?;
        reason = filter.user_space_reason();
        builder = builder.filter(filter.program());
    }
    let capture = builder.open().map_err(|e| Failure::from_capture(&e))?;
    let news = [
        hidden_headers(capture.interface()),
        smaller_buffer(options.buffer, capture.buffer_size(), capture.interface()),
        where_the_filter_runs(config, capture.interface(), &capture.filter_mode(), reason),
    ];
    Ok(Opened { capture: Box::new(capture), news: news.into_iter().flatten().collect() })
}

/// That a filter runs after the ring, and why: with `-v`, or where its length is all that is wrong,
/// for then another would be quicker.
fn where_the_filter_runs(
    config: &Config,
    interface: &capture::Interface,
    mode: &FilterMode,
    reason: Option<&str>,
) -> Option<String> {
    if *mode == FilterMode::Kernel || config.display.verbose == 0 && reason != Some(TOO_LONG) {
        return None;
    }
    let reason = reason.unwrap_or("it looks at what the kernel does not have of these packets");
    let name = interface.label();
    Some(format!("{name}: the filter runs in this process, not in the kernel: {reason}"))
}

/// That there was less room than was asked for.
fn smaller_buffer(asked: Option<usize>, got: usize, interface: &capture::Interface) -> Option<String> {
    let asked = asked.filter(|asked| *asked > got)?;
    let (asked, got, name) = (asked >> 10, got >> 10, interface.label());
    Some(format!("{name}: the buffer is {got} KiB: for the {asked} of -B there is no room"))
}

/// Opens the raw socket, which has a choice of nothing.
fn open_raw(config: &Config, name: &str) -> Result<Opened, Failure> {
    let options = &config.capture;
    if options.ways == Ways::Out {
        return Err(Failure::new("--engine raw sees no outgoing packets: -Q out would show nothing"));
    }
    let mut builder = capture::RawCapture::builder(name).snaplen(options.snaplen);
    if let Some(bytes) = options.buffer {
        builder = builder.buffer_size(bytes);
    }
    let mut select = super::select(config, options.snaplen)?;
    let mut reason = None;
    if config.task == Task::Run && !select.is_empty() {
        let filter = select.filter(LinkType::RAW, Origin::File)?;
        reason = filter.user_space_reason();
        builder = builder.filter(filter.program());
    }
    let capture = builder.open().map_err(|e| Failure::from_capture(&e))?;
    // The kernel counts twice what it is asked for.
    let got = capture.buffer_size().map_or(usize::MAX, |bytes| bytes / 2);
    let news = [
        smaller_buffer(options.buffer, got, capture.interface()),
        where_the_filter_runs(config, capture.interface(), &capture.filter_mode(), reason),
        Some(capture::RawCapture::limits().to_string()),
    ];
    Ok(Opened { capture: Box::new(capture), news: news.into_iter().flatten().collect() })
}

/// Opens what netfilter logs, which has neither a direction nor another link type.
fn open_log(config: &Config, name: &str) -> Result<Opened, Failure> {
    let options = &config.capture;
    let shown = printable(name);
    if options.ways != Ways::Both {
        return Err(Failure::new(format!(
            "{shown}: -Q means nothing: what is logged is for the rules to say"
        )));
    }
    if options.engine == Engine::Raw {
        return Err(Failure::new(format!("{shown}: --engine raw is for interfaces")));
    }
    if let Some(link) = config.filter.link.filter(|link| *link != LinkType::NFLOG) {
        return Err(Failure::new(format!("{shown}: the link type is NFLOG, not {link}")));
    }
    let mut builder = capture::LogCapture::builder(name).snaplen(options.snaplen);
    if let Some(bytes) = options.buffer {
        builder = builder.buffer_size(bytes);
    }
    let mut select = super::select(config, options.snaplen)?;
    if config.task == Task::Run && !select.is_empty() {
        builder = builder.filter(select.filter(LinkType::NFLOG, Origin::File)?.program());
    }
    let capture = builder.open().map_err(|e| Failure::from_capture(&e))?;
    let got = capture.buffer_size().map_or(usize::MAX, |bytes| bytes / 2);
    let news = smaller_buffer(options.buffer, got, capture.interface());
    Ok(Opened { capture: Box::new(capture), news: news.into_iter().collect() })
}
