//! What once broke a reader, or was made to: each file under `bad_inputs` is named after the lesson and given to the
//! fuzz target its folder is named after. It has to come back, and soon.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use careen_fuzz::TARGETS;

/// All of these inputs are small.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn no_reader_falls_into_the_same_hole_twice() {
    let mut count = 0;
    for folder in fs::read_dir(careen_tests::root().join("tests/bad_inputs")).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let (_, target) = TARGETS.iter().find(|(target, _)| *target == name).unwrap_or_else(|| {
            panic!("bad_inputs/{name} is the name of no fuzz target");
        });
        for file in fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            let input = fs::read(&path).unwrap();
            let (done, finished) = mpsc::channel();
            let worker = thread::spawn(move || {
                target(&input);
                done.send(()).unwrap();
            });
            match finished.recv_timeout(PATIENCE) {
                Ok(()) => worker.join().unwrap(),
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("{} takes too long", path.display()),
                Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{} panics, see above", path.display()),
            }
            count += 1;
        }
    }
    assert!(count > 0, "there are no inputs");
}
