//! How a moment of an election is shown: on a terminal, as lines, or as JSON.
//!
//! Names are in every script, so columns are counted as terminals show them: a Chinese character
//! takes two.

use console::{measure_text_width, pad_str, style, truncate_str, Alignment};
use psephos_primitives::Phase;
use sp_core::crypto::Ss58Codec;

use super::picture::{DistrictNow, Picture, ValidatorNow};

/// Digits of a tracker on the screen: enough to find a ballot, since nobody can choose them.
const TRACKER_DIGITS: usize = 16;
/// Columns of a bar.
const BAR: usize = 20;
/// From this width on there is room for bars.
const WIDE: usize = 72;
/// Rows that stand there whatever the election: three of heading, three headings of tables, and the
/// empty ones between.
const FIXED_ROWS: usize = 9;
/// What stands at the end of something cut off.
const CUT: &str = "…";

/// The whole picture, in as many rows and columns as the screen has. What there is no room for is
/// counted.
pub fn screen(picture: &Picture, rows: usize, columns: usize) -> Vec<String> {
    let room = Room::divide(picture, rows);
    let mut lines = vec![
        style(format!("{} (election {})", picture.title, picture.election))
            .bold()
            .to_string(),
        status(picture),
        format!(
            "best block {}, final {}{}",
            picture.best,
            picture.finalised,
            lag(picture)
        ),
        String::new(),
    ];
    lines.extend(districts(picture, room.districts, columns));
    lines.push(String::new());
    lines.extend(ballots(picture, room.ballots, columns));
    lines.push(String::new());
    lines.extend(validators(picture, room.validators));
    lines
        .iter()
        .take(rows)
        .map(|line| truncate_str(line, columns, CUT).into_owned())
        .collect()
}

/// How many rows each table has, headings not counted.
struct Room {
    districts: usize,
    ballots: usize,
    validators: usize,
}

impl Room {
    /// A third for each table that needs so much. What is left over goes to those that need more:
    /// validators first, the latest ballots last.
    fn divide(picture: &Picture, rows: usize) -> Self {
        let rows = rows.saturating_sub(FIXED_ROWS);
        let wanted = [
            picture.validators.len(),
            table_rows(picture.districts.len()),
            picture.latest.len(),
        ];
        let mut given = wanted.map(|wanted| wanted.min(rows / 3));
        for (given_to, wanted) in (0..given.len()).zip(wanted) {
            let left = rows.saturating_sub(given.iter().sum());
            given[given_to] += left.min(wanted - given[given_to]);
        }
        let [validators, districts, ballots] = given;
        Self {
            districts,
            ballots,
            validators,
        }
    }
}

/// Rows of the districts' table: one more for all together.
const fn table_rows(districts: usize) -> usize {
    districts + (districts > 1) as usize
}

fn districts(picture: &Picture, rows: usize, columns: usize) -> Vec<String> {
    let bar = if columns >= WIDE { BAR } else { 0 };
    let row = |name: &str, cells: String| {
        let width = columns.saturating_sub(measure_text_width(&cells)).max(1);
        let name = truncate_str(name, width - 1, CUT).into_owned();
        format!("{}{cells}", pad_str(&name, width, Alignment::Left, None))
    };
    let heading = if bar > 0 {
        format!("registered  issued    cast  turnout {}", " ".repeat(bar))
    } else {
        "registered  issued    cast  turnout".into()
    };
    let mut lines = vec![style(row("district", heading)).dim().to_string()];
    let counted = |[participating, issued, cast]: [u64; 3]| {
        let share = percent(cast, participating);
        let cells = format!("{participating:>10}  {issued:>6}  {cast:>6}  {share:>7}");
        if bar == 0 {
            return cells;
        }
        format!("{cells} {}", turnout_bar(cast, participating, bar))
    };
    let all = picture.districts.len();
    let rows = rows.saturating_sub(table_rows(all) - all);
    // The last row says how many are left out.
    let shown = if all > rows {
        rows.saturating_sub(1)
    } else {
        all
    };
    for district in picture.districts.iter().take(shown) {
        lines.push(row(&district.name, counted(counts(district))));
    }
    if shown < all && rows > 0 {
        lines.push(format!("{CUT} and {} more", all - shown));
    }
    if all > 1 {
        let mut total = [0; 3];
        for district in &picture.districts {
            for (sum, count) in total.iter_mut().zip(counts(district)) {
                *sum += count;
            }
        }
        lines.push(style(row("all", counted(total))).bold().to_string());
    }
    lines
}

fn counts(district: &DistrictNow) -> [u64; 3] {
    let counts = district.counts;
    [counts.participating, counts.issued, counts.cast].map(u64::from)
}

fn percent(part: u64, whole: u64) -> String {
    match (part * 100).checked_div(whole) {
        Some(share) => format!("{share} %"),
        None => "—".into(),
    }
}

fn turnout_bar(part: u64, whole: u64, columns: usize) -> String {
    let share = (part * columns as u64)
        .checked_div(whole)
        .unwrap_or_default();
    let filled = usize::try_from(share).unwrap_or(columns).min(columns);
    format!("{}{}", "█".repeat(filled), "·".repeat(columns - filled))
}

/// The latest ballots; districts and accounts where there is room.
fn ballots(picture: &Picture, rows: usize, columns: usize) -> Vec<String> {
    let mut lines = vec![
        style(format!("{} ballots, the latest first", picture.ballots))
            .dim()
            .to_string(),
    ];
    for ballot in picture.latest.iter().take(rows) {
        let record = &ballot.record;
        let tracker = hex::encode(record.tracker);
        let mut line = format!(
            "{:>7}  {}…  block {:>6}",
            ballot.index,
            tracker.get(..TRACKER_DIGITS).unwrap_or_default(),
            record.block,
        );
        if columns >= WIDE {
            let account = record.account.to_ss58check();
            line.push_str(&format!("  district {:>3}  {account}", record.district));
        }
        lines.push(line);
    }
    lines
}

