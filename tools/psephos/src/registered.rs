//! What the chain's register knows of one voter, those who dissent included (PSE-REG-7).

use core::iter;

use psephos_client::ElectionApi;
use psephos_primitives::{
    register::{Support, VoterRecord},
    DistrictId, ElectionId, RegistrarIndex, VoterNumber,
};

/// A voter's record, and its dissents: a registrar may stand in either.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registered {
    /// The record.
    pub record: VoterRecord,
    /// Which other districts registrars have named, and who.
    pub dissents: Vec<Support>,
}

impl Registered {
    /// Asks for both as they stood after one block.
    pub async fn read(
        elections: ElectionApi<'_>,
        election: ElectionId,
        voter: VoterNumber,
    ) -> psephos_client::Result<Option<Self>> {
        let Some(record) = elections.voter(election, voter).await? else {
            return Ok(None);
        };
        let dissents = elections.dissents(election, voter).await?;
        Ok(Some(Self { record, dissents }))
    }

    /// All districts that were named, the record's first, and who stands behind the voter in each.
    pub fn supports(&self) -> impl Iterator<Item = Support> + '_ {
        iter::once(self.record.support()).chain(self.dissents.iter().copied())
    }

    /// The registrars who stand behind the voter in this district, as bits.
    pub fn supporters_in(&self, district: DistrictId) -> u8 {
        self.supports()
            .find(|support| support.district == district)
            .map_or(0, |support| support.registrars)
    }

    /// Whether this registrar stands behind the voter, in whichever district.
    pub fn is_supported_by(&self, registrar: RegistrarIndex) -> bool {
        self.supports()
            .any(|support| support.registrars & registrar.bit() != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrar_who_dissents_stands_behind_the_voter_too() {
        let known = Registered {
            record: VoterRecord {
                district: DistrictId(2),
                recorded_by: 0b100,
                participating: false,
                issued_by: 0,
                issued: false,
                changed: 0,
            },
            dissents: vec![Support {
                district: DistrictId(1),
                registrars: 0b001,
            }],
        };
        let supported = [0, 1, 2].map(|index| known.is_supported_by(RegistrarIndex(index)));
        assert_eq!(supported, [true, false, true]);
        let supporters = [1, 2, 3].map(|district| known.supporters_in(DistrictId(district)));
        assert_eq!(supporters, [0b001, 0b100, 0]);
    }
}
