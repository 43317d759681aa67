//! Logs as files in memory.

use std::rc::Rc;

use careen_evidence::{ByteSource, ErrorKind, Findings, MemoryTree, NodeId, Place, ReadError, Stat, Xattrs};
use careen_evidence::{Entry, FileTree};
use careen_model::{LogPosition, LogStream};

use super::ContainerLog;

const ID: &str = "c0ffee";

/// Stands for gzip: the content is the file without its first byte.
fn unpack(source: Rc<dyn ByteSource>, place: &Place, _: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
    let mut bytes = vec![0; usize::try_from(source.len()).unwrap()];
    source.read_exact_at(0, &mut bytes)?;
    match bytes.split_first() {
        Some((b'Z', rest)) => Ok(Rc::new(rest.to_vec())),
        _ => Err(ReadError::corrupt(place, "no gzip")),
    }
}

fn open(tree: &dyn FileTree, driver: Option<&str>) -> Result<ContainerLog, ReadError> {
    ContainerLog::open(tree, tree.root(), ID, driver, &unpack, &mut Findings::new())
}

fn json(name: &str, content: impl AsRef<[u8]>) -> ContainerLog {
    let mut tree = MemoryTree::new("disk");
    tree.file(&format!("/{ID}-json.log{name}"), content);
    open(&tree, Some("json-file")).unwrap()
}

fn local(content: impl AsRef<[u8]>) -> ContainerLog {
    let mut tree = MemoryTree::new("disk");
    tree.file("/local-logs/container.log", content);
    open(&tree, Some("local")).unwrap()
}

/// All lines from a position on as text, and why others were lost.
fn read(log: &ContainerLog, from: LogPosition) -> (String, Vec<String>) {
    let (mut findings, mut text) = (Findings::new(), Vec::new());
    let mut reader = log.read_from(from);
    while let Some(record) = reader.next(&mut findings).unwrap() {
        text.extend(record.line);
    }
    assert_eq!(reader.position(), log.end());
    let lost = findings.list().iter().map(|finding| finding.values["reason"].clone()).collect();
    (String::from_utf8_lossy(&text).into_owned(), lost)
}

fn line(text: &str) -> String {
    format!("{{\"log\":\"{text}\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-21T07:20:06.022772787Z\"}}\n")
}

/// A record of the driver `local`.
fn entry(text: &str, tail: &[u8]) -> Vec<u8> {
    let mut message = vec![0x0a, 6]; // 1 source, a text of six bytes
    message.extend(b"stdout");
    message.extend([0x10, 0x85, 0x01]); // 2 time_nano, 133
    message.extend([0x1a, u8::try_from(text.len()).unwrap()]); // 3 line
    message.extend(text.as_bytes());
    message.extend(tail);
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&length[..], &message, &length].concat()
}

#[test]
fn files_are_read_from_the_oldest_to_the_newest() {
    let mut tree = MemoryTree::new("disk");
    for (name, text) in [("", "5"), (".1", "4"), (".2", "3"), (".10", "1")] {
        tree.file(&format!("/{ID}-json.log{name}"), line(text));
    }
    tree.file(&format!("/{ID}-json.log.9.gz"), format!("Z{}", line("2")));
    // Half packed when the power went: the one that is not packed counts.
    tree.file(&format!("/{ID}-json.log.2.gz"), "Zhalf");
    tree.file(&format!("/{ID}-json.log.bak"), line("x"));
    let log = open(&tree, Some("json-file")).unwrap();
    assert_eq!(read(&log, log.start()), ("1\n2\n3\n4\n5\n".to_owned(), vec![]));
}

#[test]
fn files_tell_the_driver_when_nothing_else_does() {
    let mut tree = MemoryTree::new("disk");
    tree.file(&format!("/{ID}-json.log"), line("a"));
    let log = open(&tree, None).unwrap();
    assert_eq!(read(&log, log.start()).0, "a\n");
    let mut tree = MemoryTree::new("disk");
    tree.file("/local-logs/container.log", entry("b", &[]));
    let log = open(&tree, None).unwrap();
    assert_eq!(read(&log, log.start()).0, "b\n");
    let error = open(&MemoryTree::new("disk"), None).err().unwrap();
    assert_eq!(error.reason(), "no log file is there");
}

