//! A file that is to be saved, is being saved, or was.

use careen_protocol::{ExportEnd, Failure};
use serde::{Deserialize, Serialize};

use crate::saving::{Trouble, Way};
use crate::state::{Content, Picked};

/// Tells a job from every other of the queue.
pub type JobId = u32;

/// A job of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Name of the file.
    pub name: String,
    /// What people call what is in it.
    pub labels: Vec<String>,
    /// What is in it.
    pub of: Content,
    /// Bytes before any packing, if that is known.
    pub weight: Option<u64>,
    /// How it is saved.
    pub way: Way,
    /// The disk it is taken from.
    pub disk: Mark,
    /// What became of it.
    pub state: JobState,
}

/// Tells disks apart, as far as a browser lets a page know its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Name of the file.
    pub name: String,
    /// Its length.
    pub size: u64,
}

impl Mark {
    /// The mark of what was picked.
    pub fn of(picked: &Picked) -> Mark {
        Mark { name: picked.name.clone(), size: picked.size }
    }
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum JobState {
    /// Its turn has not come.
    Waiting,
    /// It is being saved.
    Running,
    /// It is complete.
    Done {
        /// Bytes of the file.
        size: u64,
        /// What is in it.
        end: Box<ExportEnd>,
    },
    /// The person stopped it.
    Stopped {
        /// Bytes that had been written.
        written: u64,
    },
    /// It could not be saved.
    Failed {
        /// Bytes that had been written.
        written: u64,
        /// Why.
        why: Why,
    },
}

impl JobState {
    /// The word in `data-state`.
    pub fn word(&self) -> &'static str {
        match self {
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Done { .. } => "done",
            JobState::Stopped { .. } => "stopped",
            JobState::Failed { .. } => "failed",
        }
    }
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// The disk could not be read.
    Read(Failure),
    /// The disk file changed under the page: it has to be picked again.
    Lost,
    /// It could not be written.
    Write(Trouble),
}

/// Shortest time between two reports of progress, in milliseconds.
const TELL_EVERY: f64 = 100.0;

/// How far the running job has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Now {
    /// Which job.
    pub id: JobId,
    /// Bytes of the file that were written.
    pub written: u64,
    /// The same before packing.
    pub unpacked: u64,
    /// Bytes read of the disk for it.
    pub read: u64,
    /// Whether it was only read for a while: a large file, or layers, are looked through before they are written.
    pub is_looking: bool,
    /// Seconds in which bytes were written.
    pub seconds: f64,
}

/// Counts what comes while a job is running, for [`Now`].
pub struct Meter {
    id: JobId,
    /// What was read of the disk before the job.
    read_before: Option<u64>,
    /// Steps without bytes in a row.
    silent: u32,
    /// Seconds in which bytes came, and when the last step did.
    seconds: f64,
    last: f64,
    /// When it was told last.
    told: f64,
}

impl Meter {
    /// Begins to count.
    pub fn new(id: JobId) -> Meter {
        Meter { id, read_before: None, silent: 0, seconds: 0.0, last: js_sys::Date::now(), told: 0.0 }
    }

    /// Counts a step that brought `length` bytes and after which so many were written, unpacked, and read of the disk
    /// in all. What there is to show, when it is time to; always at the end.
    pub fn step(&mut self, length: u32, [written, unpacked, read]: [u64; 3], is_end: bool) -> Option<Now> {
        let time = js_sys::Date::now();
        if length == 0 {
            self.silent = self.silent.saturating_add(1);
        } else {
            self.seconds += if self.silent == 0 { (time - self.last) / 1000.0 } else { 0.0 };
            self.silent = 0;
        }
        self.last = time;
        let read = read.saturating_sub(*self.read_before.get_or_insert(read));
        if time - self.told < TELL_EVERY && !is_end {
            return None;
        }
        self.told = time;
        let (id, is_looking, seconds) = (self.id, self.silent > 2, self.seconds);
        Some(Now { id, written, unpacked, read, is_looking, seconds })
    }
}

impl Now {
    /// Share that is done, of 1.
    pub fn share(&self, weight: Option<u64>) -> Option<f64> {
        let weight = weight.filter(|weight| *weight > 0)?;
        Some((self.unpacked as f64 / weight as f64).min(1.0))
    }

    /// Seconds still to go, once that can be told.
    pub fn left(&self, weight: Option<u64>) -> Option<u64> {
        let share = self.share(weight).filter(|share| *share > 0.01 && *share < 1.0)?;
        (self.seconds >= 2.0).then(|| (self.seconds / share * (1.0 - share)).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::Now;

    #[test]
    fn time_left_is_told_once_there_is_a_rate() {
        let now = |unpacked, seconds| Now { id: 1, written: 0, unpacked, read: 0, is_looking: false, seconds };
        assert_eq!(now(25, 10.0).left(Some(100)), Some(30));
        assert_eq!(now(25, 1.0).left(Some(100)), None);
        assert_eq!(now(25, 10.0).left(None), None);
        assert_eq!(now(120, 10.0).share(Some(100)), Some(1.0));
        assert_eq!(now(0, 10.0).share(Some(0)), None);
    }
}
