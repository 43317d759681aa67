//! What went into an archive, written down beside it as the archive is written.

use careen_evidence::{Code, Findings, Kind, Place, ReadError, codes::export as codes};
use careen_model::Severity;
use serde::Serialize;

use crate::write::OnDamage;
use crate::write::content::{Gap, Seen, hex};

/// The name of a manifest's fields is its contract; see `docs/schemas/export-manifest.schema.json`.
#[derive(Serialize)]
pub(crate) struct Row<'a> {
    /// Path in the archive; bytes that are not UTF-8 as U+FFFD.
    name: String,
    /// Its bytes in hexadecimal, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    name_hex: Option<String>,
    /// Not known of what could not be looked at.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// In place of `sha256` where a file is mostly holes.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256_of_data: Option<String>,
    /// The entry this one is a hard link to.
    #[serde(skip_serializing_if = "Option::is_none")]
    link_to: Option<String>,
    /// The path it has on the disk, where the archive cannot hold that.
    #[serde(skip_serializing_if = "Option::is_none")]
    renamed_from: Option<String>,
    #[serde(skip_serializing_if = "<[Gap]>::is_empty")]
    gaps: &'a [Gap],
    /// Why it is not in the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
    /// What of it is not in the archive, besides content.
    #[serde(skip_serializing_if = "Option::is_none")]
    without: Option<String>,
}

/// What the row of an object tells besides its name.
#[derive(Clone, Default)]
pub(crate) struct Told<'a> {
    pub(crate) size: Option<u64>,
    pub(crate) seen: Option<&'a Seen>,
    pub(crate) link_to: Option<&'a [u8]>,
    pub(crate) renamed_from: Option<&'a [u8]>,
    pub(crate) missing: Option<String>,
    pub(crate) without: Option<String>,
}

/// Numbers of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Objects in the archive.
    pub entries: u64,
    /// Bytes of their content.
    pub bytes: u64,
    /// Objects that are not in it, since they could not be read.
    pub missing: u64,
    /// Files in it with gaps.
    pub with_gaps: u64,
    /// Objects that such an archive cannot hold.
    pub not_held: u64,
}

/// The manifest so far, and what was met on the way.
pub(crate) struct Report {
    /// Bytes of it that were not handed out yet.
    pub(crate) text: Vec<u8>,
    pub(crate) summary: Summary,
    pub(crate) findings: Findings,
    /// Whether objects have rows; those within a layer of an image have none.
    pub(crate) has_rows: bool,
    is_first: bool,
}

impl Report {
    /// Begins with what was asked for: a format, scopes and what is done about damage.
    pub(crate) fn begin(format: &str, scopes: &[String], on_damage: &str) -> Report {
        let text = format!(
            "{{\"careen\":{},\"format\":{},\"scopes\":{},\"on_damage\":{},\n\"entries\":[\n",
            json(&env!("CARGO_PKG_VERSION")),
            json(&format),
            json(&scopes),
            json(&on_damage)
        );
        Report {
            text: text.into_bytes(),
            summary: Summary::default(),
            findings: Findings::new(),
            has_rows: true,
            is_first: true,
        }
    }

    /// Adds the row of an object.
    pub(crate) fn row(&mut self, name: &[u8], kind: impl Into<Option<Kind>>, told: &Told<'_>) {
        if !self.has_rows {
            return;
        }
        let summary = &mut self.summary;
        let gaps = told.seen.map(|seen| seen.gaps.as_slice()).unwrap_or_default();
        if told.missing.is_none() {
            summary.entries = summary.entries.saturating_add(1);
            summary.bytes = summary.bytes.saturating_add(told.size.filter(|_| told.seen.is_some()).unwrap_or(0));
            summary.with_gaps = summary.with_gaps.saturating_add(u64::from(!gaps.is_empty()));
        }
        let digest = told.seen.map(|seen| (seen.sha256.clone(), seen.is_of_all));
        let name = if name.is_empty() { b"." } else { name };
        let row = Row {
            name: String::from_utf8_lossy(name).into_owned(),
            name_hex: std::str::from_utf8(name).is_err().then(|| hex(name)),
            kind: kind.into(),
            size: told.size,
            sha256: digest.clone().filter(|(_, is_of_all)| *is_of_all).map(|(digest, _)| digest),
            sha256_of_data: digest.filter(|(_, is_of_all)| !is_of_all).map(|(digest, _)| digest),
            link_to: told.link_to.map(|link| String::from_utf8_lossy(link).into_owned()),
            renamed_from: told.renamed_from.map(|from| String::from_utf8_lossy(from).into_owned()),
            gaps,
            missing: told.missing.clone(),
            without: told.without.clone(),
        };
        self.value(&row);
    }

