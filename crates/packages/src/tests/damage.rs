//! Bytes that were never meant to be read.

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 5] = ["alpha", "bravo", "charlie", "delta", "echo"];

fn stanza(name: &str) -> String {
    format!("Package: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.2-3\nDescription: x\n y\n")
}

proptest! {
    #[test]
    fn a_changed_byte_in_a_stanza_touches_no_other(position in 0_usize..100, value: u8, broken in 0_usize..5) {
        let mut stanzas: Vec<Vec<u8>> = NAMES.iter().map(|name| stanza(name).into_bytes()).collect();
        let target = &mut stanzas[broken];
        let at = position % target.len();
        prop_assume!(target[at] != b'\n');
        target[at] = value;
        let (found, told) = catalog(&status(stanzas.join(b"\n".as_slice())));
        for (number, name) in NAMES.iter().enumerate() {
            let is_whole = named(&found).contains(&(*name, "1.2-3"));
            prop_assert!(is_whole || number == broken, "{name} was lost to {told:?}");
            // What is not told as it was written has a finding, unless the byte made another lawful value.
            let is_listed = found.packages.iter().any(|package| &package.name == name);
            prop_assert!(is_listed || !told.is_empty() || found.packages.len() == NAMES.len());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), line in "[ -~\n]{0,200}") {
        for content in [bytes, line.into_bytes()] {
            let mut tree = status(&content);
            for path in [
                "/etc/os-release",
                "/var/lib/dpkg/updates/0000",
                "/var/lib/dpkg/status.d/x",
                "/c/conda-meta/a-1-0.json",
                "/s/site-packages/a-1.dist-info/METADATA",
                "/s/site-packages/a-1.dist-info/INSTALLER",
                "/s/site-packages/a-1.dist-info/direct_url.json",
                "/s/site-packages/b-1.egg-info",
                "/s/site-packages/c.egg-link",
            ] {
                tree.file(path, &content);
            }
            let (found, _) = catalog(&tree);
            prop_assert_eq!(found.ecosystems, [Ecosystem::Apt, Ecosystem::Conda, Ecosystem::Os, Ecosystem::Pip]);
        }
    }
}
