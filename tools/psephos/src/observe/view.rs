//! How a moment of an election is shown: on a terminal, as lines, or as JSON.

use psephos_primitives::Phase;
use sp_core::crypto::Ss58Codec;

use super::picture::{DistrictNow, Picture, ValidatorNow};

/// Digits of a tracker on the screen: enough to find a ballot, since nobody can choose them.
const TRACKER_DIGITS: usize = 16;
/// Columns of a bar.
const BAR: usize = 20;

/// The whole picture, as wide as the screen is.
pub fn screen(picture: &Picture, width: usize) -> Vec<String> {
    let mut lines = vec![
        format!("{} (election {})", picture.title, picture.election),
        status(picture),
        format!(
            "best block {}, final {}{}",
            picture.best,
            picture.finalised,
            lag(picture)
        ),
        String::new(),
        format!(
            "{:<28} {:>10} {:>8} {:>8}  turnout",
            "district", "registered", "issued", "cast"
        ),
    ];
    lines.extend(picture.districts.iter().map(district));
    lines.push(String::new());
    lines.push(format!("{} ballots, the latest first", picture.ballots));
    for ballot in &picture.latest {
        let record = &ballot.record;
        let tracker = hex::encode(record.tracker);
        let account = record.account.to_ss58check();
        lines.push(format!(
            "{:>8}  {}…  block {:>7}  district {:>4}  {account}",
            ballot.index,
            tracker.get(..TRACKER_DIGITS).unwrap_or_default(),
            record.block,
            record.district,
        ));
    }
    lines.push(String::new());
    lines.push("validators (blocks authored, the last of them, last finality signed)".into());
    lines.extend(picture.validators.iter().map(validator));
    lines
        .into_iter()
        .map(|line| line.chars().take(width).collect())
        .collect()
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

fn district(district: &DistrictNow) -> String {
    let counts = district.counts;
    let name: String = district.name.chars().take(28).collect();
    let filled = (counts.cast as usize * BAR)
        .checked_div(counts.participating as usize)
        .unwrap_or_default()
        .min(BAR);
    format!(
        "{name:<28} {:>10} {:>8} {:>8}  {}{}",
        counts.participating,
        counts.issued,
        counts.cast,
        "█".repeat(filled),
        "·".repeat(BAR - filled),
    )
}

fn validator(validator: &ValidatorNow) -> String {
    let last = validator
        .last_block
        .map_or_else(|| "—".into(), |block| block.to_string());
    let signed = match validator.signed {
        Some(true) => "signed",
        Some(false) => "NOT SIGNED",
        None => "…",
    };
    format!(
        "{:>4}  {:>6} blocks  last {last:>8}  {signed}",
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
    fn the_screen_shows_everything_and_no_line_is_wider() {
        let lines = screen(&picture(), 200);
        let all = lines.join("\n");
        for part in [
            "Sample (election 1)",
            "voting, until block 1321 in 1:05:00",
            "best block 23, final 21 (2 behind)",
            "        40       12       10  █████···············",
            "abababababababab…  block      20  district    7",
            "7 blocks  last       21  NOT SIGNED",
        ] {
            assert!(all.contains(part), "{part} in\n{all}");
        }
        assert!(screen(&picture(), 30)
            .iter()
            .all(|line| line.chars().count() <= 30));
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
