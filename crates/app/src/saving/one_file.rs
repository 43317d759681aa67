//! One file of the disk, as it is.

use careen_protocol::Failure;

use super::{MEMORY_LIMIT, Sink, Target, Trouble, Way, choose_file};
use crate::engine::Engine;

/// Bytes asked of the worker at once.
const PIECE: u64 = 4 << 20;

/// Why a file was not saved, or not to its end.
pub enum SaveError {
    /// The disk could not be read that far.
    Read(Failure),
    /// It could not be written.
    Write(Trouble),
    /// The person closed the dialog or stopped.
    Stopped,
}

/// Saves a file of the disk, of `size` bytes. `told` hears how many bytes are done and answers whether to go on.
pub async fn save_file(
    engine: &Engine,
    scope: &str,
    path: &[u8],
    name: &str,
    size: u64,
    told: impl Fn(u64) -> bool,
) -> Result<(), SaveError> {
    let way = if size <= MEMORY_LIMIT { Way::Memory } else { Way::best(true) };
    let target = match way {
        Way::File => match choose_file(name).await {
            Ok(file) => Target::File(file),
            Err(Trouble::Ended) => return Err(SaveError::Stopped),
            Err(trouble) => return Err(SaveError::Write(trouble)),
        },
        Way::Download => Target::Download,
        Way::Folder | Way::Memory => Target::Memory,
    };
    let (sink, _) = Sink::open(&target, name, "application/octet-stream").await.map_err(SaveError::Write)?;
    let written = write_pieces(engine, scope, path, size, &sink, told).await;
    match written {
        Ok(()) => sink.close().await.map_err(SaveError::Write),
        Err(error) => {
            sink.abort();
            Err(error)
        }
    }
}

async fn write_pieces(
    engine: &Engine,
    scope: &str,
    path: &[u8],
    size: u64,
    sink: &Sink,
    told: impl Fn(u64) -> bool,
) -> Result<(), SaveError> {
    let mut done = 0;
    while done < size {
        let (_, bytes) = engine.read(scope, path, done, PIECE).await.map_err(SaveError::Read)?;
        done += u64::from(bytes.length()).max(1);
        sink.write(&bytes).await.map_err(SaveError::Write)?;
        if !told(done) {
            return Err(SaveError::Stopped);
        }
    }
    Ok(())
}
