//! A picture: layers from right to left by the algorithm of Sugiyama, each module laid out by itself and then as one box
//! among those around it.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::escape::escape;
use rust_sugiyama::configure::Config;
use rust_sugiyama::from_vertices_and_edges;
use unicode_segmentation::UnicodeSegmentation;

use super::{Cluster, Drawing, Look};

/// Pixels.
const LETTER: f64 = 7.3;
const HIGH: f64 = 30.0;
const PADDING: f64 = 12.0;
const HEAD: f64 = 22.0;
const BETWEEN: f64 = 34.0;
const MARGIN: f64 = 16.0;
/// Swapping neighbours until fewer lines cross takes the square of the time.
const FEW: usize = 150;

const STYLE: &str = "text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328 }\n\
    .module { fill: none; stroke: #8c959f; stroke-dasharray: 4 3 }\n\
    .name, .tip { fill: #6e7781 }\n\
    .line { fill: none; stroke: #8c959f }\n\
    @media (prefers-color-scheme: dark) { .name { fill: #9ea7b3 } }\n";

/// Where a box is: its left upper corner, and its size.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    x: f64,
    y: f64,
    wide: f64,
    high: f64,
}

impl Place {
    fn moved(self, x: f64, y: f64) -> Self {
        Self { x: self.x + x, y: self.y + y, ..self }
    }
}

/// A module with everything in it, from its own corner.
#[derive(Debug, Default)]
struct Laid {
    wide: f64,
    high: f64,
    parts: Vec<(usize, Place)>,
    modules: Vec<(String, Place)>,
}