#[test]
fn another_driver_keeps_a_copy_or_nothing() {
    let mut tree = MemoryTree::new("disk");
    let error = open(&tree, Some("syslog")).err().unwrap();
    assert!(matches!(error.kind, ErrorKind::Unsupported(_)) && error.reason().contains("syslog"));
    tree.file("/container-cached.log", entry("kept", &[]));
    let log = open(&tree, Some("syslog")).unwrap();
    assert_eq!(read(&log, log.start()).0, "kept\n");
}

#[test]
fn a_record_has_its_stream_time_and_attributes() {
    let log = json("", r#"{"log":"a\u0000\"b","stream":"stderr","attrs":{"k":"v"},"time":"2026-11-21T07:20:06.5Z"}"#);
    let record = log.read_from(log.start()).next(&mut Findings::new()).unwrap().unwrap();
    assert_eq!((record.stream, record.line.as_slice()), (LogStream::Stderr, b"a\0\"b".as_slice()));
    assert_eq!(record.time.unwrap().as_nanosecond(), 1_795_245_606_500_000_000);
    assert_eq!(record.attributes, [("k".to_owned(), "v".to_owned())]);
    let log = local(entry("x", &[]));
    let record = log.read_from(log.start()).next(&mut Findings::new()).unwrap().unwrap();
    assert_eq!((record.stream, record.time.unwrap().as_nanosecond()), (LogStream::Stdout, 133));
}

#[test]
fn a_damaged_json_record_is_lost_alone() {
    let whole = line("one");
    let cut = &whole[..whole.len() - 9];
    for (content, text, lost) in [
        // Cut by a power failure, then zeros.
        (format!("{whole}{cut}{}", "\0".repeat(4096)), "one\n", 1),
        (format!("{whole}{cut}"), "one\n", 1),
        // The engine went on in the same line.
        (format!("{cut}{}{whole}", line("two")), "two\none\n", 1),
        (format!("\0\0\0{whole}"), "one\n", 1),
        (format!("{{\"log\":3}}\n{whole}\n  \n{whole}"), "one\none\n", 1),
        (format!("{}{}", whole.trim_end(), line("two")), "one\ntwo\n", 0),
        (whole.replace("stdout", "stdin"), "", 1),
    ] {
        let log = json("", &content);
        let (read, reasons) = read(&log, log.start());
        assert_eq!((read.as_str(), reasons.len()), (text, lost), "{content:?} {reasons:?}");
    }
}

#[test]
fn a_line_without_end_is_passed_over_in_little_memory() {
    let log = json("", [vec![b'x'; 9 << 20], b"\n".to_vec(), line("after").into_bytes()].concat());
    let (text, lost) = read(&log, log.start());
    assert_eq!((text.as_str(), lost), ("after\n", vec!["it is longer than any record".to_owned()]));
}

#[test]
fn a_line_goes_on_where_the_engine_cut_it() {
    // 4 partial; 5 partial_log_metadata {1 last}; an unknown field 6.
    let (more, last) = ([0x20, 1, 0x2a, 0], [0x20, 1, 0x2a, 2, 0x08, 1, 0x32, 1, b'?']);
    let log = local([entry("be", &more), entry("gun", &last), entry("next", &[])].concat());
    assert_eq!(read(&log, log.start()), ("begun\nnext\n".to_owned(), vec![]));
}

#[test]
fn a_damaged_local_record_is_lost_alone() {
    let one = entry("one", &[]);
    let cut = &one[..one.len() - 5];
    let mut wrong_source = one.clone();
    wrong_source[6] = b'X';
    let mut wrong_length = one.clone();
    wrong_length[3] = 1;
    for (content, text) in [
        ([&one, cut].concat(), "one\n"),
        ([&one, cut, &entry("two", &[])].concat(), "one\ntwo\n"),
        ([&wrong_source, &one[..]].concat(), "one\n"),
        ([&one, &wrong_length, &entry("two", &[])[..]].concat(), "one\ntwo\n"),
        ([&one, &[0; 5000][..], &entry("two", &[])].concat(), "one\ntwo\n"),
        ([&one, &b"\0\0"[..]].concat(), "one\n"),
    ] {
        let log = local(&content);
        let (read, reasons) = read(&log, log.start());
        assert_eq!((read.as_str(), reasons.len()), (text, 1), "{reasons:?}");
    }
}

#[test]
fn the_last_records_are_found_from_the_end() {
    let mut tree = MemoryTree::new("disk");
    let texts: Vec<String> = (0..9).map(|number| line(&format!("{number}{}", "x".repeat(40_000)))).collect();
    tree.file(&format!("/{ID}-json.log.1"), texts[..5].concat());
    tree.file(&format!("/{ID}-json.log"), texts[5..].concat());
    let mut packed = MemoryTree::new("disk");
    let entries: Vec<Vec<u8>> = (0..9).map(|number| entry(&number.to_string(), &[])).collect();
    packed.file("/local-logs/container.log.1.gz", [b"Z", &entries[..5].concat()[..]].concat());
    packed.file("/local-logs/container.log", entries[5..].concat());
    for log in [open(&tree, Some("json-file")).unwrap(), open(&packed, Some("local")).unwrap()] {
        for count in 0..12 {
            let from = log.before(log.end(), count, &mut Findings::new());
            let read = read(&log, from).0.lines().count() as u64;
            assert_eq!(read, count.min(9), "{count}");
        }
        assert_eq!(log.before(log.end(), 9, &mut Findings::new()), log.start());
    }
}

#[test]
fn behind_a_cut_record_the_last_ones_are_still_found() {
    let entries: Vec<Vec<u8>> = (0..9).map(|number| entry(&number.to_string(), &[])).collect();
    let log = local([entries.concat(), entries[0][..7].to_vec()].concat());
    let from = log.before(log.end(), 2, &mut Findings::new());
    assert_eq!(read(&log, from).0, "7\n8\n");
}

/// A tree of one file, in which some bytes cannot be read.
struct Torn(MemoryTree, std::ops::Range<u64>);

struct TornFile(Rc<dyn ByteSource>, std::ops::Range<u64>);

impl ByteSource for TornFile {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        if offset < self.1.end && offset + buf.len() as u64 > self.1.start {
            return Err(ReadError::io(&Place::new("disk"), "bad sector"));
        }
        self.0.read_exact_at(offset, buf)
    }
}

