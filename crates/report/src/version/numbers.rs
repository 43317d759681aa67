//! Orders of plain numbers: R's packages and Perl's distributions.

use super::number::{Number, is_digit};

/// R's versions (`package_version`): at least one number, more of them behind dots or hyphens. `None` for any other text.
pub fn of_r(text: &str) -> Option<Vec<Number<'_>>> {
    text.split(['.', '-'])
        .map(|part| (!part.is_empty() && part.chars().all(is_digit)).then(|| Number::new(part)))
        .collect()
}

/// Perl's versions (version.pm): with a `v` or two dots each part is a number; else it is a decimal fraction, three digits of
/// which are a part (`1.5` is `v1.500`). `None` for any other text.
pub fn of_perl(text: &str) -> Option<Vec<u64>> {
    let text = text.split('_').collect::<String>();
    let dotted = text.strip_prefix('v');
    let plain = dotted.unwrap_or(&text);
    let number = |part: &str| -> Option<u64> { if part.chars().all(is_digit) { part.parse().ok() } else { None } };
    let mut parts = if dotted.is_some() || plain.matches('.').count() > 1 {
        plain.split('.').map(number).collect::<Option<Vec<u64>>>()?
    } else {
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let groups = fraction.as_bytes().chunks(3).map(|group| {
            let group = std::str::from_utf8(group).ok()?;
            number(&format!("{group:0<3}"))
        });
        std::iter::once(number(whole)).chain(groups).collect::<Option<Vec<u64>>>()?
    };
    while parts.last() == Some(&0) {
        parts.pop();
    }
    Some(parts)
}
