//! Images, drawn by the browser from a blob of a fixed type; never as markup, so SVG is none of them.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag, Url};

use super::File;
use super::numbers::{big, little};
use crate::components::FailureBox;
use crate::format;
use crate::messages::{files, general};

/// Largest file that is drawn: as much as the worker gives at once.
const LARGEST: u64 = 16 << 20;
/// Most pixels that are drawn: each takes four bytes of the browser's memory, whatever the file weighs.
const PIXELS: u64 = 64 << 20;

/// The kinds that are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Png,
    Jpeg,
    Gif,
    WebP,
    Bmp,
    Ico,
}

impl Kind {
    /// By the first bytes.
    pub fn of(bytes: &[u8]) -> Option<Kind> {
        Some(match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Kind::Png,
            [0xff, 0xd8, 0xff, ..] => Kind::Jpeg,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Kind::Gif,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Kind::WebP,
            // Two letters are little: the length of the header has to be one that there is.
            [b'B', b'M', ..] if matches!(little::<4>(bytes, 14), Some(12 | 40 | 52 | 56 | 108 | 124)) => Kind::Bmp,
            // Reserved, type 1, a count, and the reserved byte and planes of the first picture.
            [0, 0, 1, 0, 1..=64, 0, _, _, _, 0, 0 | 1, 0, ..] => Kind::Ico,
            _ => return None,
        })
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Png => "PNG",
            Kind::Jpeg => "JPEG",
            Kind::Gif => "GIF",
            Kind::WebP => "WebP",
            Kind::Bmp => "BMP",
            Kind::Ico => "ICO",
        }
    }

    fn mime(self) -> &'static str {
        match self {
            Kind::Png => "image/png",
            Kind::Jpeg => "image/jpeg",
            Kind::Gif => "image/gif",
            Kind::WebP => "image/webp",
            Kind::Bmp => "image/bmp",
            Kind::Ico => "image/x-icon",
        }
    }

    /// Width and height in pixels, as the header says; of several pictures those of the largest.
    pub fn dimensions(self, bytes: &[u8]) -> Option<(u64, u64)> {
        match self {
            // PNG (Third Edition) 11.2.1: IHDR is the first chunk.
            Kind::Png if bytes.get(12..16)? == b"IHDR" => Some((big::<4>(bytes, 16)?, big::<4>(bytes, 20)?)),
            Kind::Png => None,
            Kind::Jpeg => of_jpeg(bytes),
            // GIF89a 18: the logical screen.
            Kind::Gif => Some((little::<2>(bytes, 6)?, little::<2>(bytes, 8)?)),
            Kind::WebP => of_webp(bytes),
            Kind::Bmp if little::<4>(bytes, 14)? == 12 => Some((little::<2>(bytes, 18)?, little::<2>(bytes, 20)?)),
            Kind::Bmp => {
                // A negative height means that the rows go down.
                let side = |at| Some(u64::from((little::<4>(bytes, at)? as u32).cast_signed().unsigned_abs()));
                Some((side(18)?, side(22)?))
            }
            Kind::Ico => (0..usize::try_from(little::<2>(bytes, 4)?).ok()?)
                .filter_map(|picture| of_icon(bytes, 6 + picture * 16))
                .max_by_key(|(width, height)| width * height),
        }
    }

    /// Whether the file ends before the picture does, where its structure tells.
    fn is_cut(self, bytes: &[u8]) -> bool {
        let length = bytes.len() as u64;
        match self {
            Kind::Png => {
                let mut at = 8_usize;
                // Each chunk: its length, its type, as many bytes, a checksum (5.3).
                while let (Some(size), Some(kind)) = (big::<4>(bytes, at), bytes.get(at + 4..at + 8)) {
                    at = at.saturating_add(12).saturating_add(size as usize);
                    if kind == b"IEND" {
                        return at as u64 > length;
                    }
                }
                true
            }
            Kind::WebP => little::<4>(bytes, 4).is_none_or(|size| size + 8 > length),
            Kind::Jpeg => !bytes.windows(2).any(|pair| pair == [0xff, 0xd9]),
            Kind::Gif | Kind::Bmp | Kind::Ico => false,
        }
    }
}

/// ITU-T T.81 B.1.1 and B.2.2: segments up to the header of the frame.
fn of_jpeg(bytes: &[u8]) -> Option<(u64, u64)> {
    let mut at = 2;
    loop {
        let [0xff, marker] = *bytes.get(at..at + 2)? else { return None };
        match marker {
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((big::<2>(bytes, at + 7)?, big::<2>(bytes, at + 5)?));
            }
            0xd9 | 0xda => return None,
            _ => at += 2 + usize::try_from(big::<2>(bytes, at + 2)?).ok()?,
        }
    }
}

