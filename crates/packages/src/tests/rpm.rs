use super::*;

/// An rpm header: two counts, entries of tag, type, offset and count, the data. Strings are of type 6, numbers of type 4.
fn header(strings: &[(u32, &str)], numbers: &[(u32, u32)]) -> Vec<u8> {
    let (mut entries, mut data) = (Vec::new(), Vec::new());
    for (tag, number) in numbers {
        entries.extend([*tag, 4, data.len() as u32, 1].map(u32::to_be_bytes).concat());
        data.extend(number.to_be_bytes());
    }
    for (tag, text) in strings {
        entries.extend([*tag, 6, data.len() as u32, 1].map(u32::to_be_bytes).concat());
        data.extend(text.bytes().chain([0]));
    }
    [&((entries.len() / 16) as u32).to_be_bytes()[..], &(data.len() as u32).to_be_bytes(), &entries, &data].concat()
}

fn named(name: &str) -> Vec<u8> {
    header(&[(1000, name), (1001, "1.2"), (1002, "3"), (1022, "x86_64")], &[])
}

fn catalog_database(name: &str, bytes: &[u8]) -> (Vec<(String, String)>, Vec<&'static str>) {
    let mut tree = MemoryTree::new("test");
    tree.file(&format!("/var/lib/rpm/{name}"), bytes);
    let (found, codes) = catalog(&tree);
    let packages = found.packages.into_iter().map(|package| (package.name, package.version)).collect();
    (packages, codes)
}

