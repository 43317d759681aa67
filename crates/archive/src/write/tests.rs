use std::ops::Range;

use careen_evidence::{ByteSource, Entry, Kind, MemoryTree, Stat, Xattrs};
use careen_model::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::content::hex;
use super::*;
use crate::{Format as Read, open};

pub(crate) fn selection(tree: Rc<dyn FileTree>, name: &str) -> Selection {
    let start = tree.root();
    Selection { tree, start, name: name.as_bytes().to_vec(), label: "test".into() }
}

/// Archive and manifest of these, and the codes of what was found.
pub(crate) fn export(
    format: Format,
    selections: Vec<Selection>,
    on_damage: OnDamage,
) -> Result<(Vec<u8>, Value, Vec<&'static str>), ReadError> {
    let mut export = Export::new(format, selections, on_damage, &Limits::default(), &CancelToken::default())?;
    let (mut archive, mut manifest, mut chunk) = (Vec::new(), Vec::new(), Chunk::default());
    loop {
        let goes_on = export.next(&mut chunk)?;
        assert!(chunk.archive.len() < 6 << 20, "memory is flat");
        archive.extend_from_slice(&chunk.archive);
        manifest.extend_from_slice(&chunk.manifest);
        if !goes_on {
            break;
        }
    }
    assert_eq!(export.written(), archive.len() as u64);
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["archive"]["sha256"], hex(&Sha256::digest(&archive)));
    Ok((archive, manifest, export.findings().list().iter().map(|finding| finding.code.name).collect()))
}

fn read(archive: Vec<u8>, format: Read) -> Rc<dyn FileTree> {
    let mut findings = Findings::new();
    let source: Rc<dyn ByteSource> = Rc::new(archive);
    let (limits, cancel) = (Limits::default(), CancelToken::default());
    let archive = open(format, source, &Place::new("tar"), &limits, &cancel, &mut |_, _| {}, &mut findings).unwrap();
    assert!(findings.list().is_empty(), "{:?}", findings.list());
    archive.tree
}

/// One line for each object of a tree.
fn listing(tree: &dyn FileTree) -> Vec<String> {
    let mut lines = Vec::new();
    let mut findings = Findings::new();
    careen_evidence::walk(tree, &Limits::default(), &CancelToken::default(), &mut findings, &mut |met, findings| {
        let Stat { kind, mode, uid, gid, mtime, nlink, rdev, .. } = met.stat;
        let content = match kind {
            Kind::File => {
                let source = tree.open(met.node, findings).unwrap();
                let mut bytes = vec![0; usize::try_from(source.len()).unwrap()];
                source.read_exact_at(0, &mut bytes).unwrap();
                hex(&Sha256::digest(&bytes))
            }
            Kind::Symlink => String::from_utf8(tree.link_target(met.node, findings).unwrap()).unwrap(),
            _ => String::new(),
        };
        let links = if kind == Kind::Directory { 0 } else { nlink };
        let xattrs = tree.xattrs(met.node, findings).unwrap();
        lines.push(format!(
            "{} {kind:?} {mode:o} {uid}:{gid} {mtime:?} {links} {rdev:?} {xattrs:?} {content}",
            met.path.escape_ascii()
        ));
        Ok(careen_evidence::Visit::Enter)
    })
    .unwrap();
    lines
}

fn sample() -> MemoryTree {
    let mut tree = MemoryTree::new("disk");
    let file = tree.file("/d/file", "content");
    tree.stat_mut(file, |stat| {
        stat.mtime = Timestamp { seconds: -5, nanoseconds: 1 };
        (stat.uid, stat.gid, stat.mode) = (4_000_000_000, 70_000, 0o4755);
    });
    tree.xattr(file, "security.capability", [0, 1, 2, b'\n']);
    let directory = tree.directory("/d");
    tree.hard_link(directory, "link", file);
    tree.symlink("/s", &"t".repeat(150));
    tree.char_device("/null", 1, 3);
    tree.file(&format!("/{}/{}", "한".repeat(40), "n".repeat(250)), "x");
    tree.file("/large", vec![7; 5 << 20]);
    tree
}

