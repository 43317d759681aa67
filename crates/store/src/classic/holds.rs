//! Databases in a volume, told by the files they keep, and the version that wrote them.
//!
//! Sources: PostgreSQL manual, "Database File Layout" (`PG_VERSION`); MySQL 8.0 `fil0types.h` (`FIL_PAGE_SRV_VERSION`)
//! and `mysql_upgrade_info`; MariaDB `mariadb_upgrade_info`; SQLite file format 1.3 (`www.sqlite.org/fileformat2.html`);
//! WiredTiger's own `WiredTiger` file beside MongoDB's `storage.bson`; Redis RDB format, auxiliary field `redis-ver`;
//! etcd `server/storage/datadir`; Elasticsearch `env/NodeEnvironment`.
//!
//! Read: a few names in the topmost directories of a volume and the first bytes of such a file. Not handled: what is in
//! the databases.

use careen_evidence::{Findings, Kind, Limits};
use careen_model::HeldDatabase;

use crate::records::{Object, Records, kept};

/// How deep below a volume's root a database is looked for: PostgreSQL 18 has it in `18/docker`.
const MAX_DEPTH: u32 = 2;
/// Directories of one volume looked into.
const MAX_DIRECTORIES: usize = 64;
/// Files of one directory whose first bytes are looked at.
const MAX_FILES: usize = 64;
/// Names in a directory beyond which it is one of data, and is not looked into.
const MAX_NAMES: usize = 4096;
/// Endings under which SQLite databases are kept.
const SQLITE_ENDINGS: [&str; 6] = [".db", ".sqlite", ".sqlite3", ".db3", ".sqlitedb", ".s3db"];

/// The databases in a volume's directory, those of its topmost directories first.
pub(super) fn databases(records: &Records<'_>, content: &Object, findings: &mut Findings) -> Vec<HeldDatabase> {
    let mut found = Vec::new();
    let mut level = vec![(String::new(), content.clone())];
    let mut left = MAX_DIRECTORIES;
    for depth in 0..=MAX_DEPTH {
        let mut next = Vec::new();
        for (path, object) in level {
            if left == 0 {
                return found;
            }
            left = left.saturating_sub(1);
            let names = names(records, &object, findings);
            if names.len() > MAX_NAMES {
                continue;
            }
            let directory = Directory { records, path: &path, names: &names };
            let here = directory.databases(findings);
            let is_data = here.iter().any(|database| database.path == path);
            found.extend(here);
            // What lies in a database's own directory is its own.
            if !is_data && depth < MAX_DEPTH {
                let is_directory =
                    |(_, object): &&(String, Object)| records.is_kind(object, Kind::Directory, &mut Findings::new());
                let below = names.iter().filter(is_directory);
                next.extend(below.map(|(name, object)| (join(&path, name), object.clone())));
            }
        }
        level = next;
    }
    found
}

/// The names in a directory of somebody's data, of which those that are not UTF-8 are nobody's concern here.
fn names(records: &Records<'_>, directory: &Object, findings: &mut Findings) -> Vec<(String, Object)> {
    let entries = kept(records.tree.list(directory.node, findings), findings).unwrap_or_default();
    let named = entries.into_iter().filter_map(|entry| {
        let name = String::from_utf8(entry.name).ok()?;
        let path = directory.path_of(&name);
        Some((name, Object { node: entry.node, path }))
    });
    named.collect()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// A directory that may hold a database.
struct Directory<'a> {
    records: &'a Records<'a>,
    path: &'a str,
    names: &'a [(String, Object)],
}