fn told(packages: &[(&str, &str)], codes: &[&'static str]) -> (Vec<(String, String)>, Vec<&'static str>) {
    (packages.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect(), codes.to_vec())
}

/// `Packages.db`: a page of slots, each blob behind it.
fn ndb(blobs: &[Vec<u8>]) -> Vec<u8> {
    let mut file = vec![0; 4096];
    file[..4].copy_from_slice(b"RpmP");
    file[12] = 1; // slotnpages
    for slot in file[32..].chunks_exact_mut(16) {
        slot[..4].copy_from_slice(b"Slot");
    }
    for (at, blob) in blobs.iter().enumerate() {
        let first = (file.len() / 16) as u32;
        let number = at as u32 + 1;
        let start = file.len();
        file.extend([&b"BlbS"[..], &number.to_le_bytes(), &[0; 4], &(blob.len() as u32).to_le_bytes(), blob].concat());
        while !(file.len() + 12).is_multiple_of(16) {
            file.push(0);
        }
        let sum = file[start..].iter().fold((1_u32, 0_u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65521;
            (a, (b + a) % 65521)
        });
        file.extend([&(sum.1 << 16 | sum.0).to_le_bytes()[..], &(blob.len() as u32).to_le_bytes(), b"BlbE"].concat());
        let count = (file.len() - start) as u32 / 16;
        let slot = 32 + 16 * at;
        file[slot + 4..slot + 16].copy_from_slice(&[number, first, count].map(u32::to_le_bytes).concat());
    }
    file
}

/// A hash of Berkeley DB with pages of 512 bytes: the values stand on overflow pages.
fn bdb(blobs: &[Vec<u8>], big_endian: bool) -> Vec<u8> {
    let n32 = |number: u32| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
    let n16 = |number: u16| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
    let mut pages: Vec<Vec<u8>> = vec![vec![0; 512], vec![0; 512]];
    let mut items: Vec<Vec<u8>> = Vec::new();
    for (at, blob) in blobs.iter().enumerate() {
        items.push([&[1][..], &n32(at as u32 + 1)].concat());
        items.push([&[3, 0, 0, 0][..], &n32(pages.len() as u32), &n32(blob.len() as u32)].concat());
        for piece in blob.chunks(512 - 26) {
            let number = pages.len() as u32;
            let mut page = vec![0; 512];
            page[8..12].copy_from_slice(&n32(number));
            page[16..20].copy_from_slice(&n32(number + 1)); // next
            page[22..24].copy_from_slice(&n16(piece.len() as u16));
            page[25] = 7; // overflow
            page[26..26 + piece.len()].copy_from_slice(piece);
            pages.push(page);
        }
    }
    // The key 0 leads to the number used last.
    items.push([&[1][..], &n32(0)].concat());
    items.push([&[1][..], &n32(9)].concat());
    let mut end = 512;
    let hash = &mut pages[1];
    hash[8..12].copy_from_slice(&n32(1));
    hash[20..22].copy_from_slice(&n16(items.len() as u16));
    hash[25] = 13;
    for (at, item) in items.iter().enumerate() {
        end -= item.len();
        hash[end..end + item.len()].copy_from_slice(item);
        hash[26 + 2 * at..28 + 2 * at].copy_from_slice(&n16(end as u16));
    }
    let last = pages.len() as u32 - 1;
    let meta = &mut pages[0];
    meta[12..16].copy_from_slice(&n32(0x61561));
    meta[20..24].copy_from_slice(&n32(512));
    meta[32..36].copy_from_slice(&n32(last));
    pages.concat()
}

/// A database of SQLite with pages of 512 bytes: the schema on page 1; the table's tree on page 2, interior, with a leaf
/// for each row from page 3 on; then what does not fit the leaves.
fn sqlite(blobs: &[Vec<u8>]) -> Vec<u8> {
    let varint = |number: usize| [0x80 | (number >> 7) as u8, (number & 0x7f) as u8];
    let leaf = |start: usize, page: &mut [u8], cell: &[u8]| {
        let at = 512 - cell.len();
        page[at..].copy_from_slice(cell);
        page[start] = 0x0d;
        page[start + 3..start + 5].copy_from_slice(&1_u16.to_be_bytes());
        page[start + 8..start + 10].copy_from_slice(&(at as u16).to_be_bytes());
    };
    let mut first = vec![0; 512];
    first[..16].copy_from_slice(b"SQLite format 3\0");
    first[16..18].copy_from_slice(&512_u16.to_be_bytes());
    // Columns: type, name, tbl_name (texts of 5, 8 and 8 letters), rootpage (a byte), sql (nothing).
    let record = [&[6, 23, 29, 29, 1, 0][..], b"tablePackagesPackages", &[2]].concat();
    leaf(100, &mut first, &[&[record.len() as u8, 1][..], &record].concat());
    let mut pages = vec![first, vec![0; 512]];
    let overflow_from = 3 + blobs.len();
    let mut overflow: Vec<Vec<u8>> = Vec::new();
    for (at, blob) in blobs.iter().enumerate() {
        // Columns: hnum (nothing, it is the rowid), blob.
        let record = [&[4, 0][..], &varint(12 + 2 * blob.len()), blob].concat();
        let (most, least) = (512 - 35, (512 - 12) * 32 / 255 - 23);
        let fitting = least + record.len().saturating_sub(least) % (512 - 4);
        let local = if record.len() <= most {
            record.len()
        } else if fitting <= most {
            fitting
        } else {
            least
        };
        let mut cell = [&varint(record.len())[..], &[at as u8 + 1], &record[..local]].concat();
        if local < record.len() {
            cell.extend((overflow_from as u32 + overflow.len() as u32).to_be_bytes());
            let pieces: Vec<&[u8]> = record[local..].chunks(508).collect();
            for (piece_at, piece) in pieces.iter().enumerate() {
                let next = if piece_at + 1 < pieces.len() { overflow_from + overflow.len() + 1 } else { 0 };
                let mut page = [&(next as u32).to_be_bytes()[..], piece].concat();
                page.resize(512, 0);
                overflow.push(page);
            }
        }
        let mut page = vec![0; 512];
        leaf(0, &mut page, &cell);
        pages.push(page);
    }
    let tree = &mut pages[1];
    tree[0] = 0x05;
    let (right, cells) = (2 + blobs.len(), blobs.len() - 1);
    tree[3..5].copy_from_slice(&(cells as u16).to_be_bytes());
    tree[8..12].copy_from_slice(&(right as u32).to_be_bytes());
    for at in 0..cells {
        let cell = 512 - 5 * (at + 1);
        tree[cell..cell + 4].copy_from_slice(&(at as u32 + 3).to_be_bytes());
        tree[cell + 4] = at as u8 + 1; // the largest rowid on the left
        tree[12 + 2 * at..14 + 2 * at].copy_from_slice(&(cell as u16).to_be_bytes());
    }
    pages.extend(overflow);
    pages.concat()
}

/// A log of these pages, all in one transaction; the sums are those of little-endian words.
fn wal(pages: &[(u32, &[u8])], commit: bool) -> Vec<u8> {
    let mut sums = (0_u32, 0_u32);
    let mut add = |bytes: &[u8]| {
        for pair in bytes.chunks_exact(8) {
            let word = |at: usize| u32::from_le_bytes(pair[at..at + 4].try_into().unwrap());
            sums.0 = sums.0.wrapping_add(word(0)).wrapping_add(sums.1);
            sums.1 = sums.1.wrapping_add(word(4)).wrapping_add(sums.0);
        }
        [sums.0, sums.1].map(u32::to_be_bytes).concat()
    };
    let mut file = [0x377f_0682_u32, 3_007_000, 512, 0, 7, 8].map(u32::to_be_bytes).concat();
    let sum = add(&file);
    file.extend(sum);
    for (at, (number, page)) in pages.iter().enumerate() {
        let pages_after = if commit && at + 1 == pages.len() { 64_u32 } else { 0 };
        let head = [*number, pages_after].map(u32::to_be_bytes).concat();
        add(&head);
        let sum = add(page);
        file.extend([&head[..], &[7_u32, 8].map(u32::to_be_bytes).concat(), &sum, page].concat());
    }
    file
}

#[test]
fn all_three_databases_tell_the_same_packages() {
    // One that needs several overflow pages, one that needs none.
    let long = "x".repeat(1500);
    let large = header(&[(1000, "large"), (1001, "1"), (1002, "2"), (1004, &long)], &[(1003, 4)]);
    let blobs = [named("small"), large, named("gpg-pubkey")];
    let expected = told(&[("gpg-pubkey", "1.2-3"), ("large", "4:1-2"), ("small", "1.2-3")], &[]);
    assert_eq!(catalog_database("Packages.db", &ndb(&blobs)), expected);
    assert_eq!(catalog_database("Packages", &bdb(&blobs, false)), expected);
    assert_eq!(catalog_database("Packages", &bdb(&blobs, true)), expected);
    assert_eq!(catalog_database("rpmdb.sqlite", &sqlite(&blobs)), expected);
}

#[test]
fn what_only_rpm_records_is_told() {
    let strings = [
        (1000, "n"),
        (1001, "1"),
        (1002, "2.el8"),
        (1022, "x86_64"),
        (1014, "MIT"),
        (1044, "n-src.rpm"),
        (5096, "m:1"),
    ];
    let mut tree = MemoryTree::new("test");
    tree.file("/usr/lib/sysimage/rpm/Packages.db", ndb(&[header(&strings, &[(1003, 0)])]));
    // Another way to the same database does not list it twice.
    tree.symlink("/var/lib/rpm", "../../usr/lib/sysimage/rpm");
    tree.file("/etc/os-release", "ID=centos\nVERSION_ID=8\n");
    let (found, _) = catalog(&tree);
    let [system, package] = found.packages.as_slice() else { panic!("{:?}", found.packages) };
    assert_eq!((system.name.as_str(), system.version.as_str()), ("centos", "8"));
    assert_eq!(package.values(), ["x86_64", "n-src.rpm", "m:1"]);
    assert_eq!(
        package.purl,
        "pkg:rpm/centos/n@1-2.el8?arch=x86_64&distro=centos-8&epoch=0&rpmmod=m:1&upstream=n-src.rpm"
    );
    assert_eq!((package.version.as_str(), package.declared.license.as_str()), ("0:1-2.el8", "MIT"));
}

#[test]
fn a_damaged_package_costs_itself_alone() {
    let blobs = [named("a"), header(&[(1000, "b")], &[]), named("c")];
    let expected = told(&[("a", "1.2-3"), ("c", "1.2-3")], &["package-record-lost"]);
    assert_eq!(catalog_database("Packages.db", &ndb(&blobs)), expected);

    let damaged = told(&[("a", "1.2-3"), ("c", "1.2-3")], &["package-database-damaged"]);
    let blobs = [named("a"), named("b"), named("c")];
    // A byte of the second blob.
    let mut file = ndb(&blobs);
    let second = 4096 + (file.len() - 4096) / 3 + 30;
    file[second] ^= 1;
    assert_eq!(catalog_database("Packages.db", &file), damaged);
    // The type of the second leaf.
    let mut file = sqlite(&blobs);
    file[3 * 512] = 0x0a;
    assert_eq!(catalog_database("rpmdb.sqlite", &file), damaged);
    // The number of the page with the second value.
    let mut file = bdb(&blobs, false);
    file[3 * 512 + 8] = 99;
    let (packages, codes) = catalog_database("Packages", &file);
    assert_eq!(packages, damaged.0);
    assert_eq!(codes.iter().collect::<BTreeSet<_>>(), damaged.1.iter().collect());
}

#[test]
fn a_tree_that_leads_to_itself_ends() {
    let mut file = sqlite(&[named("a"), named("b")]);
    // The right-most child of page 2 is page 2.
    file[512 + 8..512 + 12].copy_from_slice(&2_u32.to_be_bytes());
    assert_eq!(catalog_database("rpmdb.sqlite", &file), told(&[("a", "1.2-3")], &["package-database-damaged"]));
}

#[test]
fn the_log_beside_a_database_counts_up_to_its_last_commit() {
    let (old, new) = (sqlite(&[named("old"), named("b")]), sqlite(&[named("new"), named("b")]));
    let page = &new[2 * 512..3 * 512];
    let with_log = |log: Vec<u8>| {
        let mut tree = MemoryTree::new("test");
        tree.file("/var/lib/rpm/rpmdb.sqlite", &old);
        tree.file("/var/lib/rpm/rpmdb.sqlite-wal", log);
        let (found, codes) = catalog(&tree);
        (found.packages.into_iter().map(|package| package.name).collect::<Vec<_>>(), codes)
    };
    let applied = (vec!["b".to_owned(), "new".to_owned()], vec!["sqlite-log-applied"]);
    let ignored = (vec!["b".to_owned(), "old".to_owned()], vec![]);
    assert_eq!(with_log(wal(&[(3, page)], true)), applied);
    assert_eq!(with_log(wal(&[(3, page)], false)), ignored);
    let mut broken = wal(&[(3, page)], true);
    broken[200] ^= 1;
    assert_eq!(with_log(broken), ignored);
    // What was written after the commit never happened.
    let mut log = wal(&[(3, page)], true);
    log.extend([0xff; 700]);
    assert_eq!(with_log(log), applied);
    assert_eq!(with_log(Vec::new()), ignored);
}

#[test]
fn a_hot_journal_is_told() {
    let mut tree = MemoryTree::new("test");
    tree.file("/var/lib/rpm/rpmdb.sqlite", sqlite(&[named("a"), named("b")]));
    tree.file("/var/lib/rpm/rpmdb.sqlite-journal", [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 0]);
    let (found, codes) = catalog(&tree);
    assert_eq!((found.packages.len(), codes), (2, vec!["sqlite-journal-pending"]));
}

#[test]
fn no_database_is_told_as_such() {
    for bytes in [b"text".as_slice(), &[0; 100], b"SQLite format 3\0", b"RpmP"] {
        assert_eq!(catalog_database("Packages", bytes), told(&[], &["package-database-damaged"]), "{bytes:?}");
    }
    assert_eq!(catalog_database("Packages", b""), told(&[], &[]));
}

#[test]
fn a_key_has_no_source() {
    let key = header(&[(1000, "gpg-pubkey"), (1001, "1"), (1002, "2"), (1044, "(none)")], &[]);
    let mut tree = MemoryTree::new("test");
    tree.file("/var/lib/rpm/Packages.db", ndb(&[key]));
    let package = catalog(&tree).0.packages.remove(0);
    assert_eq!((package.value("source"), package.purl.as_str()), ("", "pkg:rpm/rpm/gpg-pubkey@1-2"));
}
