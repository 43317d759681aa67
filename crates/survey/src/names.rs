//! From what people write to the one thing they mean.

use std::cmp::Reverse;

use careen_model::{Container, Image, ImageKind, ImageState, Layer, LayerState};

/// Something with an id that goes by names too.
pub(crate) trait Named {
    /// Its id, with or without `sha256:`.
    fn id(&self) -> &str;
    /// Id of the store it lies in.
    fn store(&self) -> &str;
    /// What a list of candidates calls it.
    fn label(&self) -> String;
    /// How likely a person means it: the higher, the earlier in a list.
    fn weight(&self) -> u8;
    /// Whether nothing of it is missing or damaged.
    fn is_whole(&self) -> bool;
}

impl Named for Image {
    fn id(&self) -> &str {
        &self.id
    }

    fn store(&self) -> &str {
        &self.store
    }

    fn label(&self) -> String {
        format!("{} ({})", self.label(), self.short_id())
    }

    fn weight(&self) -> u8 {
        match self.kind {
            ImageKind::Tagged => 3,
            ImageKind::DigestOnly => 2,
            ImageKind::Dangling => 1,
            ImageKind::Intermediate => 0,
        }
    }

    fn is_whole(&self) -> bool {
        self.state == ImageState::Whole
    }
}

impl Named for Container {
    fn id(&self) -> &str {
        &self.id
    }

    fn store(&self) -> &str {
        &self.store
    }

    fn label(&self) -> String {
        format!("{} ({})", self.name, short(&self.id))
    }

    fn weight(&self) -> u8 {
        u8::from(!self.name.is_empty())
    }

    /// Of a container whose configuration is lost the state is not known.
    fn is_whole(&self) -> bool {
        self.state.is_some()
    }
}

impl Named for Layer {
    fn id(&self) -> &str {
        &self.chain_id
    }

    fn store(&self) -> &str {
        &self.store
    }

    fn label(&self) -> String {
        short(&self.chain_id).to_owned()
    }

    fn weight(&self) -> u8 {
        0
    }

    fn is_whole(&self) -> bool {
        self.state == LayerState::Whole
    }
}

/// Position of the one that is meant when all of these fit: the only one, or the first whole one of several records of
/// the same thing (one id in two data roots). `None` when they are different things, or none.
pub(crate) fn one_of<T: Named>(candidates: &[&T]) -> Option<usize> {
    let first = candidates.first()?;
    let is_one = candidates.iter().all(|other| other.id() == first.id());
    is_one.then(|| candidates.iter().position(|other| other.is_whole()).unwrap_or(0))
}

/// What these are called, each once, the likeliest first.
pub(crate) fn labels<T: Named>(candidates: &[&T]) -> Vec<String> {
    let mut named: Vec<(Reverse<u8>, String)> =
        candidates.iter().map(|one| (Reverse(one.weight()), one.label())).collect();
    named.sort();
    named.dedup();
    named.into_iter().map(|(_, label)| label).collect()
}

/// The first of these names in a sentence, and how many there are besides.
pub(crate) fn sentence(names: &[String]) -> String {
    /// How many names are told.
    const SHOWN: usize = 8;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Whether `wanted` is this id or the beginning of it, with or without `sha256:`.
pub(crate) fn has_id(id: &str, wanted: &str) -> bool {
    let digits = |text: &'_ str| text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    let wanted = digits(wanted);
    !wanted.is_empty() && digits(id).starts_with(&wanted)
}

/// The first 12 digits of an id.
fn short(id: &str) -> &str {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    digits.get(..12).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, kind: ImageKind, state: ImageState) -> Image {
        Image {
            id: format!("sha256:{id}"),
            store: "overlay2".into(),
            kind,
            names: if kind == ImageKind::Tagged { vec![format!("{id}:1")] } else { Vec::new() },
            digests: Vec::new(),
            created: None,
            architecture: None,
            os: None,
            size: None,
            layers: Vec::new(),
            state,
            hidden: None,
            config_digest: None,
            registry: None,
        }
    }

    #[test]
    fn records_of_one_image_are_one_image_and_a_whole_one_is_taken() {
        let whole = image("aa", ImageKind::Tagged, ImageState::Whole);
        let damaged = image("aa", ImageKind::Tagged, ImageState::Damaged);
        let other = image("ab", ImageKind::Tagged, ImageState::Whole);
        assert_eq!(one_of(&[&damaged, &whole, &whole]), Some(1));
        assert_eq!(one_of(&[&damaged, &damaged]), Some(0));
        assert_eq!(one_of(&[&whole, &other]), None);
        assert_eq!(one_of::<Image>(&[]), None);
    }

    #[test]
    fn any_beginning_of_an_id_names_it() {
        for wanted in ["0", "01", "0123", "sha256:0", "0123456789AB"] {
            assert!(has_id("sha256:0123456789ab", wanted), "{wanted}");
        }
        for wanted in ["", "sha256:", "1", "0123456789abc"] {
            assert!(!has_id("sha256:0123456789ab", wanted), "{wanted}");
        }
    }

    #[test]
    fn tagged_images_are_listed_before_those_nobody_names() {
        let all = [
            image("00", ImageKind::Intermediate, ImageState::Whole),
            image("01", ImageKind::Dangling, ImageState::Whole),
            image("02", ImageKind::DigestOnly, ImageState::Whole),
            image("04", ImageKind::Tagged, ImageState::Whole),
            image("03", ImageKind::Tagged, ImageState::Whole),
            image("03", ImageKind::Tagged, ImageState::Damaged),
        ];
        let listed = labels(&all.iter().collect::<Vec<_>>());
        assert_eq!(listed, ["03:1 (03)", "04:1 (04)", "02 (02)", "01 (01)", "00 (00)"]);
        assert_eq!(sentence(&listed[..2]), "03:1 (03), 04:1 (04)");
        let many: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        assert_eq!(sentence(&many), "0, 1, 2, 3, 4, 5, 6, 7 and 12 more");
    }
}