impl Directory<'_> {
    fn databases(&self, findings: &mut Findings) -> Vec<HeldDatabase> {
        let mut found = Vec::new();
        if let Some(version) = self.text("PG_VERSION", findings)
            && self.has("global")
        {
            found.push(self.database("postgresql", first_word(&version), self.path, "PG_VERSION"));
        }
        found.extend(self.mysql(findings));
        if self.has("storage.bson") && self.has("WiredTiger") {
            found.push(self.database("mongodb", None, self.path, "storage.bson"));
        }
        found.extend(self.redis(findings));
        if self
            .names
            .iter()
            .any(|(name, object)| name == "member" && self.records.directory(object, &["snap"], findings).is_some())
        {
            found.push(self.database("etcd", None, self.path, "member/snap"));
        }
        if self.has("node.lock") && (self.has("_state") || self.has("nodes") || self.has("indices")) {
            found.push(self.database("elasticsearch", None, self.path, "node.lock"));
        }
        if found.is_empty() {
            found.extend(self.sqlite(findings));
        }
        found
    }

    /// InnoDB's system tablespace; the files of an upgrade say which server it was, the page header of `mysql.ibd` too.
    fn mysql(&self, findings: &mut Findings) -> Option<HeldDatabase> {
        if !self.has("ibdata1") {
            return None;
        }
        for name in ["mariadb_upgrade_info", "mysql_upgrade_info"] {
            if let Some(version) = self.text(name, findings).and_then(|text| first_word(&text)) {
                let is_mariadb = version.contains("MariaDB") || name.starts_with("mariadb");
                let number = version.split('-').next().map(str::to_owned);
                return Some(self.database(if is_mariadb { "mariadb" } else { "mysql" }, number, self.path, name));
            }
        }
        if self.has("aria_log_control") {
            return Some(self.database("mariadb", None, self.path, "aria_log_control"));
        }
        // FIL_PAGE_SRV_VERSION: 80033 for 8.0.33, at offset 8 of the first page, big-endian.
        let version = self.start("mysql.ibd", 12, findings).and_then(|bytes| number_at(&bytes, 8));
        match version.filter(|version| (50_000..1_000_000).contains(version)) {
            Some(version) => Some(self.database("mysql", Some(thousands(version, 100)), self.path, "mysql.ibd")),
            None => Some(self.database("mysql", None, self.path, "ibdata1")),
        }
    }

    /// `dump.rdb`: `REDIS`, four digits, then auxiliary fields, of which `redis-ver` is the first.
    fn redis(&self, findings: &mut Findings) -> Option<HeldDatabase> {
        if let Some(bytes) = self.start("dump.rdb", 64, findings).filter(|bytes| bytes.starts_with(b"REDIS")) {
            let key = b"redis-ver";
            let at = bytes.windows(key.len()).position(|window| window == key);
            let value = at.and_then(|at| bytes.get(at.saturating_add(key.len())..)).and_then(|rest| {
                let (length, text) = rest.split_first()?;
                std::str::from_utf8(text.get(..usize::from(*length))?).ok()
            });
            let is_version = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let version = value.filter(is_version).map(str::to_owned);
            return Some(self.database("redis", version, self.path, "dump.rdb"));
        }
        let name = ["appendonlydir", "appendonly.aof"].into_iter().find(|name| self.has(name))?;
        Some(self.database("redis", None, self.path, name))
    }

    /// Files that begin as SQLite's; at offset 96 stands the version that wrote last, 3041002 for 3.41.2.
    fn sqlite(&self, findings: &mut Findings) -> Vec<HeldDatabase> {
        let is_named = |name: &str| SQLITE_ENDINGS.iter().any(|ending| name.ends_with(ending));
        let mut found = Vec::new();
        for (name, _) in self.names.iter().filter(|(name, _)| is_named(name)).take(MAX_FILES) {
            if let Some(bytes) = self.start(name, 100, findings).filter(|it| it.starts_with(b"SQLite format 3\0")) {
                let version = number_at(&bytes, 96).filter(|version| (3_000_000..4_000_000).contains(version));
                let version = version.map(|version| thousands(version, 1000));
                found.push(self.database("sqlite", version, &join(self.path, name), name));
            }
        }
        found
    }

    fn has(&self, name: &str) -> bool {
        self.object(name).is_some()
    }

    fn object(&self, name: &str) -> Option<&Object> {
        self.names.iter().find(|(known, _)| known == name).map(|(_, object)| object)
    }

    fn text(&self, name: &str, findings: &mut Findings) -> Option<String> {
        let bytes = self.start(name, 256, findings)?;
        Some(String::from_utf8_lossy(&bytes).trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned())
    }

    /// The first bytes of a file, fewer where it is shorter; `None` where it is none or cannot be read.
    fn start(&self, name: &str, most: u64, findings: &mut Findings) -> Option<Vec<u8>> {
        let object = self.object(name)?;
        if !self.records.is_kind(object, Kind::File, findings) {
            return None;
        }
        let source = kept(self.records.tree.open(object.node, findings), findings)?;
        let place = self.records.place(object);
        let length = source.len().min(most);
        kept(careen_evidence::read_vec(&*source, &place, 0, length, &Limits::default()), findings)
    }

    fn database(&self, engine: &str, version: Option<String>, path: &str, told_by: &str) -> HeldDatabase {
        let major = version.as_deref().map(|version| major_of(engine, version));
        let (advice, advice_ko) = advice(engine, major.as_deref());
        HeldDatabase {
            engine: engine.to_owned(),
            version,
            path: path.to_owned(),
            told_by: join(if engine == "sqlite" { "" } else { path }, if engine == "sqlite" { path } else { told_by }),
            advice,
            advice_ko,
        }
    }
}