fn validators(picture: &Picture, rows: usize) -> Vec<String> {
    let mut lines = vec![style("validator  blocks  the last  last finality")
        .dim()
        .to_string()];
    lines.extend(picture.validators.iter().take(rows).map(validator));
    lines
}

/// One line that changes with every finalised block.
pub fn line(picture: &Picture) -> String {
    let counts = picture.districts.iter().map(|district| {
        let counts = district.counts;
        format!(
            "{}: {}/{}/{}",
            counts.district, counts.cast, counts.issued, counts.participating
        )
    });
    format!(
        "block {} {}; {} ballots; cast/issued/registered {}",
        picture.finalised,
        status(picture),
        picture.ballots,
        counts.collect::<Vec<_>>().join(", "),
    )
}

fn status(picture: &Picture) -> String {
    let phase = match picture.phase {
        Phase::Registration => "registration",
        Phase::Voting => "voting",
        Phase::Tallying => "tallying",
        Phase::Published => "result published",
        Phase::Cancelled => "cancelled",
    };
    match (picture.next_phase, picture.seconds_to_next) {
        (Some(block), Some(seconds)) => {
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            let seconds = seconds % 60;
            format!("{phase}, until block {block} in {hours}:{minutes:02}:{seconds:02}")
        }
        _ => phase.into(),
    }
}

fn lag(picture: &Picture) -> String {
    format!(
        " ({} behind)",
        picture.best.saturating_sub(picture.finalised)
    )
}

fn validator(validator: &ValidatorNow) -> String {
    let last = validator
        .last_block
        .map_or_else(|| "—".into(), |block| block.to_string());
    let signed = match validator.signed {
        Some(true) => style("signed").green(),
        Some(false) => style("NOT SIGNED").red().bold(),
        None => style(CUT).dim(),
    };
    format!(
        "{:>9}  {:>6}  {last:>8}  {signed}",
        validator.index, validator.authored
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_primitives::{
        api::IndexedBallot, register::DistrictCounts, AccountId, BallotRecord, DistrictId,
        ElectionId, Hash,
    };

    fn picture() -> Picture {
        // Whoever runs the tests may do so on a terminal.
        console::set_colors_enabled(false);
        let counts = DistrictCounts {
            district: DistrictId(7),
            participating: 40,
            issued: 12,
            cast: 10,
        };
        let record = BallotRecord {
            account: AccountId::new([1; 32]),
            tracker: Hash::repeat_byte(0xab),
            district: DistrictId(7),
            block: 20,
            supersedes: None,
        };
        Picture {
            election: ElectionId(1),
            title: "Sample".into(),
            best: 23,
            finalised: 21,
            phase: Phase::Voting,
            next_phase: Some(1321),
            seconds_to_next: Some(3900),
            districts: vec![DistrictNow {
                name: "Harbour · Гавань".into(),
                counts,
            }],
            ballots: 10,
            latest: vec![IndexedBallot { index: 9, record }],
            validators: vec![ValidatorNow {
                index: 0,
                authored: 7,
                last_block: Some(21),
                signed: Some(false),
            }],
        }
    }

    #[test]
    fn the_screen_shows_everything_where_there_is_room() {
        let lines = screen(&picture(), 24, 80);
        assert_eq!(
            lines,
            [
                "Sample (election 1)",
                "voting, until block 1321 in 1:05:00",
                "best block 23, final 21 (2 behind)",
                "",
                "district                registered  issued    cast  turnout                     ",
                "Harbour · Гавань                40      12      10     25 % █████···············",
                "",
                "10 ballots, the latest first",
                "      9  abababababababab…  block     20  district   7  5C62Ck4UrFPiBtoCmeSrgF7…",
                "",
                "validator  blocks  the last  last finality",
                "        0       7        21  NOT SIGNED",
            ]
        );
    }

    #[test]
    fn no_line_is_wider_than_the_screen_whatever_the_script() {
        let mut picture = picture();
        picture.title = "選挙 ".repeat(30);
        picture.districts[0].name = "老城区 ".repeat(20);
        for columns in [20, 50, 71, 72, 80, 200] {
            for line in screen(&picture, 24, columns) {
                assert!(measure_text_width(&line) <= columns, "{columns}: {line}");
            }
        }
        let narrow = screen(&picture, 24, 50).join("\n");
        assert!(!narrow.contains('█'), "{narrow}");
        assert!(
            narrow.contains("…         40      12      10     25 %"),
            "{narrow}"
        );
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_and_no_table_is_crowded_out() {
        let mut picture = picture();
        let district = picture.districts[0].clone();
        picture.districts = vec![district; 200];
        picture.latest = vec![picture.latest[0].clone(); 8];
        let lines = screen(&picture, 23, 80);
        assert!(lines.len() <= 23, "{lines:#?}");
        let all = lines.join("\n");
        for part in [
            "… and 193 more",
            "all                           8000    2400    2000     25 %",
            "block     20",
            "NOT SIGNED",
        ] {
            assert!(all.contains(part), "{part} in\n{all}");
        }
        for rows in 0..30 {
            assert!(screen(&picture, rows, 80).len() <= rows, "{rows}");
        }
    }

    #[test]
    fn lines_are_for_where_there_is_no_terminal() {
        assert_eq!(
            line(&picture()),
            "block 21 voting, until block 1321 in 1:05:00; 10 ballots; \
             cast/issued/registered 7: 10/12/40"
        );
    }
}