    /// Adds one value to the list of entries.
    fn value(&mut self, value: &impl Serialize) {
        if !self.is_first {
            self.text.extend_from_slice(b",\n");
        }
        self.is_first = false;
        self.text.extend_from_slice(json(value).as_bytes());
    }

    /// Notes an object that could not be read and is left out.
    pub(crate) fn missed(&mut self, name: &[u8], kind: Option<Kind>, size: Option<u64>, error: &ReadError) {
        self.summary.missing = self.summary.missing.saturating_add(u64::from(self.has_rows));
        self.tell(&codes::EXPORT_LEFT_OUT, name, &error.place, &error.reason());
        self.row(name, kind, &Told { size, missing: Some(error.to_string()), ..Told::default() });
    }

    /// Leaves out what cannot be read, unless that ends everything: an answer to `on_damage`, or cancelled.
    pub(crate) fn leave_out(
        &mut self,
        name: &[u8],
        kind: Option<Kind>,
        size: Option<u64>,
        error: ReadError,
        on_damage: OnDamage,
    ) -> Result<(), ReadError> {
        if error.is_cancelled() || on_damage == OnDamage::Stop {
            return Err(error);
        }
        self.missed(name, kind, size, &error);
        Ok(())
    }

    /// Notes an object that such an archive has no way to hold.
    pub(crate) fn not_held(&mut self, name: &[u8], kind: Kind, place: &Place, reason: &str) {
        self.summary.not_held = self.summary.not_held.saturating_add(u64::from(self.has_rows));
        self.tell(&codes::EXPORT_NOT_HELD, name, place, &reason);
        self.row(name, kind, &Told { missing: Some(reason.to_owned()), ..Told::default() });
    }

    /// Notes the gaps of a file.
    pub(crate) fn gaps(&mut self, name: &[u8], place: &Place, gaps: &[Gap]) {
        if let Some(first) = gaps.first() {
            let count = gaps.iter().fold(0_u64, |sum, gap| sum.saturating_add(gap.length));
            let name = String::from_utf8_lossy(name);
            self.findings.add(
                &codes::EXPORT_GAPS,
                place,
                &[("name", &name), ("count", &count), ("reason", &first.reason)],
            );
        }
    }

    /// A finding about an object.
    pub(crate) fn tell(&mut self, code: &'static Code, name: &[u8], place: &Place, reason: &dyn std::fmt::Display) {
        let name = String::from_utf8_lossy(name);
        self.findings.add(code, place, &[("name", &name), ("reason", reason)]);
    }

    /// Ends the list of entries; `more` are further fields, with a comma after each.
    pub(crate) fn end_entries(&mut self, more: &str) {
        let told = |severity: Severity| {
            self.findings.to_vec().into_iter().filter(move |finding| finding.code.severity == severity)
        };
        #[derive(Serialize)]
        struct Told {
            code: &'static str,
            severity: Severity,
            place: String,
            message: String,
        }
        let findings: Vec<Told> = [Severity::Loss, Severity::Damage, Severity::Note]
            .into_iter()
            .flat_map(told)
            .map(|finding| Told {
                code: finding.code.name,
                severity: finding.code.severity,
                place: finding.place.to_string(),
                message: finding.message(careen_model::Language::English),
            })
            .collect();
        let text = format!("\n],\n{more}\"summary\":{},\n\"findings\":{}", json(&self.summary), json(&findings));
        self.text.extend_from_slice(text.as_bytes());
    }

    /// The end, with size and digest of the archive where it can be known: not within the archive itself.
    pub(crate) fn end(archive: Option<(u64, &str)>) -> String {
        match archive {
            Some((size, sha256)) => format!(",\n\"archive\":{{\"size\":{size},\"sha256\":{}}}}}\n", json(&sha256)),
            None => "}\n".to_owned(),
        }
    }
}

/// A value as JSON; what is told here always can be.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
