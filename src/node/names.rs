//! Names that programs misspell.

use napi_derive::napi;

/// Names that are less alike than this have nothing to do with each other.
const ALIKE: f64 = 0.7;

/// The one of `known` that is spelt most like `name`, if one is spelt alike.
#[napi]
pub fn nearest_name(name: String, known: Vec<String>) -> Option<String> {
    let name = name.to_lowercase();
    let likeness = |other: &str| strsim::jaro_winkler(&name, &other.to_lowercase());
    let rated = known.into_iter().map(|other| (likeness(&other), other));
    rated
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, other)| other)
}