impl FileTree for Torn {
    fn root(&self) -> NodeId {
        self.0.root()
    }
    fn place(&self, node: NodeId) -> Place {
        self.0.place(node)
    }
    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        self.0.stat(node, findings)
    }
    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        self.0.list(directory, findings)
    }
    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        self.0.xattrs(node, findings)
    }
    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        self.0.link_target(node, findings)
    }
    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        Ok(Rc::new(TornFile(self.0.open(node, findings)?, self.1.clone())))
    }
}

#[test]
fn bytes_that_cannot_be_read_cost_their_records_alone() {
    let mut tree = MemoryTree::new("disk");
    let lines: String = (0..1000).map(|number| line(&format!("{number:03}"))).collect();
    tree.file(&format!("/{ID}-json.log"), &lines);
    let length = line("000").len() as u64;
    // One block of 1024 bytes.
    let torn = Torn(tree, 4096..4100);
    let log = open(&torn, Some("json-file")).unwrap();
    let (text, lost) = read(&log, log.start());
    let hit: Vec<u64> = (0..1000).filter(|at| at * length < 5120 && (at + 1) * length > 4096).collect();
    let expected: String = (0..1000).filter(|at| !hit.contains(at)).map(|at| format!("{at:03}\n")).collect();
    assert_eq!(text, expected);
    assert!(lost.contains(&"bad sector".to_owned()), "{lost:?}");
}
