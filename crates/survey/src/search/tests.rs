use careen_evidence::{Counts, MemoryTree};

use super::*;
use crate::{Directory, Lost, Options};

fn session(tree: MemoryTree) -> Session {
    let directory =
        Directory { name: "copy".to_owned(), tree: Rc::new(tree), lost: Lost::Nothing, counts: Counts::default() };
    Session::open_directory(directory, Options::default(), &mut |_| {}).unwrap()
}

fn query(pattern: &str, content: bool, limit: u64) -> SearchQuery {
    SearchQuery { pattern: pattern.to_owned(), of: None, content, limit }
}

/// All hits, whether there were more, and in how many units they came.
fn search(session: &mut Session, query: &SearchQuery) -> (Vec<Hit>, bool, u32) {
    let (mut search, mut hits, mut units) = (session.search(query).unwrap(), Vec::new(), 0);
    while search.next(session, &mut hits, &mut Findings::new()).unwrap() {
        units += 1;
    }
    (hits, search.has_more(), units)
}

fn paths(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.path.as_deref().unwrap_or_default()).collect()
}

#[test]
fn files_are_found_by_name_and_by_text() {
    let mut tree = MemoryTree::new("copy");
    tree.file("/etc/app.conf", "user=me\nPassword=x\n");
    tree.file("/etc/password", "none");
    tree.directory("/srv/password.d");
    tree.file("/bin/app", b"\0password");
    let mut session = session(tree);
    let (hits, has_more, _) = search(&mut session, &query("PASSWORD", false, 10));
    assert_eq!((paths(&hits), has_more), (vec!["/etc/password", "/srv/password.d"], false));
    assert_eq!((hits[0].scope.as_deref(), hits[1].file_type), (Some("fs:0"), Some(Kind::Directory)));
    let (hits, ..) = search(&mut session, &query("password", true, 10));
    assert_eq!(paths(&hits), ["/bin/app", "/etc/app.conf"]);
    assert!(hits[0].binary && hits[0].line.is_none() && hits[0].offset == Some(1));
    assert_eq!((hits[1].line, hits[1].excerpt.as_deref()), (Some(2), Some("Password=x")));
}

#[test]
fn a_search_ends_at_its_limit_and_says_so() {
    let mut tree = MemoryTree::new("copy");
    for number in 0..20 {
        tree.file(&format!("/x{number:02}"), "");
    }
    let mut session = session(tree);
    let (hits, has_more, _) = search(&mut session, &query("x", false, 5));
    assert_eq!((hits.len(), has_more), (5, true));
    let (hits, has_more, _) = search(&mut session, &query("/x*", false, 20));
    assert_eq!((hits.len(), has_more), (20, false));
}

#[test]
fn it_comes_in_units_and_stops_when_asked_to() {
    let mut tree = MemoryTree::new("copy");
    for number in 0..3 * OBJECTS {
        tree.file(&format!("/{number}"), "");
    }
    let mut session = session(tree);
    let (hits, _, units) = search(&mut session, &query("no such", false, 5));
    assert!(hits.is_empty() && units > 3, "{units}");
    let mut search = session.search(&query("1", false, 1 << 40)).unwrap();
    session.options().cancel.cancel();
    assert!(search.next(&mut session, &mut Vec::new(), &mut Findings::new()).unwrap_err().is_cancelled());
}

#[test]
fn nothing_is_not_looked_for() {
    let session = session(MemoryTree::new("copy"));
    assert!(session.search(&query("", true, 5)).is_err());
    assert!(session.search(&SearchQuery { of: Some(Scope::Image("x".into())), ..query("a", false, 5) }).is_err());
}

#[test]
fn findings_are_found_by_their_code() {
    let mut session = session(MemoryTree::new("copy"));
    let code = session.findings().list()[0].code.name;
    let (hits, ..) = search(&mut session, &query(code, false, 5));
    assert_eq!((hits[0].kind, hits[0].name.as_str()), (HitKind::Finding, code));
}