/// The part of a version that must be the same for the files to be opened.
fn major_of(engine: &str, version: &str) -> String {
    let parts: Vec<&str> = version.split('.').collect();
    let is_old_postgresql = engine == "postgresql" && parts.first().is_some_and(|first| first.len() < 2);
    let count = if is_old_postgresql || matches!(engine, "mysql" | "mariadb") { 2 } else { 1 };
    parts.into_iter().take(count).collect::<Vec<_>>().join(".")
}

/// What to mind when this volume is copied.
fn advice(engine: &str, major: Option<&str>) -> (String, String) {
    if engine == "sqlite" {
        return (
            "A copy is as after a power cut. Take the files that end in -wal and -journal along: SQLite repairs the database with them when it opens it.".to_owned(),
            "복사본은 전원이 끊긴 직후와 같은 상태입니다. -wal과 -journal로 끝나는 파일도 함께 가져가십시오. SQLite가 열 때 이 파일로 데이터베이스를 복구합니다.".to_owned(),
        );
    }
    let (version, version_ko) = match major {
        Some(major) => (format!("{engine} {major}"), format!("{engine} {major}")),
        None => (format!("the same major version of {engine}"), format!("같은 주 버전의 {engine}")),
    };
    (
        format!(
            "A copy is as after a power cut: {engine} repairs itself from its log when it starts. Start it with {version} over the whole directory, then dump."
        ),
        format!(
            "복사본은 전원이 끊긴 직후와 같은 상태이며, {engine}은(는) 시작할 때 로그로 스스로 복구합니다. 디렉터리 전체를 {version_ko}(으)로 시작한 다음 덤프하십시오."
        ),
    )
}

fn first_word(text: &str) -> Option<String> {
    text.split_whitespace().next().map(str::to_owned)
}

/// A 32-bit number, big-endian.
fn number_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let bytes = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// `80033` as 8.0.33, `3041002` as 3.41.2: three parts, the last two of `base` steps each.
fn thousands(version: u32, base: u32) -> String {
    let part = |divisor: u32| version.checked_div(divisor).unwrap_or(0);
    let (patch, rest) = (version.checked_rem(base).unwrap_or(0), part(base));
    let (minor, major) = (rest.checked_rem(base).unwrap_or(0), rest.checked_div(base).unwrap_or(0));
    format!("{major}.{minor}.{patch}")
}
