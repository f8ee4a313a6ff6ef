//! The GMC's dates.

use jiff::civil::Date;

/// Reads a date as the GMC writes it, `dd/MM/yyyy` (docs/domain.md §4); `None` when it is none, such as `31/02/2025`.
pub fn parse_gmc_date(text: &str) -> Option<Date> {
    let [d1, d2, b'/', m1, m2, b'/', y1, y2, y3, y4] = text.trim().as_bytes() else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |value, digit| {
            digit.is_ascii_digit().then(|| value * 10 + i16::from(digit - b'0'))
        })
    };
    let (day, month) = (number(&[*d1, *d2])?, number(&[*m1, *m2])?);
    let year = number(&[*y1, *y2, *y3, *y4])?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_date_is_day_month_year() {
        assert_eq!(parse_gmc_date("01/08/2027"), Some(date(2027, 8, 1)));
        assert_eq!(parse_gmc_date(" 29/02/2028 "), Some(date(2028, 2, 29)));
    }

    #[test]
    fn what_the_calendar_does_not_have_is_no_date() {
        for odd in
            ["31/02/2025", "2025-01-31", "1/8/2027", "01/13/2027", "00/01/2027", "01/08/27", "tomorrow", ""]
        {
            assert_eq!(parse_gmc_date(odd), None, "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn every_day_is_read_back(days in 0_i32..30_000) {
            let day = date(1950, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            prop_assert_eq!(parse_gmc_date(&day.strftime("%d/%m/%Y").to_string()), Some(day));
        }
    }
}
