//! Installed gems, `specifications/*.gemspec` and `specifications/default/*.gemspec` (RubyGems,
//! `Gem::StubSpecification`): the line `# stub: name version platform paths` that RubyGems itself reads; without it, the
//! assignments of name and version that it writes.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId};
use careen_model::{Declared, Ecosystem, Package};

use crate::draft::{Draft, LARGEST_RECORD, lost, record};
use crate::{Cataloger, path, purl::purl};

/// The cataloger of gems.
pub struct Gem;

impl Cataloger for Gem {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Gem
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        kind == Kind::File && path.ends_with(b".gemspec") && environment(path).is_some()
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let Some(bytes) = record(tree, Ecosystem::Gem, path, node, LARGEST_RECORD, limits, findings) else {
            return Vec::new();
        };
        let environment = environment(path).unwrap_or_default();
        let package = package(&String::from_utf8_lossy(&bytes), &path::text(environment), &path::text(path));
        if package.is_none() {
            lost(tree, Ecosystem::Gem, path, node, "it tells no name or no version", findings);
        }
        package.into_iter().collect()
    }
}

/// The directory that `specifications` lies in.
fn environment(path: &[u8]) -> Option<&[u8]> {
    let directory = path::parent(path);
    let specifications = if path::name(directory) == b"default" { path::parent(directory) } else { directory };
    (path::name(specifications) == b"specifications").then(|| path::parent(specifications))
}

fn package(text: &str, environment: &str, found_at: &str) -> Option<Package> {
    let stub = text.lines().take(8).find_map(|line| line.strip_prefix("# stub: "));
    let mut words = stub.unwrap_or_default().split_ascii_whitespace().map(str::to_owned);
    let name = words.next().or_else(|| assigned(text, "name"))?;
    let version = words.next().or_else(|| assigned(text, "version"))?;
    let platform = words.next().unwrap_or_else(|| "ruby".to_owned());
    let qualifiers = [("platform", if platform == "ruby" { "" } else { &platform })];
    let url = purl("gem", "", &name, &version, &qualifiers);
    let mut requires: Vec<String> = text
        .lines()
        .filter(|line| line.contains("add_runtime_dependency(") || line.contains("add_dependency("))
        .filter_map(|line| quoted(line).into_iter().next())
        .collect();
    requires.sort();
    requires.dedup();
    let all = |field: &str| {
        let line = text.lines().find(|line| is_assignment(line, field));
        line.map(quoted).unwrap_or_default()
    };
    let mut licenses = all("licenses");
    licenses.extend(all("license"));
    let declared = Declared {
        license: licenses.join(" OR "),
        supplier: all("authors").join(", "),
        requires,
        ..Declared::default()
    };
    let draft = Draft::new(Ecosystem::Gem, name, version, url, found_at.to_owned());
    Some(draft.declaring(declared).with([platform.as_str(), environment]))
}

/// Whether a line assigns a field: `  s.name = …`.
fn is_assignment(line: &str, field: &str) -> bool {
    let after = line.trim_start().split_once('.').and_then(|(_, after)| after.strip_prefix(field));
    after.is_some_and(|after| after.trim_start().starts_with('='))
}

/// The first text that is assigned to a field.
fn assigned(text: &str, field: &str) -> Option<String> {
    let line = text.lines().find(|line| is_assignment(line, field))?;
    quoted(line).into_iter().next().filter(|value| !value.is_empty())
}

/// The texts in double or single quotes on a line.
fn quoted(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(['"', '\'']) {
        let Some((_, after)) = rest.split_at_checked(start) else { break };
        let Some(mark) = after.chars().next() else { break };
        let Some((inner, behind)) = after.strip_prefix(mark).and_then(|after| after.split_once(mark)) else { break };
        found.push(inner.to_owned());
        rest = behind;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "# -*- encoding: utf-8 -*-\n# stub: nokogiri 1.15.4 x86_64-linux lib\n\nGem::Specification.new do |s|\n  \
        s.name = \"nokogiri\".freeze\n  s.version = \"1.15.4\"\n  s.authors = [\"A\".freeze, \"B\".freeze]\n  \
        s.licenses = [\"MIT\".freeze]\n  s.add_runtime_dependency(%q<racc>.freeze, [\"~> 1.4\"])\n  \
        s.add_dependency(\"mini\".freeze, [\"~> 2\"])\nend\n";

    #[test]
    fn the_stub_tells_name_version_and_platform() {
        let package = package(SPEC, "/e", "/x").unwrap();
        assert_eq!(package.purl, "pkg:gem/nokogiri@1.15.4?platform=x86_64-linux");
        assert_eq!((package.declared.license.as_str(), package.declared.supplier.as_str()), ("MIT", "A, B"));
    }

    #[test]
    fn without_a_stub_the_assignments_do() {
        let package = package(&SPEC.replace("# stub", "# x"), "/e", "/x").unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("nokogiri", "1.15.4"));
        assert!(super::package("s.names = 'a'\n", "/e", "/x").is_none());
    }

    #[test]
    fn only_specifications_are_claimed() {
        let claimed = |path: &str| Gem.claims(path.as_bytes(), Kind::File);
        assert!(claimed("/var/lib/gems/3.1.0/specifications/a-1.gemspec"));
        assert!(claimed("/usr/lib/ruby/gems/3.1.0/specifications/default/a-1.gemspec"));
        assert!(!claimed("/var/lib/gems/3.1.0/gems/a-1/a.gemspec"));
    }
}
