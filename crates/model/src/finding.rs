//! Damage and oddities, told to people.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};

use crate::{Place, codes};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing is wrong with the data.
    Note,
    /// A structure is damaged; what it describes could still be read.
    Damage,
    /// Something is not in the answer because it could not be read.
    Loss,
}

/// The languages people read findings in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English, the language of the command line and of JSON.
    English,
    /// Korean.
    Korean,
}

/// One row of the table of finding codes. `{name}` in a sentence stands for a value of the finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable name, such as `ext4-inode-checksum`.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is affected, why, and what was done about it.
    pub message: &'static str,
    /// The same in Korean.
    pub message_ko: &'static str,
    /// What the person should do.
    pub advice: &'static str,
    /// The same in Korean.
    pub advice_ko: &'static str,
}

/// A defect or oddity at a place on the disk.
///
/// In JSON it carries `code`, `severity`, `place`, `message`, `advice` (English) and the `values` they were made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Row of the code table.
    pub code: &'static Code,
    /// Where it was met.
    pub place: Place,
    /// What fills the `{name}` gaps of the sentences. Values may come from the disk: they are data, never markup.
    pub values: BTreeMap<String, String>,
}

impl Finding {
    /// The sentence for people, with its values filled in.
    pub fn message(&self, language: Language) -> String {
        self.fill(match language {
            Language::English => self.code.message,
            Language::Korean => self.code.message_ko,
        })
    }

    /// What to do, with its values filled in.
    pub fn advice(&self, language: Language) -> String {
        self.fill(match language {
            Language::English => self.code.advice,
            Language::Korean => self.code.advice_ko,
        })
    }

    /// One pass over the template, so that a value that looks like `{gap}` stays what it is.
    fn fill(&self, template: &str) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) => {
                    text.push_str(self.values.get(name).map_or("?", String::as_str));
                    rest = tail;
                }
                None => rest = after,
            }
        }
        text.push_str(rest);
        text
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The page takes the rows from the worker, and is loaded without the table.
        if !serializer.is_human_readable() {
            let mut out = serializer.serialize_struct("Finding", 3)?;
            out.serialize_field("code", &Row::of(self.code))?;
            out.serialize_field("place", &self.place)?;
            out.serialize_field("values", &self.values)?;
            return out.end();
        }
        let mut out = serializer.serialize_struct("Finding", 6)?;
        out.serialize_field("code", self.code.name)?;
        out.serialize_field("severity", &self.code.severity)?;
        out.serialize_field("place", &self.place)?;
        out.serialize_field("message", &self.message(Language::English))?;
        out.serialize_field("advice", &self.advice(Language::English))?;
        out.serialize_field("values", &self.values)?;
        out.end()
    }
}

impl<'de> Deserialize<'de> for Finding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            #[derive(Deserialize)]
            struct Wire<'row> {
                #[serde(borrow)]
                code: Row<'row>,
                place: Place,
                values: BTreeMap<String, String>,
            }
            let wire = Wire::deserialize(deserializer)?;
            return Ok(Finding { code: wire.code.learned(), place: wire.place, values: wire.values });
        }
        #[derive(Deserialize)]
        struct Wire {
            code: String,
            place: Place,
            values: BTreeMap<String, String>,
        }
        let wire = Wire::deserialize(deserializer)?;
        let code = codes::find(&wire.code).ok_or_else(|| {
            serde::de::Error::custom(format_args!("finding code {:?} is not in the table", wire.code))
        })?;
        Ok(Finding { code, place: wire.place, values: wire.values })
    }
}

/// A row of the table as it travels.
#[derive(Serialize, Deserialize)]
struct Row<'row> {
    name: &'row str,
    severity: Severity,
    message: &'row str,
    message_ko: &'row str,
    advice: &'row str,
    advice_ko: &'row str,
}

impl Row<'_> {
    fn of(code: &Code) -> Row<'_> {
        let Code { name, severity, message, message_ko, advice, advice_ko } = *code;
        Row { name, severity, message, message_ko, advice, advice_ko }
    }

    /// The row for good. There are as many as the table has, and each is kept once.
    fn learned(&self) -> &'static Code {
        static LEARNED: Mutex<Vec<&'static Code>> = Mutex::new(Vec::new());
        let mut learned = LEARNED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = learned.iter().find(|code| code.name == self.name) {
            return known;
        }
        let keep = |text: &str| -> &'static str { Box::leak(text.into()) };
        let code: &'static Code = Box::leak(Box::new(Code {
            name: keep(self.name),
            severity: self.severity,
            message: keep(self.message),
            message_ko: keep(self.message_ko),
            advice: keep(self.advice),
            advice_ko: keep(self.advice_ko),
        }));
        learned.push(code);
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(values: &[(&str, &str)]) -> Finding {
        static CODE: Code = Code {
            name: "test",
            severity: Severity::Note,
            message: "{a} and {b}.",
            message_ko: "{b} 그리고 {a}.",
            advice: "",
            advice_ko: "",
        };
        let values = values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Finding { code: &CODE, place: Place::default(), values }
    }

    #[test]
    fn values_fill_their_gaps_once() {
        let found = finding(&[("a", "{b}"), ("b", "2")]);
        assert_eq!(found.message(Language::English), "{b} and 2.");
        assert_eq!(found.message(Language::Korean), "2 그리고 {b}.");
    }

    #[test]
    fn a_missing_value_is_shown_as_unknown() {
        assert_eq!(finding(&[("a", "1")]).message(Language::English), "1 and ?.");
    }
}
