//! What the person prefers, remembered by the browser.

use careen_model::Language;
use leptos::prelude::*;

const LANGUAGE_KEY: &str = "careen.language";
const THEME_KEY: &str = "careen.theme";

/// Which set of colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the system is set.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The word it is remembered by; also the value of `data-theme`.
    pub fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Whether it is dark now.
    pub fn is_dark(self) -> bool {
        match self {
            Theme::Light => false,
            Theme::Dark => true,
            Theme::System => {
                window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches())
            }
        }
    }

    /// The theme the switch goes to next: the other one.
    pub fn other(self) -> Theme {
        if self.is_dark() { Theme::Light } else { Theme::Dark }
    }
}

/// The settings.
#[derive(Clone, Copy)]
pub struct Settings {
    /// Language of every sentence.
    pub language: RwSignal<Language>,
    /// Colors.
    pub theme: RwSignal<Theme>,
}

impl Settings {
    /// What was remembered, else what browser and system say.
    pub fn load() -> Settings {
        let language = match stored(LANGUAGE_KEY).as_deref() {
            Some("ko") => Language::Korean,
            Some("en") => Language::English,
            _ if window().navigator().language().is_some_and(|tag| tag.starts_with("ko")) => Language::Korean,
            _ => Language::English,
        };
        let theme = match stored(THEME_KEY).as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        };
        let settings = Settings { language: RwSignal::new(language), theme: RwSignal::new(theme) };
        Effect::new(move |_| root_attribute("data-theme", settings.theme.get().word()));
        Effect::new(move |_| root_attribute("lang", tag(settings.language.get())));
        settings
    }

    /// Switches the language and remembers it.
    pub fn set_language(self, language: Language) {
        store(LANGUAGE_KEY, tag(language));
        self.language.set(language);
    }

    /// Switches the colors and remembers them.
    pub fn set_theme(self, theme: Theme) {
        store(THEME_KEY, theme.word());
        self.theme.set(theme);
    }
}

/// The language tag of a language.
fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Korean => "ko",
    }
}

fn root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        // Fails only for names that are no names.
        let _ = root.set_attribute(name, value);
    }
}

fn stored(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// A browser that keeps nothing (private windows) forgets the setting with the page; that is all.
fn store(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}