/// The graph.
pub fn written(drawing: &Drawing) -> String {
    let laid = lay(drawing, &Cluster::of(drawing));
    let (wide, high) = (laid.wide.max(1.0) + 2.0 * MARGIN, laid.high.max(1.0) + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.0} {high:.0}\" width=\"{wide:.0}\" height=\"{high:.0}\">\n\
         <style>\n{STYLE}{}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n",
        classes(drawing),
    );
    for (name, place) in &laid.modules {
        out.push_str(&boxed("module", *place));
        out.push_str(&text("name", place.x + 8.0, place.y + 15.0, name));
    }
    let places: BTreeMap<usize, Place> = laid.parts.iter().copied().collect();
    drawing.arrows.iter().for_each(|(user, used)| out.push_str(&arrow(places[user], places[used])));
    for (at, place) in &places {
        let part = &drawing.parts[*at];
        out.push_str(&boxed(part.look.word(), *place));
        out.push_str(&text("label", place.x + PADDING, place.y + HIGH / 2.0 + 4.0, &part.label));
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn classes(drawing: &Drawing) -> String {
    let looks: BTreeSet<Look> = drawing.parts.iter().map(|part| part.look).collect();
    let class = |look: Look| {
        let (border, fill) = look.colours();
        format!(".{} {{ stroke: {border}; fill: {fill} }}\n", look.word())
    };
    looks.into_iter().map(class).collect()
}

fn boxed(class: &str, place: Place) -> String {
    let Place { x, y, wide, high } = place;
    format!("<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" rx=\"4\"/>\n")
}

fn text(class: &str, x: f64, y: f64, text: &str) -> String {
    let shown = crate::ui::value::plain(text);
    format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>\n", escape(&*shown))
}

/// From the left side of a box to the right side of the one that it hangs on.
fn arrow(user: Place, used: Place) -> String {
    let (x, y) = (user.x, user.y + user.high / 2.0);
    let (to_x, to_y) = (used.x + used.wide, used.y + used.high / 2.0);
    let bend = ((x - to_x) / 2.0).abs().max(BETWEEN / 2.0);
    let (out, into) = (x - bend, to_x + bend);
    format!(
        "<path class=\"line\" marker-end=\"url(#tip)\" d=\"M{x:.1} {y:.1}C{out:.1} {y:.1} {into:.1} {to_y:.1} {to_x:.1} {to_y:.1}\"/>\n"
    )
}

/// Lays out a module: what is in it first, then its own boxes and those of the modules in it.
fn lay(drawing: &Drawing, cluster: &Cluster) -> Laid {
    let modules: Vec<(&String, Laid)> =
        cluster.within.iter().map(|(name, inside)| (name, lay(drawing, inside))).collect();
    let own = cluster.parts.iter().map(|at| (wide(&drawing.parts[*at].label), HIGH));
    let framed =
        modules.iter().map(|(name, laid)| ((laid.wide + 2.0 * PADDING).max(wide(name)), laid.high + HEAD + PADDING));
    let sizes: Vec<(f64, f64)> = own.chain(framed).collect();
    let mut holders: BTreeMap<usize, usize> = cluster.parts.iter().enumerate().map(|(at, part)| (*part, at)).collect();
    for (at, (_, laid)) in modules.iter().enumerate() {
        holders.extend(laid.parts.iter().map(|(part, _)| (*part, cluster.parts.len() + at)));
    }
    let between = |(user, used): &(usize, usize)| Some((*holders.get(user)?, *holders.get(used)?));
    let arrows: BTreeSet<(usize, usize)> =
        drawing.arrows.iter().filter_map(between).filter(|(user, used)| user != used).collect();
    let places = arrange(&sizes, &arrows);
    let (boxes, frames) = places.split_at(cluster.parts.len());
    let mut whole = Laid {
        wide: places.iter().map(|place| place.x + place.wide).fold(0.0, f64::max),
        high: places.iter().map(|place| place.y + place.high).fold(0.0, f64::max),
        parts: cluster.parts.iter().copied().zip(boxes.iter().copied()).collect(),
        modules: Vec::new(),
    };
    for ((name, laid), frame) in modules.into_iter().zip(frames) {
        let (x, y) = (frame.x + PADDING, frame.y + HEAD);
        whole.modules.push((name.clone(), *frame));
        whole.modules.extend(laid.modules.into_iter().map(|(name, place)| (name, place.moved(x, y))));
        whole.parts.extend(laid.parts.into_iter().map(|(part, place)| (part, place.moved(x, y))));
    }
    whole
}

/// Where boxes of these sizes go, in their order. The layers of the algorithm lie below one another; ours, beside.
fn arrange(sizes: &[(f64, f64)], arrows: &BTreeSet<(usize, usize)>) -> Vec<Place> {
    let turned = |(at, (wide, high)): (usize, &(f64, f64))| (at as u32, (*high, *wide));
    let boxes: Vec<(u32, (f64, f64))> = sizes.iter().enumerate().map(turned).collect();
    let arrows: Vec<(u32, u32)> = arrows.iter().map(|(user, used)| (*user as u32, *used as u32)).collect();
    let config = Config { vertex_spacing: BETWEEN, transpose: sizes.len() <= FEW, ..Config::default() };
    let mut places = vec![Place { x: 0.0, y: 0.0, wide: 0.0, high: 0.0 }; sizes.len()];
    let mut below = 0.0;
    for (found, ..) in from_vertices_and_edges(&boxes, &arrows, &config) {
        let corner = |(at, (across, along)): &(usize, (f64, f64))| {
            let (wide, high) = sizes[*at];
            (*at, Place { x: -along - wide / 2.0, y: across - high / 2.0, wide, high })
        };
        let corners: Vec<(usize, Place)> = found.iter().map(corner).collect();
        let left = corners.iter().map(|(_, place)| place.x).fold(f64::INFINITY, f64::min);
        let top = corners.iter().map(|(_, place)| place.y).fold(f64::INFINITY, f64::min);
        corners.iter().for_each(|(at, place)| places[*at] = place.moved(-left, below - top));
        let bottom = corners.iter().map(|(at, _)| places[*at].y + places[*at].high).fold(below, f64::max);
        below = bottom + BETWEEN / 2.0;
    }
    places
}

fn wide(label: &str) -> f64 {
    label.graphemes(true).count() as f64 * LETTER + 2.0 * PADDING
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::drawing;
    use super::*;

    fn overlap(one: &Place, other: &Place) -> bool {
        one.x < other.x + other.wide - 0.1
            && other.x < one.x + one.wide - 0.1
            && one.y < other.y + other.high - 0.1
            && other.y < one.y + one.high - 0.1
    }

    fn holds(outer: &Place, inner: &Place) -> bool {
        inner.x >= outer.x
            && inner.y >= outer.y
            && inner.x + inner.wide <= outer.x + outer.wide + 0.1
            && inner.y + inner.high <= outer.y + outer.high + 0.1
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn boxes_lie_beside_one_another_and_in_their_modules(
            modules in prop::collection::vec(0..7usize, 1..24),
            arrows in prop::collection::vec((0..24usize, 0..24usize), 0..40),
        ) {
            let around = ["", "a/", "b/", "a/x/", "a/y/", "b/x/", "a/x/deep/"];
            let names: Vec<String> =
                modules.iter().enumerate().map(|(at, module)| format!("{}{}{at}", around[*module], "n".repeat(at))).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let arrows: Vec<(usize, usize)> = arrows
                .into_iter()
                .filter(|(user, used)| user > used && *user < names.len())
                .collect();
            let drawing = drawing(&names, &arrows);
            let laid = lay(&drawing, &Cluster::of(&drawing));
            prop_assert_eq!(laid.parts.len(), names.len());
            let whole = Place { x: 0.0, y: 0.0, wide: laid.wide, high: laid.high };
            for (at, (part, place)) in laid.parts.iter().enumerate() {
                prop_assert!(place.x.is_finite() && place.y.is_finite() && holds(&whole, place));
                prop_assert!(laid.parts[at + 1..].iter().all(|(_, other)| !overlap(place, other)));
                let depth = drawing.parts[*part].around.len();
                let frames = laid.modules.iter().filter(|(_, frame)| holds(frame, place)).count();
                let crossed = laid.modules.iter().filter(|(_, frame)| overlap(frame, place)).count();
                prop_assert_eq!((frames, crossed), (depth, depth));
            }
        }
    }
}
