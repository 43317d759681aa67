//! One module a page, and the frame's header and notices.

mod about;
mod causes;
mod changes;
mod containers;
mod files;
mod findings;
mod header;
mod images;
mod inspect;
mod log;
mod networks;
mod no_disk;
mod open;
mod overview;
mod packages;
mod refused;
mod setup;
mod side_by_side;
mod timeline;
mod volumes;

pub use about::About;
pub use changes::Changes;
pub use containers::Containers;
pub use files::Files;
pub use findings::Findings;
pub use header::{Header, Notices};
pub use images::Images;
pub use log::Log;
pub use networks::Networks;
pub use no_disk::NoDisk;
pub use open::Open;
pub use overview::Overview;
pub use packages::Packages;
pub use timeline::Timeline;
pub use volumes::Volumes;