/// RFC 9649 2.5 to 2.7.
fn of_webp(bytes: &[u8]) -> Option<(u64, u64)> {
    match bytes.get(12..16)? {
        b"VP8X" => Some((little::<3>(bytes, 24)? + 1, little::<3>(bytes, 27)? + 1)),
        b"VP8L" => {
            let bits = little::<4>(bytes, 21)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => Some((little::<2>(bytes, 26)? & 0x3fff, little::<2>(bytes, 28)? & 0x3fff)),
        _ => None,
    }
}

/// An entry of an icon. A PNG within has the last word about its size.
fn of_icon(bytes: &[u8], entry: usize) -> Option<(u64, u64)> {
    let offset = usize::try_from(little::<4>(bytes, entry + 12)?).ok()?;
    if let Some(within) = bytes.get(offset..).filter(|within| Kind::of(within) == Some(Kind::Png)) {
        return Kind::Png.dimensions(within);
    }
    let side = |at| little::<1>(bytes, at).map(|side| if side == 0 { 256 } else { side });
    Some((side(entry)?, side(entry + 1)?))
}

/// The picture, once its file is read.
#[component]
pub fn ImageView(file: File, kind: Kind) -> impl IntoView {
    if file.size > LARGEST {
        let values: &[(&str, &dyn std::fmt::Display)] =
            &[("size", &format::size(file.size)), ("most", &format::size(LARGEST))];
        return view! { <p class="muted">{files::IMAGE_TOO_LARGE.with(values)}</p> }.into_any();
    }
    let whole = LocalResource::new(move || {
        let file = file.clone();
        async move { file.read(0, LARGEST).await }
    });
    let picture = move || match whole.get() {
        None => view! { <p class="muted" role="status">{general::LOADING.get()}</p> }.into_any(),
        Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
        Some(Ok(bytes)) => view! { <Picture bytes=bytes kind=kind /> }.into_any(),
    };
    view! { {picture} }.into_any()
}

#[component]
fn Picture(bytes: Uint8Array, kind: Kind) -> impl IntoView {
    let content = bytes.to_vec();
    let Some((width, height)) = kind.dimensions(&content) else {
        return view! { <p class="muted">{files::IMAGE_NO_SIZE.with(&[("kind", &kind.name())])}</p> }.into_any();
    };
    let (wide, high) = (format::number(width), format::number(height));
    let values: &[(&str, &dyn std::fmt::Display)] = &[("kind", &kind.name()), ("width", &wide), ("height", &high)];
    if width.saturating_mul(height) > PIXELS {
        return view! { <p class="muted">{files::IMAGE_TOO_WIDE.with(values)}</p> }.into_any();
    }
    let Ok(address) = address(&bytes, kind) else {
        return view! { <p class="muted">{files::IMAGE_BROKEN.get()}</p> }.into_any();
    };
    let revoked = address.clone();
    // Fails for what is no address alone.
    on_cleanup(move || drop(Url::revoke_object_url(&revoked)));
    let is_broken = RwSignal::new(false);
    let is_cut = kind.is_cut(&content);
    let about = files::IMAGE_IS.with(values);
    view! {
        <p class="muted">{about.clone()}</p>
        {is_cut.then(|| view! { <p class="preview__warning">{files::IMAGE_CUT.get()}</p> })}
        {move || is_broken.get().then(|| view! { <p class="preview__warning" role="status">{files::IMAGE_BROKEN.get()}</p> })}
        <img class="preview__image" class:preview__image--broken=is_broken src=address alt=about on:error=move |_| is_broken.set(true) />
    }
    .into_any()
}

fn address(bytes: &Uint8Array, kind: Kind) -> Result<String, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind.mime());
    Url::create_object_url_with_blob(&Blob::new_with_buffer_source_sequence_and_options(&Array::of1(bytes), &options)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        // Signature, IHDR of 13 bytes with its checksum left at 0, IEND.
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend(b"\x08\x02\0\0\0\0\0\0\0\0\0\0\0IEND\0\0\0\0");
        bytes
    }

    fn size(bytes: &[u8]) -> Option<(u64, u64)> {
        Kind::of(bytes).and_then(|kind| kind.dimensions(bytes))
    }

    #[test]
    fn headers_tell_width_and_height() {
        assert_eq!(size(&png(3, 1 << 31)), Some((3, 1 << 31)));
        assert_eq!(size(b"GIF89a\x02\x01\x05\0\0\0\0"), Some((258, 5)));
        // SOI, an APP0 of four bytes, SOF2: length, precision, height, width.
        assert_eq!(size(b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x11\x08\0\x10\x01\0"), Some((256, 16)));
        assert_eq!(size(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x09\0\0\x13\0\0"), Some((10, 20)));
        // 54 bytes: file header, then a header of 40 with the height -2.
        let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x07\0\0\0".to_vec();
        bmp.extend((-2_i32).to_le_bytes());
        assert_eq!(size(&bmp), Some((7, 2)));
        // One entry of 16 × 0, which means 256, at an offset beyond the end.
        assert_eq!(size(b"\0\0\x01\0\x01\0\x10\0\0\0\x01\0\x20\0\0\x01\0\0\xff\0\0\0"), Some((16, 256)));
    }

    #[test]
    fn an_icon_cannot_hide_a_large_png() {
        let mut icon = b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\0\x01\0\0\x16\0\0\0".to_vec();
        icon.extend(png(100_000, 100_000));
        assert_eq!(size(&icon), Some((100_000, 100_000)));
    }

    #[test]
    fn what_is_cut_is_seen() {
        let whole = png(1, 1);
        assert!(!Kind::Png.is_cut(&whole));
        assert!(Kind::Png.is_cut(&whole[..whole.len() - 5]));
        assert!(Kind::Png.is_cut(&whole[..33]));
        assert_eq!(size(&whole[..20]), None);
        assert_eq!(size(b"\xff\xd8\xff\xe0\xff\xff"), None);
    }
}
