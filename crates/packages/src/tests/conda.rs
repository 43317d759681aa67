//! conda's records.

use super::*;

#[test]
fn records_of_the_base_and_of_environments_are_read() {
    let mut tree = MemoryTree::new("test");
    let record = r#"{"name":"numpy","version":"1.26.4","build":"py312_0","channel":"https://repo.example/pkgs/main/linux-64",
        "subdir":"linux-64","fn":"numpy-1.26.4-py312_0.conda","files":[["deep"]],"build_number":0}"#;
    tree.file("/opt/conda/conda-meta/numpy-1.26.4-py312_0.json", record);
    tree.file("/opt/conda/envs/x/conda-meta/numpy-1.26.4-py312_0.json", record);
    tree.file("/opt/conda/envs/x/conda-meta/history", "==> 2023 <==\n");
    tree.file("/opt/conda/envs/x/conda-meta/state", "{}");
    let (found, codes) = catalog(&tree);
    assert_eq!((found.packages.len(), codes), (2, vec![]));
    let first = &found.packages[0];
    assert_eq!(first.purl, "pkg:conda/numpy@1.26.4?build=py312_0&channel=main&subdir=linux-64&type=conda");
    let environments: Vec<_> = found
        .packages
        .iter()
        .map(|package| match &package.details {
            Details::Conda { environment, channel, .. } => (environment.as_str(), channel.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    let channel = "https://repo.example/pkgs/main/linux-64";
    assert_eq!(environments, [("/opt/conda", channel), ("/opt/conda/envs/x", channel)]);
}

#[test]
fn history_alone_is_an_environment() {
    let mut tree = MemoryTree::new("test");
    tree.file("/opt/conda/conda-meta/history", "");
    let (found, _) = catalog(&tree);
    assert_eq!((found.ecosystems, found.packages.len()), (vec![Ecosystem::Conda], 0));
}

#[test]
fn a_broken_record_is_told_from_its_file_name_and_touches_no_other() {
    let mut tree = MemoryTree::new("test");
    tree.file("/c/conda-meta/good-1-0.json", r#"{"name":"good","version":"1","build":"0"}"#);
    tree.file("/c/conda-meta/cut-2-py_0.json", r#"{"name":"cut","ver"#);
    tree.file("/c/conda-meta/empty-3-py_0.json", "");
    tree.file("/c/conda-meta/deep-4-py_0.json", "[".repeat(1_000_000));
    tree.file("/c/conda-meta/noversion-5-py_0.json", r#"{"name":"x","version":""}"#);
    tree.file("/c/conda-meta/nameless.json", "{}");
    let (found, codes) = catalog(&tree);
    assert_eq!(named(&found), [("cut", "2"), ("deep", "4"), ("empty", "3"), ("good", "1"), ("noversion", "5")]);
    assert_eq!(codes.iter().filter(|code| **code == "conda-record-unreadable").count(), 4);
    assert_eq!(codes.iter().filter(|code| **code == "conda-record-lost").count(), 1);
}

#[test]
fn a_field_that_nests_deep_is_skipped_without_recursion() {
    let mut tree = MemoryTree::new("test");
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    tree.file("/c/conda-meta/a-1-0.json", format!(r#"{{"files":{deep},"name":"a","version":"1"}}"#));
    assert_eq!(named(&catalog(&tree).0), [("a", "1")]);
}
