//! JSON that people wrote: everything that is unknown, double, of a wrong type or out of range is
//! refused with its JSON path.

use core::fmt;

use serde::{
    de::{DeserializeOwned, Error, Unexpected, Visitor},
    Deserializer,
};
use serde_json::Value;

use crate::failure::InputError;

/// Parses a whole file; `origin` is its name, `lists` names the fields that hold lists.
///
/// The parser would also take a list of an object's values for the object: that is refused here.
pub fn parse<T: DeserializeOwned>(
    origin: &str,
    text: &str,
    lists: &[&str],
) -> Result<T, InputError> {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        if let Some(path) = misplaced_list(&value, "$", None, lists) {
            return Err(InputError::at(
                origin,
                path,
                "a list where none is expected",
            ));
        }
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = json_path(&error.path().to_string());
        InputError::at(origin, path, error.inner().to_string())
    })?;
    json.end()
        .map_err(|error| InputError::at(origin, "$", error.to_string()))?;
    Ok(value)
}

fn misplaced_list(
    value: &Value,
    path: &str,
    field: Option<&str>,
    lists: &[&str],
) -> Option<String> {
    match value {
        Value::Array(_) if !field.is_some_and(|field| lists.contains(&field)) => Some(path.into()),
        Value::Array(items) => items
            .iter()
            .zip(0..)
            .find_map(|(item, i)| misplaced_list(item, &format!("{path}[{i}]"), None, lists)),
        Value::Object(fields) => fields.iter().find_map(|(field, value)| {
            misplaced_list(value, &format!("{path}.{field}"), Some(field), lists)
        }),
        _ => None,
    }
}

/// `districts[0].id` → `$.districts[0].id`
fn json_path(path: &str) -> String {
    // A question mark stands for a key that was never read.
    let path = path.strip_suffix('?').unwrap_or(path);
    match path.strip_suffix('.').unwrap_or(path) {
        "" => "$".into(),
        path if path.starts_with('[') => format!("${path}"),
        path => format!("$.{path}"),
    }
}

/// A whole number within a range, for `deserialize_with`.
pub fn whole_number<'de, D, const MIN: u32, const MAX: u32>(
    deserializer: D,
) -> Result<u32, D::Error>
where
    D: Deserializer<'de>,
{
    deserializer.deserialize_u64(WholeNumber::<MIN, MAX>)
}

struct WholeNumber<const MIN: u32, const MAX: u32>;

impl<const MIN: u32, const MAX: u32> Visitor<'_> for WholeNumber<MIN, MAX> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<u32, E> {
        u32::try_from(number)
            .ok()
            .filter(|number| (MIN..=MAX).contains(number))
            .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u32, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
        }
    }
}
