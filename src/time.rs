//! Times for people and from people. All are seconds since the epoch.

use jiff::Timestamp;

/// `2026-01-01 00:00:30 UTC`; `None` when the time is out of any calendar.
pub fn utc(seconds: f64) -> Option<String> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time out of range is refused by the calendar"
    )]
    let timestamp = Timestamp::from_second(seconds.floor() as i64).ok()?;
    Some(timestamp.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// Year, month and day of a day since 1970-01-01, after Howard Hinnant's civil calendar: eras of 400 years that begin in March.
pub fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// `4 min ago`, `in 41 s`, `now`.
pub fn relative(seconds: f64, now: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let difference = seconds - now as f64;
    if difference.abs() < 1.0 {
        "now".to_owned()
    } else if difference < 0.0 {
        format!("{} ago", span(-difference))
    } else {
        format!("in {}", span(difference))
    }
}

/// `41 s`, `4 min`, `3 h`, `12 days`, `31 years`.
pub fn span(seconds: f64) -> String {
    let whole = |value: f64, unit: &str| format!("{value:.0} {unit}");
    let plural = |value: f64, one: &str, many: &str| {
        let value = value.floor();
        format!(
            "{value:.0} {}",
            if (value - 1.0).abs() < 0.5 { one } else { many }
        )
    };
    match seconds {
        s if s < 120.0 => whole(s.floor(), "s"),
        s if s < 7200.0 => whole((s / 60.0).floor(), "min"),
        s if s < 172_800.0 => whole((s / 3600.0).floor(), "h"),
        s if s < 63_072_000.0 => plural(s / 86_400.0, "day", "days"),
        s => plural(s / 31_557_600.0, "year", "years"),
    }
}

/// Reads `--at`: RFC 3339, or seconds since the epoch.
pub fn parse(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        // Milliseconds would land thousands of years ahead; nobody means that.
        return if seconds.abs() < 100_000_000_000 {
            Ok(seconds)
        } else {
            Err(format!(
                "{seconds} is not a time in seconds; is it in milliseconds?"
            ))
        };
    }
    text.parse::<Timestamp>()
        .map(Timestamp::as_second)
        .map_err(|_| {
            format!(
                "`{text}` is neither RFC 3339 (2026-01-01T00:00:30Z) nor seconds since the epoch"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::{parse, relative, span, utc};

    #[test]
    fn times_are_told_in_words() {
        assert_eq!(
            utc(1_767_225_630.9).as_deref(),
            Some("2026-01-01 00:00:30 UTC")
        );
        assert_eq!(utc(1e18), None);
        assert_eq!(relative(100.0, 341), "4 min ago");
        assert_eq!(relative(141.0, 100), "in 41 s");
        assert_eq!(span(86_400.0 * 3.0), "3 days");
        assert_eq!(span(3.2e8), "10 years");
    }

    #[test]
    fn times_are_read_in_two_forms() {
        assert_eq!(parse("2026-01-01T00:00:30Z"), Ok(1_767_225_630));
        assert_eq!(parse("2026-01-01T01:00:30+01:00"), Ok(1_767_225_630));
        assert_eq!(parse("1767225630"), Ok(1_767_225_630));
        assert!(parse("1767225630000").is_err());
        assert!(parse("yesterday").is_err());
    }
}
