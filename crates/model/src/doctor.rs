//! What is most likely wrong with a disk: its findings, grouped by cause.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};

use crate::{Cause, Finding, Language, causes};

/// How sure a diagnosis is, the least sure first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sureness {
    /// Something on the disk makes one think of it.
    Possible,
    /// Several things would have to be otherwise for it to be wrong.
    Likely,
    /// The disk itself shows it.
    Certain,
}

/// A cause, and what on this disk speaks for it.
///
/// In JSON it carries `cause` (the stable name), `sureness`, `title`, `explanation`, `next_step`, `errors` (English) and
/// `findings`, positions in the list of the [`Doctor`] it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Row of the table of causes.
    pub cause: &'static Cause,
    /// How sure it is.
    pub sureness: Sureness,
    /// Positions in [`Doctor::findings`], in their order.
    pub findings: Vec<u32>,
}

/// What was read of a disk and can be taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Volumes.
    pub volumes: u64,
    /// Images, the classic builder's intermediate ones left out.
    pub images: u64,
    /// Containers.
    pub containers: u64,
}

/// What `doctor` says of a disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Doctor {
    /// At least one, the worst and most explaining first.
    pub diagnoses: Vec<Diagnosis>,
    /// What was read and can be taken out.
    pub contents: Contents,
    /// Every finding, the gravest first.
    pub findings: Vec<Finding>,
}

impl Doctor {
    /// The findings of a diagnosis, the gravest first.
    pub fn findings_of<'a>(&'a self, diagnosis: &'a Diagnosis) -> impl Iterator<Item = &'a Finding> {
        diagnosis.findings.iter().filter_map(|at| self.findings.get(usize::try_from(*at).ok()?))
    }

    /// The findings that belong to no diagnosis: remarks.
    pub fn remarks(&self) -> impl Iterator<Item = &Finding> {
        let is_taken = |at: usize| self.diagnoses.iter().flat_map(|it| &it.findings).any(|taken| *taken as usize == at);
        self.findings.iter().enumerate().filter(move |(at, _)| !is_taken(*at)).map(|(_, finding)| finding)
    }
}

impl Serialize for Diagnosis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The page takes the rows from the worker, and is loaded without the table.
        if !serializer.is_human_readable() {
            let mut out = serializer.serialize_struct("Diagnosis", 3)?;
            out.serialize_field("cause", &causes::Row::of(self.cause))?;
            out.serialize_field("sureness", &self.sureness)?;
            out.serialize_field("findings", &self.findings)?;
            return out.end();
        }
        #[derive(Serialize)]
        struct Error {
            said_by: &'static str,
            text: &'static str,
            source: &'static str,
        }
        let errors = self.cause.errors.iter();
        let errors: Vec<Error> =
            errors.map(|it| Error { said_by: it.said_by, text: it.text, source: it.source }).collect();
        let mut out = serializer.serialize_struct("Diagnosis", 7)?;
        out.serialize_field("cause", self.cause.name)?;
        out.serialize_field("sureness", &self.sureness)?;
        out.serialize_field("title", self.cause.title(Language::English))?;
        out.serialize_field("explanation", self.cause.explanation(Language::English))?;
        out.serialize_field("next_step", self.cause.next(Language::English))?;
        out.serialize_field("errors", &errors)?;
        out.serialize_field("findings", &self.findings)?;
        out.end()
    }
}

impl<'de> Deserialize<'de> for Diagnosis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            #[derive(Deserialize)]
            struct Wire<'row> {
                #[serde(borrow)]
                cause: causes::Row<'row>,
                sureness: Sureness,
                findings: Vec<u32>,
            }
            let wire = Wire::deserialize(deserializer)?;
            return Ok(Diagnosis { cause: wire.cause.learned(), sureness: wire.sureness, findings: wire.findings });
        }
        #[derive(Deserialize)]
        struct Wire {
            cause: String,
            sureness: Sureness,
            findings: Vec<u32>,
        }
        let wire = Wire::deserialize(deserializer)?;
        let cause = causes::find(&wire.cause)
            .ok_or_else(|| serde::de::Error::custom(format_args!("cause {:?} is not in the table", wire.cause)))?;
        Ok(Diagnosis { cause, sureness: wire.sureness, findings: wire.findings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, codes};

    #[test]
    fn a_doctor_survives_the_wire() {
        let finding =
            |code| Finding { code, place: Place::new("disk.vhdx"), values: [("reason".into(), "x".into())].into() };
        let doctor = Doctor {
            diagnoses: vec![Diagnosis { cause: &causes::CUT, sureness: Sureness::Certain, findings: vec![1] }],
            contents: Contents { volumes: 1, images: 2, containers: 3 },
            findings: vec![finding(&codes::general::READ_FAILED), finding(&codes::disk::VHDX_CUT)],
        };
        let text = serde_json::to_string(&doctor).unwrap();
        assert_eq!(serde_json::from_str::<Doctor>(&text).unwrap(), doctor);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&value["diagnoses"][0]["cause"], &value["diagnoses"][0]["sureness"]),
            (&"cut".into(), &"certain".into())
        );
        assert!(value["diagnoses"][0]["errors"].as_array().is_some_and(|errors| !errors.is_empty()));
        assert_eq!(doctor.remarks().map(|it| it.code.name).collect::<Vec<_>>(), ["read-failed"]);
        assert_eq!(
            doctor.findings_of(&doctor.diagnoses[0]).map(|it| it.code.name).collect::<Vec<_>>(),
            ["vhdx-file-cut"]
        );
    }
}
