//! A first look at files that are read twice: what later packets show of earlier ones.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use synack::savefile::Merge;
use synack::{Source, Step};

use super::analysis::{Analysis, Corrections};
use super::filter::Select;
use super::input::{self, Manner, Opened};
use super::progress::Meter;
use crate::cli::args::view::Wanted;

/// Reads files as the run after this will, and gives every correction. What is wrong with them is
/// for the second look to say.
pub(super) struct Scout<'a> {
    pub(super) select: Option<&'a mut Select>,
    pub(super) stop: &'a Arc<AtomicBool>,
    pub(super) meter: &'a Meter,
    /// How many packets may pass.
    pub(super) left: Option<u64>,
}

impl Scout<'_> {
    /// Reads all of them, merged by time or one after the other.
    pub(super) fn look(mut self, files: Vec<Opened>, merged: bool) -> Corrections {
        let mut analysis = Analysis::new(Wanted::default());
        let mut found = Corrections::new();
        let others = if merged { files.len() - 1 } else { 0 };
        let manner = Manner { stop: self.stop, meter: self.meter, followed: None };
        let mut started = files.into_iter().map_while(|file| input::start(file, others, &manner).ok());
        if merged {
            let mut merge = Merge::new(started.collect());
            self.read(&mut merge, true, &mut analysis, &mut found);
        } else {
            started.all(|mut file| self.read(&mut file, false, &mut analysis, &mut found));
        }
        found
    }

    /// Reads one source; whether to go on.
    fn read(
        &mut self,
        source: &mut dyn Source,
        others: bool,
        analysis: &mut Analysis,
        found: &mut Corrections,
    ) -> bool {
        while !self.stop.load(Ordering::Relaxed) {
            match source.advance(None) {
                Ok(Step::Packet) => {}
                Ok(Step::Idle) => continue,
                Ok(Step::End) => return true,
                Err(_) if others => continue,
                Err(_) => return false,
            }
            let packet = source.packet();
            if self.select.as_mut().is_some_and(|select| !select.matches(&packet)) {
                continue;
            }
            analysis.take(&packet, |seen, _| {
                for correction in seen.observation.corrections() {
                    found.insert(correction.packet, correction.verdicts().to_vec());
                }
            });
            if let Some(left) = &mut self.left {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    return false;
                }
            }
        }
        false
    }
}
