//! What the page knows: what the worker told, where the person is, what they prefer.

mod basket;
mod pins;
mod route;
mod settings;
mod told;

pub use basket::{Basket, Content, Item, Plan, Weight, file_name, kinds, plans};
pub use pins::Pins;
pub use route::{PackageTab, Route, severity_word};
pub use settings::Settings;
pub use told::{Notice, Phase, Picked, Told};
