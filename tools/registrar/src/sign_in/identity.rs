//! How identity numbers and dates of birth are written.
//!
//! Rolls, forms and providers write the same number with and without spaces; what they mean must give
//! the same hash.

use time::{macros::format_description, Date};

/// Characters of the longest identity number.
const MAX_IDENTITY: usize = 64;

/// An identity number without what does not count: spaces, hyphens and the case of letters.
pub fn normalised(identity: &str) -> Result<String, String> {
    let expected = || format!("1 to {MAX_IDENTITY} letters and digits are expected");
    let mut plain = String::with_capacity(identity.len().min(MAX_IDENTITY));
    for character in identity.chars() {
        if character.is_whitespace() || character == '-' {
            continue;
        }
        if !character.is_alphanumeric() || plain.chars().count() == MAX_IDENTITY {
            return Err(expected());
        }
        plain.extend(character.to_uppercase());
    }
    if plain.is_empty() {
        return Err(expected());
    }
    Ok(plain)
}

/// A date of birth as `YYYY-MM-DD`, one that exists.
pub fn birth_date(text: &str) -> Result<String, String> {
    let format = format_description!("[year]-[month]-[day]");
    Date::parse(text.trim(), &format)
        .map(|_| text.trim().to_owned())
        .map_err(|_| "a date YYYY-MM-DD is expected".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_the_same() {
        let expected = Ok("4510AB123".to_owned());
        for written in ["4510 ab-123", " 4510AB123", "45 10\tAb 123"] {
            assert_eq!(normalised(written), expected);
        }
    }

    #[test]
    fn what_is_no_identity_is_refused() {
        let expected = Err("1 to 64 letters and digits are expected".to_owned());
        for written in ["", " - ", "12/3", &"1".repeat(65)] {
            assert_eq!(normalised(written), expected);
        }
    }

    #[test]
    fn dates_exist() {
        assert_eq!(birth_date("1990-02-28"), Ok("1990-02-28".into()));
        for written in ["1990-02-30", "28.02.1990", "1990-2-28", ""] {
            assert_eq!(
                birth_date(written),
                Err("a date YYYY-MM-DD is expected".into())
            );
        }
    }
}