#[test]
fn an_archive_is_read_as_the_tree_it_was_made_of() {
    for (format, read_as) in [(Format::Tar, Read::Tar), (Format::TarGz, Read::TarGz)] {
        let tree = Rc::new(sample());
        let written = || export(format, vec![selection(Rc::clone(&tree) as _, "")], OnDamage::Skip).unwrap();
        let (archive, manifest, codes) = written();
        assert_eq!(listing(&*read(archive.clone(), read_as)), listing(&*tree));
        assert_eq!(codes, [""; 0]);
        assert!(written().0 == archive, "the same bytes each time");
        let rows = manifest["entries"].as_array().unwrap();
        assert_eq!(rows.len(), listing(&*tree).len());
        let row = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
        assert_eq!(row("d/file")["sha256"], hex(&Sha256::digest("content")));
        assert_eq!((&row("d/link")["link_to"], &row(".")["type"]), (&"d/file".into(), &"d".into()));
        assert_eq!(manifest["summary"]["bytes"], 7 + 1 + (5 << 20));
    }
}

#[test]
fn an_archive_that_is_packed_elsewhere_is_the_same() {
    for format in [Format::Tar, Format::TarGz, Format::Zip] {
        let tree = Rc::new(sample());
        let (whole, told, _) = export(format, vec![selection(Rc::clone(&tree) as _, "")], OnDamage::Skip).unwrap();
        let (limits, cancel) = (Limits::default(), CancelToken::default());
        let export = Export::new(format, vec![selection(tree, "")], OnDamage::Skip, &limits, &cancel).unwrap();
        let (mut export, mut packing) = (export.without_packing(), Packing::of_files(format));
        let (mut archive, mut manifest, mut chunk) = (Vec::new(), Vec::new(), Chunk::default());
        loop {
            let goes_on = export.next(&mut chunk).unwrap();
            manifest.extend_from_slice(&chunk.manifest);
            packing.pack(&mut chunk.archive, !goes_on);
            archive.extend_from_slice(&chunk.archive);
            if !goes_on {
                break;
            }
        }
        manifest.extend_from_slice(Export::end_of_manifest(packing.written(), &packing.sha256()).as_bytes());
        assert!(archive == whole, "{format:?}: the same bytes");
        assert_eq!(serde_json::from_slice::<Value>(&manifest).unwrap(), told);
    }
}

/// A tree in which some bytes of `/bad` cannot be read, and the second half of `/holes` is none.
pub(crate) struct Odd(MemoryTree);

struct Bytes {
    bytes: Vec<u8>,
    bad: Range<u64>,
    data: u64,
}

impl ByteSource for Bytes {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        if offset < self.bad.end && offset + buf.len() as u64 > self.bad.start {
            return Err(ReadError::io(&Place::new("sector"), "gone"));
        }
        self.bytes.read_exact_at(offset, buf)
    }
    fn data_from(&self, offset: u64) -> Option<Range<u64>> {
        (offset < self.data).then_some(offset..self.data)
    }
}

impl FileTree for Odd {
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
        let bytes = careen_evidence::read_file(&self.0, node, &Limits::default(), findings)?;
        let length = bytes.len() as u64;
        let is_bad = node == self.0.node("/bad");
        let data = if node == self.0.node("/holes") { length / 2 } else { length };
        Ok(Rc::new(Bytes { bytes, bad: if is_bad { length - 2000..length - 1990 } else { 0..0 }, data }))
    }
}

pub(crate) fn odd(size: usize) -> Rc<Odd> {
    let mut tree = MemoryTree::new("disk");
    let bad = tree.file("/bad", vec![7; size]);
    tree.hard_link(tree.root(), "bad2", bad);
    tree.file("/fine", "fine");
    tree.file("/holes", [vec![1; 5000], vec![0; 5000]].concat());
    tree.file("/socket", "");
    let socket = tree.node("/socket");
    tree.stat_mut(socket, |stat| stat.kind = Kind::Socket);
    Rc::new(Odd(tree))
}

#[test]
fn a_file_that_cannot_be_read_whole_is_left_out_under_all_its_names() {
    for size in [5000, 9 << 20] {
        let (archive, manifest, codes) =
            export(Format::Tar, vec![selection(odd(size), "in/it")], OnDamage::Skip).unwrap();
        let paths: Vec<String> =
            listing(&*read(archive, Read::Tar)).iter().map(|line| line.split(' ').next().unwrap().into()).collect();
        assert_eq!(paths, ["/", "/in", "/in/it", "/in/it/fine", "/in/it/holes"]);
        assert_eq!(codes, ["export-left-out", "export-left-out", "export-not-held"]);
        let rows = manifest["entries"].as_array().unwrap();
        let missing: Vec<_> = rows.iter().filter(|row| row["missing"].is_string()).map(|row| &row["name"]).collect();
        assert_eq!(missing, ["in/it/bad", "in/it/bad2", "in/it/socket"]);
        assert_eq!((&manifest["summary"]["missing"], &manifest["summary"]["not_held"]), (&2.into(), &1.into()));
    }
}

