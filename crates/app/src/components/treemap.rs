//! Areas in proportion to numbers: a squarified treemap (Bruls, Huizing, van Wijk, "Squarified Treemaps", 2000).

/// A rectangle, in the units of the one it was laid out in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// An area for each weight, in the order of the weights, filling `whole`. Weights are to be sorted, the largest first;
/// what weighs nothing gets an area without extent.
pub fn squarify(weights: &[f64], whole: Area) -> Vec<Area> {
    let total: f64 = weights.iter().sum();
    let mut rest = whole;
    let mut areas = Vec::with_capacity(weights.len());
    let scale = if total > 0.0 { whole.width * whole.height / total } else { 0.0 };
    while areas.len() < weights.len() {
        let left = &weights[areas.len()..];
        let side = rest.width.min(rest.height);
        // A row grows as long as its worst area becomes squarer.
        let mut count = 1;
        while count < left.len()
            && worst(&left[..count], scale, side) >= worst(&left[..=count], scale, side)
            && left[count] > 0.0
        {
            count += 1;
        }
        rest = lay_row(&left[..count], scale, rest, &mut areas);
    }
    areas
}

/// The worst ratio of the sides of a row along `side`.
fn worst(row: &[f64], scale: f64, side: f64) -> f64 {
    let sum = row.iter().sum::<f64>() * scale;
    let (most, least) =
        row.iter().fold((0.0_f64, f64::INFINITY), |(most, least), weight| (most.max(*weight), least.min(*weight)));
    let (most, least) = (most * scale, least * scale);
    if sum <= 0.0 || side <= 0.0 || least <= 0.0 {
        return f64::INFINITY;
    }
    (side * side * most / (sum * sum)).max(sum * sum / (side * side * least))
}

/// Lays a row along the shorter side; what is left of `rest`.
fn lay_row(row: &[f64], scale: f64, rest: Area, areas: &mut Vec<Area>) -> Area {
    let sum = row.iter().sum::<f64>() * scale;
    let is_wide = rest.width >= rest.height;
    let side = if is_wide { rest.height } else { rest.width };
    let depth = if side > 0.0 { sum / side } else { 0.0 };
    let mut along = 0.0;
    for weight in row {
        let length = if depth > 0.0 { weight * scale / depth } else { 0.0 };
        areas.push(if is_wide {
            Area { x: rest.x, y: rest.y + along, width: depth, height: length }
        } else {
            Area { x: rest.x + along, y: rest.y, width: length, height: depth }
        });
        along += length;
    }
    if is_wide {
        Area { x: rest.x + depth, width: (rest.width - depth).max(0.0), ..rest }
    } else {
        Area { y: rest.y + depth, height: (rest.height - depth).max(0.0), ..rest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Area = Area { x: 10.0, y: 20.0, width: 600.0, height: 400.0 };

    #[test]
    fn areas_are_in_proportion_and_inside() {
        // The example of the paper.
        let weights = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0];
        let areas = squarify(&weights, WHOLE);
        for (weight, area) in weights.iter().zip(&areas) {
            assert!((area.width * area.height - weight * 10_000.0).abs() < 1e-6, "{area:?}");
            assert!(area.x >= 10.0 && area.x + area.width <= 610.0 + 1e-9, "{area:?}");
            assert!(area.y >= 20.0 && area.y + area.height <= 420.0 + 1e-9, "{area:?}");
            assert!((area.width / area.height).max(area.height / area.width) < 3.0, "{area:?}");
        }
        assert_eq!((areas[0].width, areas[0].height), (300.0, 200.0));
    }

    #[test]
    fn nothing_has_no_extent() {
        assert!(squarify(&[], WHOLE).is_empty());
        for area in squarify(&[0.0, 0.0], WHOLE) {
            assert_eq!(area.width * area.height, 0.0);
        }
        let areas = squarify(&[5.0, 0.0, 0.0], WHOLE);
        assert_eq!(areas[0].width * areas[0].height, 240_000.0);
        assert!(areas[1..].iter().all(|area| area.width * area.height == 0.0));
        assert_eq!(squarify(&[1.0, 1.0], Area { width: 0.0, ..WHOLE }).len(), 2);
    }
}
