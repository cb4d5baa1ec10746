//! The lists: interfaces, link types, time stamp types.
use std::process::ExitCode;

use synack::LinkType;
use synack::capture;

use crate::cli::args::checked::{Config, Input};
use crate::cli::failure::{Failure, say};
use crate::cli::output;

/// `-D`.
pub(crate) fn interfaces() -> Result<ExitCode, Failure> {
    let list = capture::interfaces()?;
    let lines: Vec<String> = list.iter().enumerate().map(|(i, each)| format!("{}.{each}\n", i + 1)).collect();
    output::print(lines.concat().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// `-L`.
pub(crate) fn link_types(config: &Config) -> Result<ExitCode, Failure> {
    let interface = chosen(config)?;
    let link = interface.link_type();
    let types = match link {
        // A cooked capture has a header of either version.
        LinkType::LINUX_SLL | LinkType::LINUX_SLL2 => vec![LinkType::LINUX_SLL, LinkType::LINUX_SLL2],
        other => vec![other],
    };
    if let Some(news) = hidden_headers(&interface) {
        say(format_args!("synack: {news}"));
    }
    say(format_args!("Data link types for {} (use option -y to set):", interface.label()));
    for link in types {
        say(format_args!("  {}", link));
    }
    Ok(ExitCode::SUCCESS)
}

/// Says that a capture is cooked for want of better.
pub(crate) fn hidden_headers(interface: &capture::Interface) -> Option<String> {
    let (name, hardware) = (interface.label(), interface.hardware);
    interface.hides_headers().then(|| {
        format!(
            "{name}: headers of this kind of interface (ARPHRD {hardware}) are not known; packets get cooked ones"
        )
    })
}

/// `-J`.
pub(crate) fn timestamp_types(config: &Config) -> Result<ExitCode, Failure> {
    let interface = chosen(config)?;
    say(format_args!("Time stamp types for {} (use option -j to set):\n  host (Host)", interface.label()));
    Ok(ExitCode::SUCCESS)
}

/// The first interface of the command line, or of the list.
fn chosen(config: &Config) -> Result<capture::Interface, Failure> {
    let wanted = match &config.input {
        Input::Live(names) => names.first(),
        Input::Files(_) | Input::List(_) => None,
    };
    match wanted {
        Some(wanted) => Ok(capture::interface(wanted)?),
        None => {
            let first = capture::interfaces()?.into_iter().next();
            first.ok_or_else(|| Failure::new("no interfaces available for capture"))
        }
    }
}