#[test]
fn gaps_are_told_and_the_rest_is_kept() {
    let (archive, manifest, codes) = export(Format::Tar, vec![selection(odd(9 << 20), "")], OnDamage::Gaps).unwrap();
    assert_eq!(codes, ["export-gaps", "export-not-held"]);
    let tree = read(archive, Read::Tar);
    let mut findings = Findings::new();
    let node = careen_evidence::lookup_path(&*tree, b"/bad", &mut findings).unwrap().unwrap();
    let bytes = careen_evidence::read_file(&*tree, node, &Limits::default(), &mut findings).unwrap();
    let zeros = bytes.iter().filter(|byte| **byte == 0).count() as u64;
    let bad = manifest["entries"].as_array().unwrap().iter().find(|row| row["name"] == "bad").unwrap();
    assert_eq!(bad["gaps"][0]["length"], zeros);
    assert!(zeros > 0 && zeros <= 2048 && bytes.len() == 9 << 20);
}

#[test]
fn damage_ends_the_export_where_that_was_chosen() {
    let error = export(Format::Tar, vec![selection(odd(5000), "")], OnDamage::Stop).unwrap_err();
    assert_eq!(error.to_string(), "sector: gone");
}

#[test]
fn holes_take_no_room() {
    let mut tree = MemoryTree::new("disk");
    tree.file("/holes", [vec![1; 500_000], vec![0; 500_000]].concat());
    let tree = Rc::new(Odd(tree));
    let (archive, _, _) = export(Format::Tar, vec![selection(Rc::clone(&tree) as _, "")], OnDamage::Skip).unwrap();
    assert!(archive.len() < 510_000, "{}", archive.len());
    assert_eq!(listing(&*read(archive, Read::Tar)), listing(&*tree));
}

/// A byte in each KiB, and nothing else.
struct Dotted(u64);

impl ByteSource for Dotted {
    fn len(&self) -> u64 {
        self.0 << 10
    }
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        for (at, byte) in (offset..).zip(buf) {
            *byte = u8::from(at % 1024 == 512);
        }
        Ok(())
    }
    fn data_from(&self, offset: u64) -> Option<Range<u64>> {
        let start = if offset % 1024 <= 512 { offset - offset % 1024 + 512 } else { (offset | 1023) + 513 };
        (start < self.len()).then_some(start..start + 1)
    }
}

/// Its map alone would take a megabyte and a half.
#[test]
fn a_file_of_very_many_holes_is_written_bit_by_bit() {
    let source = Dotted(100_000);
    let layout = content::Layout::of(&source);
    assert_eq!((layout.stretches, layout.data), (100_000, 100_000));
    let (mut from, mut parts, mut map) = (Some(0), 0, Vec::new());
    while let Some(next) = from {
        from = layout.put_map(&source, next, &mut map);
        parts += 1;
    }
    assert_eq!((parts, map.len() as u64), (4, layout.map_length()));
    let text = String::from_utf8(map).unwrap();
    let mut lines = text.trim_end_matches('\0').lines();
    assert_eq!(lines.next(), Some("100001"));
    let numbers: Vec<u64> = lines.map(|line| line.parse().unwrap()).collect();
    assert_eq!(
        (numbers.len(), &numbers[..4], &numbers[200_000..]),
        (200_002, &[512, 1, 1536, 1][..], &[102_400_000, 0][..])
    );
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../a", "/a", "a/../../b"] {
        assert!(export(Format::Tar, vec![selection(odd(10), name)], OnDamage::Skip).is_err(), "{name}");
    }
}

/// An image of one layer: four bytes of a header, then the file `f`, as a record has it with this CRC-64 of the file.
fn image(diff_id: &str, sum: u64) -> ImageSource {
    use std::io::Write;
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let word = sum.to_be_bytes().into_iter().fold(0_u128, |word, byte| word << 8 | u128::from(byte)) << 2;
    let sum: String =
        (0..11).rev().map(|at| char::from(digits[usize::try_from(word >> (6 * at) & 63).unwrap()])).collect();
    // "aGVhZA==" is "head" in base64.
    let record = format!(
        "{{\"type\":2,\"payload\":\"aGVhZA==\"}}\n{{\"type\":1,\"name\":\"./f\",\"size\":4,\"payload\":\"{sum}=\"}}\n"
    );
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(record.as_bytes()).unwrap();
    let mut tree = MemoryTree::new("layer");
    tree.file("/f", "data");
    let tree: Rc<dyn FileTree> = Rc::new(tree);
    let (record, place, root) = (Rc::new(packed.finish().unwrap()), Place::new("record"), tree.root());
    let config = format!("{{\"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[{diff_id:?}]}}}}").into_bytes();
    let layer = LayerSource {
        name: "chain".into(),
        diff_id: Some(diff_id.into()),
        forms: vec![LayerForm::Record(LayerRecord { record, place, tree: Rc::clone(&tree), root })],
        without: None,
        tree: Ok((tree, root)),
    };
    let id = format!("sha256:{}", hex(&Sha256::digest(&config)));
    ImageSource { id, names: vec!["a:1".into()], config, layers: vec![layer], stored: None }
}

