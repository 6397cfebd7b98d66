//! Dates and instants as a file states them.

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime,
    format::{Item, Parsed, StrftimeItems, parse},
};
use chrono_tz::Tz;
use regulars_kernel::Timestamp;

/// The parts of a date, as people write a format, and as chrono has them.
const PARTS: [(&str, &str); 3] = [("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d")];
/// The format that holds where none is stated.
pub(super) const ISO: &str = "YYYY-MM-DD";

/// The order and the signs of a date's parts: `DD.MM.YYYY`. A day or month may be written with one digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DateFormat {
    /// As it was stated.
    stated: String,
    items: Vec<Item<'static>>,
}

impl DateFormat {
    /// Reads a format of `YYYY`, `MM` and `DD`, each once, with signs between them; the sentence says what is wrong.
    pub(super) fn stated(text: &str) -> Result<Self, String> {
        let stated = text.trim().to_ascii_uppercase();
        let (mut format, mut signs) = (stated.clone(), stated.clone());
        for (part, item) in PARTS {
            if stated.matches(part).count() != 1 {
                return Err(format!(
                    "A date format has YYYY, MM and DD once each, such as DD.MM.YYYY or {ISO}; \"{text}\" has not. Years have four digits."
                ));
            }
            format = format.replace(part, item);
            signs = signs.replace(part, "");
        }
        if signs.chars().any(|sign| sign.is_alphanumeric() || sign == '%') {
            return Err(format!(
                "Between the parts of a date format stand signs alone, such as DD.MM.YYYY; \"{text}\" has others."
            ));
        }
        let items = StrftimeItems::new(&format)
            .parse_to_owned()
            .map_err(|error| format!("\"{text}\" is no date format: {error}."))?;
        Ok(Self { stated, items })
    }

    /// The date of a text.
    pub(super) fn read(&self, text: &str) -> Result<NaiveDate, String> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter())
            .and_then(|()| parsed.to_naive_date())
            .ok()
            .filter(|date| (1000..=9999).contains(&date.year()))
            .ok_or_else(|| {
                format!(
                    "Expected a date as {} (setting dateFormat), such as {}.",
                    self.stated,
                    self.sample()
                )
            })
    }

    fn sample(&self) -> String {
        self.stated.replace("YYYY", "2026").replace("MM", "11").replace("DD", "30")
    }

    /// The instant of a text: RFC 3339 (`+0100` and a blank in place of the `T` too), or a date in this format or as ISO 8601,
    /// with or without a time, which is then of that time zone.
    pub(super) fn read_instant(&self, text: &str, zone: Tz) -> Result<Timestamp, String> {
        if let Some(instant) = zoned(text) {
            return within(instant, text);
        }
        let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
        let date = date.trim_end_matches(',');
        let iso = date.len() == ISO.len() && date.as_bytes().get(4) == Some(&b'-');
        let date = match date.parse::<NaiveDate>() {
            Ok(day) if iso => day,
            _ => self.read(date).map_err(|_no_date| {
                format!(
                    "Expected an instant such as 2026-11-30T18:05:00Z, or a date as {} with or without a time.",
                    self.stated
                )
            })?,
        };
        let local = NaiveDateTime::new(date, time_of_day(time.trim())?);
        let instant = local
            .and_local_timezone(zone)
            .earliest()
            .ok_or_else(|| format!("There was no such time in {zone}: the clocks went forward."))?;
        within(instant.to_utc().into(), text)
    }
}

/// An instant that says itself how far from UTC it is.
fn zoned(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc().into());
    }
    ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f %z", "%Y-%m-%d %H:%M:%S%.f%z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok())
        .map(|instant| instant.to_utc().into())
}

fn within(instant: Timestamp, text: &str) -> Result<Timestamp, String> {
    if (Timestamp::MIN..=Timestamp::MAX).contains(&instant) {
        return Ok(instant);
    }
    Err(format!("{text} is past what calendars hold."))
}

fn time_of_day(text: &str) -> Result<NaiveTime, String> {
    if text.is_empty() {
        return Ok(NaiveTime::MIN);
    }
    ["%H:%M", "%H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(text, format).ok())
        .ok_or_else(|| {
            format!("Expected a time such as 18:05 or 18:05:30 after the date; got {text}.")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_stated_format_alone() {
        let read = |format: &str, text: &str| DateFormat::stated(format).unwrap().read(text);
        let day = NaiveDate::from_ymd_opt(1990, 2, 3).unwrap();
        for (format, text) in [
            ("YYYY-MM-DD", "1990-02-03"),
            ("DD.MM.YYYY", "03.02.1990"),
            ("DD.MM.YYYY", "3.2.1990"),
            ("mm/dd/yyyy", "02/03/1990"),
            ("YYYYMMDD", "19900203"),
        ] {
            assert_eq!(read(format, text), Ok(day), "{format} {text}");
        }
        for (format, text) in [
            ("YYYY-MM-DD", "03.02.1990"),
            ("DD.MM.YYYY", "03.02.90"),
            ("DD.MM.YYYY", "31.02.1990"),
            ("DD.MM.YYYY", "03.02.1990 "),
            ("DD.MM.YYYY", ""),
            ("MM/DD/YYYY", "13/01/1990"),
        ] {
            let refusal = read(format, text).unwrap_err();
            assert!(refusal.contains(format) && refusal.contains("2026"), "{refusal}");
        }
        for format in ["", "DD.MM.YY", "DD.MM", "YYYY-MM-DD HH", "%Y-YYYY-MM-DD", "DDDD.MM.YYYY"] {
            assert!(DateFormat::stated(format).is_err(), "{format}");
        }
    }

    #[test]
    fn instants_say_their_zone_or_have_the_files() {
        let format = DateFormat::stated("DD.MM.YYYY").unwrap();
        let berlin = chrono_tz::Europe::Berlin;
        let noon = "2026-07-01T10:00:00.000000Z";
        for text in [
            "2026-07-01T10:00:00Z",
            "2026-07-01T10:00:00.000+0000",
            "2026-07-01 12:00:00 +0200",
            "2026-07-01T12:00:00+02:00",
            "01.07.2026 12:00",
            "1.7.2026, 12:00:00",
            "2026-07-01 12:00",
            "2026-07-01T12:00:00",
        ] {
            let instant = format.read_instant(text, berlin).map(|instant| instant.to_string());
            assert_eq!(instant.as_deref(), Ok(noon), "{text}");
        }
        let midnight = format.read_instant("01.07.2026", berlin).unwrap();
        assert_eq!(midnight.to_string(), "2026-06-30T22:00:00.000000Z");
        for text in ["07/01/2026", "01.07.2026 25:00", "", "yesterday", "29.03.2026 02:30"] {
            assert!(format.read_instant(text, berlin).is_err(), "{text}");
        }
    }
}
