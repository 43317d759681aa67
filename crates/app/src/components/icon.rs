//! Every picture of the page: 16-unit line icons, drawn in the color of their text.

use leptos::prelude::*;

/// The icons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Disk,
    Overview,
    Image,
    Container,
    Time,
    Build,
    Space,
    Volume,
    Network,
    Files,
    Package,
    Finding,
    About,
    Folder,
    File,
    Link,
    Device,
    Note,
    Damage,
    Loss,
    Check,
    Copy,
    Download,
    Close,
    Columns,
    Up,
    Filter,
    Sun,
    Moon,
    Lock,
    Stop,
    Right,
    Ascending,
    Descending,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Icon::Disk => "M2 4.5 3.5 2.5h9L14 4.5v7a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2zM2 9h12M11.5 11.3h.01M9 11.3h.01",
            Icon::Overview => "M2.5 3h11M2.5 6.3h11M2.5 9.6h7M2.5 13h5",
            Icon::Image => "M8 1.8 14 5 8 8.2 2 5zM2 8l6 3.2L14 8M2 11l6 3.2 6-3.2",
            Icon::Container => "M2 4.5 8 2l6 2.5v7L8 14l-6-2.5zM2 4.5 8 7l6-2.5M8 7v7",
            Icon::Time => "M8 1.800a6.200 6.200 0 1 1 0 12.400A6.200 6.200 0 0 1 8 1.800zM8 4.500V8l2.500 2",
            Icon::Build => {
                "M9.500 2a3.500 3.500 0 0 0-3.300 4.700L1.800 11.100l3.100 3.100 4.400-4.400A3.500 3.500 0 0 0 14 5.500L11.700 7.800 8.200 4.300 10.500 2z"
            }
            Icon::Space => "M2 2.500h12v11H2zM8.500 2.500v11M8.500 8h5.500M2 9.500h6.500",
            Icon::Volume => {
                "M2.5 4c0-1.1 2.5-2 5.500-2s5.500.9 5.500 2v8c0 1.100-2.500 2-5.500 2s-5.500-.9-5.500-2zM2.500 4c0 1.100 2.500 2 5.500 2s5.500-.9 5.500-2M2.500 8c0 1.100 2.500 2 5.500 2s5.500-.9 5.500-2"
            }
            Icon::Network => {
                "M6 2h4v3.500H6zM1.500 10.500h4V14h-4zM10.500 10.500h4V14h-4zM8 5.500V8M3.500 10.500V8h9v2.500"
            }
            Icon::Files => "M5 4.500V2h5.500L13.500 5v6.500H11M10.500 2v3h3M2.500 4.500h5L11 8v6H2.500z",
            Icon::Package => "M2 5 8 2l6 3v6l-6 3-6-3zM2 5l6 3 6-3M8 8v6M5 3.500l6 3V9",
            Icon::Finding => "M8 2 14.500 13.500h-13zM8 6.500v3M8 11.500h.01",
            Icon::About => "M8 1.800a6.200 6.200 0 1 1 0 12.400A6.200 6.200 0 0 1 8 1.800zM8 7.200v4M8 4.800h.01",
            Icon::Folder => "M1.800 12.500v-9h4.500L8 5.300h6.200v7.200z",
            Icon::File => "M3.500 1.800H9.500L12.500 5v9.200h-9zM9.500 1.800V5h3",
            Icon::Link => {
                "M6.700 9.300a2.500 2.500 0 0 0 3.600 0l2.400-2.400a2.550 2.550 0 0 0-3.600-3.600l-1 1M9.300 6.700a2.500 2.500 0 0 0-3.600 0L3.300 9.100a2.550 2.550 0 0 0 3.600 3.600l1-1"
            }
            Icon::Device => {
                "M4 4h8v8H4zM6.500 6.500h3v3h-3zM6 1.800V4M10 1.800V4M6 12v2.200M10 12v2.200M1.800 6H4M1.800 10H4M12 6h2.200M12 10h2.200"
            }
            Icon::Note => "M8 1.800a6.200 6.200 0 1 1 0 12.400A6.200 6.200 0 0 1 8 1.800zM8 7.200v4M8 4.800h.01",
            Icon::Damage => "M8 2 14.500 13.500h-13zM8 6.500v3M8 11.500h.01",
            Icon::Loss => {
                "M5.300 1.800h5.400l3.500 3.500v5.400l-3.500 3.500H5.300l-3.500-3.500V5.300zM5.800 5.800l4.400 4.400M10.200 5.800l-4.400 4.400"
            }
            Icon::Check => "M2.500 8.500 6.300 12l7.200-8",
            Icon::Copy => "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
            Icon::Download => "M8 2v8M4.500 6.800 8 10.300l3.500-3.500M2.500 13.500h11",
            Icon::Columns => "M2 2.500h12v11H2zM6 2.500v11M10 2.500v11",
            Icon::Close => "M3.500 3.500l9 9M12.500 3.500l-9 9",
            Icon::Up => "M8 13V3M3.800 7.200 8 3l4.200 4.200",
            Icon::Filter => "M1.800 3h12.400L9.500 8.500V13l-3 1.200V8.500z",
            Icon::Sun => {
                "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3.100 3.100l1 1M11.900 11.900l1 1M12.900 3.100l-1 1M4.100 11.900l-1 1"
            }
            Icon::Moon => "M13.500 9.800A6 6 0 0 1 6.200 2.500a6 6 0 1 0 7.300 7.300z",
            Icon::Lock => "M3.500 7.200h9v6.500h-9zM5.300 7.200V4.800a2.700 2.700 0 0 1 5.400 0v2.400",
            Icon::Stop => "M4 4h8v8H4z",
            Icon::Right => "M6 3.500 10.500 8 6 12.500",
            Icon::Ascending => "M4.500 9.500 8 6l3.500 3.500",
            Icon::Descending => "M4.500 6.500 8 10l3.500-3.500",
        }
    }
}

/// An icon. It says nothing to a screen reader: the words beside it do.
pub fn icon(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=icon.path() />
        </svg>
    }
}