/// The files of an archive, its manifest, and the codes of what was found.
type Given = (Rc<dyn FileTree>, Value, Vec<&'static str>);

/// An archive of an image.
fn images(image: ImageSource, on_damage: OnDamage) -> Result<Given, ReadError> {
    let (limits, cancel) = (Limits::default(), CancelToken::default());
    let mut export = Export::of_images(ImageFormat::Docker, vec![image], &[], on_damage, &limits, &cancel);
    let (mut archive, mut manifest, mut chunk) = (Vec::new(), Vec::new(), Chunk::default());
    loop {
        let goes_on = export.next(&mut chunk)?;
        archive.extend_from_slice(&chunk.archive);
        manifest.extend_from_slice(&chunk.manifest);
        if !goes_on {
            break;
        }
    }
    let codes = export.findings().list().iter().map(|finding| finding.code.name).collect();
    Ok((read(archive, Read::Tar), serde_json::from_slice(&manifest).unwrap(), codes))
}

fn content(tree: &dyn FileTree, path: &str) -> Vec<u8> {
    let mut findings = Findings::new();
    let node = careen_evidence::lookup_path(tree, path.as_bytes(), &mut findings).unwrap().expect(path);
    careen_evidence::read_file(tree, node, &Limits::default(), &mut findings).unwrap()
}

const DATA_SUM: u64 = crc::Crc::<u64>::new(&crc::CRC_64_GO_ISO).checksum(b"data");

#[test]
fn a_layer_of_a_record_is_given_byte_for_byte() {
    let diff_id = format!("sha256:{}", hex(&Sha256::digest("headdata")));
    let image = image(&diff_id, DATA_SUM);
    let (id, config) = (image.id.clone(), image.config.clone());
    let (tree, manifest, codes) = images(image, OnDamage::Stop).unwrap();
    assert_eq!(codes, [""; 0]);
    let blob = |digest: &str| format!("/blobs/sha256/{}", digest.trim_start_matches("sha256:"));
    assert_eq!((content(&*tree, &blob(&diff_id)), content(&*tree, &blob(&id))), (b"headdata".to_vec(), config));
    let list: Value = serde_json::from_slice(&content(&*tree, "/manifest.json")).unwrap();
    assert_eq!((&list[0]["RepoTags"][0], &list[0]["Layers"][0]), (&"a:1".into(), &blob(&diff_id)[1..].into()));
    assert_eq!(
        (&manifest["images"][0]["written_id"], &manifest["images"][0]["layers"][0]["state"]),
        (&id.into(), &"exact".into())
    );
}

#[test]
fn a_layer_with_a_damaged_file_is_made_anew_and_told() {
    let diff_id = format!("sha256:{}", hex(&Sha256::digest("headdata")));
    let error = images(image(&diff_id, 1), OnDamage::Stop).err().unwrap();
    assert!(error.reason().contains("f: CRC-64 is"), "{error}");
    let told = ["export-layer-rebuilt", "layer-files-damaged", "export-image-id"];
    // Left out, its name is deleted: a layer below may have another file there.
    for (on_damage, told, entries) in
        [(OnDamage::Skip, ["export-left-out", told[0], told[2]], [".wh.f"]), (OnDamage::Gaps, told, ["f"])]
    {
        let (tree, manifest, codes) = images(image(&diff_id, 1), on_damage).unwrap();
        assert_eq!(codes, told);
        let layer = &manifest["images"][0]["layers"][0];
        assert_eq!((&layer["state"], &layer["damaged_files"][0]["path"]), (&"rebuilt".into(), &"f".into()));
        let written = layer["written"].as_str().unwrap().trim_start_matches("sha256:");
        let bytes = content(&*tree, &format!("/blobs/sha256/{written}"));
        assert_eq!(hex(&Sha256::digest(&bytes)), written);
        let names: Vec<String> = listing(&*read(bytes, Read::Tar))
            .iter()
            .skip(1)
            .map(|line| line.split(' ').next().unwrap()[1..].into())
            .collect();
        assert_eq!(names, entries);
    }
}

#[test]
fn a_damaged_layer_is_given_from_another_copy_where_its_digest_proves_it() {
    let diff_id = format!("sha256:{}", hex(&Sha256::digest("headdata")));
    let blob = |bytes: &[u8]| LayerForm::Blob { source: Rc::new(bytes.to_vec()), place: Place::new("blob") };
    // The second copy is another layer, the third is it.
    let mut damaged = image(&diff_id, 1);
    damaged.layers[0].forms.extend([blob(b"other"), blob(b"headdata")]);
    let id = damaged.id.clone();
    let (tree, manifest, codes) = images(damaged, OnDamage::Stop).unwrap();
    assert_eq!(codes, ["layer-from-copy"]);
    let digits = diff_id.trim_start_matches("sha256:");
    assert_eq!(content(&*tree, &format!("/blobs/sha256/{digits}")), b"headdata");
    let layer = &manifest["images"][0]["layers"][0];
    assert_eq!((&manifest["images"][0]["written_id"], &layer["state"]), (&id.into(), &"exact".into()));
    assert_eq!(layer["damaged_files"][0]["path"], "f");
    // The other way round: the blob is bad, the record and its files are whole.
    let mut damaged = image(&diff_id, DATA_SUM);
    damaged.layers[0].forms.insert(0, blob(b"hea"));
    let (tree, _, codes) = images(damaged, OnDamage::Stop).unwrap();
    assert_eq!(codes, ["layer-from-copy"]);
    assert_eq!(content(&*tree, &format!("/blobs/sha256/{digits}")), b"headdata");
}

#[test]
fn a_layer_that_two_images_have_is_written_once() {
    let diff_id = format!("sha256:{}", hex(&Sha256::digest("headdata")));
    let (one, mut other) = (image(&diff_id, DATA_SUM), image(&diff_id, DATA_SUM));
    other.config.push(b' ');
    other.id = format!("sha256:{}", hex(&Sha256::digest(&other.config)));
    other.names = vec!["b:1".into(), "c:1".into()];
    let ids = [one.id.clone(), other.id.clone()];
    let (limits, cancel) = (Limits::default(), CancelToken::default());
    let mut export = Export::of_images(ImageFormat::Docker, vec![one, other], &[], OnDamage::Stop, &limits, &cancel);
    let (mut archive, mut manifest, mut chunk) = (Vec::new(), Vec::new(), Chunk::default());
    let mut goes_on = true;
    while goes_on {
        goes_on = export.next(&mut chunk).unwrap();
        archive.extend_from_slice(&chunk.archive);
        manifest.extend_from_slice(&chunk.manifest);
    }
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let names: Vec<&str> =
        manifest["entries"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    let blob = |digest: &str| format!("blobs/sha256/{}", digest.trim_start_matches("sha256:"));
    assert_eq!(names.iter().filter(|name| **name == blob(&diff_id)).count(), 1);
    assert!(ids.iter().all(|id| names.contains(&blob(id).as_str())), "{names:?}");
    let tree = read(archive, Read::Tar);
    let list: Value = serde_json::from_slice(&content(&*tree, "/manifest.json")).unwrap();
    assert_eq!(
        (list[0]["Layers"].clone(), list[1]["RepoTags"].clone()),
        (list[1]["Layers"].clone(), serde_json::json!(["b:1", "c:1"]))
    );
}

/// A record that says the file is of another length than it is: nothing of it is taken on trust.
#[test]
fn a_record_that_lies_about_sizes_is_no_proof() {
    let diff_id = format!("sha256:{}", hex(&Sha256::digest("headdata")));
    for size in ["5", "3", "0", "18446744073709551615", "9223372036854775807", "-4"] {
        let mut image = image(&diff_id, DATA_SUM);
        let LayerForm::Record(record) = &mut image.layers[0].forms[0] else { unreachable!() };
        let text = format!(
            "{{\"type\":2,\"payload\":\"aGVhZA==\"}}\n{{\"type\":1,\"name\":\"./f\",\"size\":{size},\"payload\":\"AAAAAAAAAAA=\"}}\n"
        );
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
        record.record = Rc::new(packed.finish().unwrap());
        let (_, manifest, codes) = images(image, OnDamage::Gaps).unwrap();
        assert_eq!(manifest["images"][0]["layers"][0]["state"], "rebuilt", "{size}");
        assert!(codes.contains(&"export-layer-rebuilt"), "{size}: {codes:?}");
    }
}
