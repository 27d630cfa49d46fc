//! Who stands behind a voter, and in which district (PSE-REG-7).

use alloc::vec::Vec;
use core::mem;

use psephos_primitives::{
    register::{Support, VoterRecord},
    DistrictId,
};

/// The districts that registrars have named for one voter. Registrars stand as bits.
pub(crate) struct Supports {
    /// In the record's district.
    pub first: Support,
    /// In others.
    pub dissents: Vec<Support>,
}

impl Supports {
    pub fn new(record: &VoterRecord, dissents: Vec<Support>) -> Self {
        let first = record.support();
        Self { first, dissents }
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Support> {
        core::iter::once(&mut self.first).chain(&mut self.dissents)
    }

    /// The district that a registrar stands behind the voter in.
    pub fn of(&mut self, registrar: u8) -> Option<&mut Support> {
        self.iter_mut()
            .find(|support| support.registrars & registrar != 0)
    }

    pub fn add(&mut self, registrar: u8, district: DistrictId) {
        let named = self.iter_mut().find(|support| support.district == district);
        match named {
            Some(support) => support.registrars |= registrar,
            None => self.dissents.push(Support {
                district,
                registrars: registrar,
            }),
        }
    }

    /// Puts first what a quorum stands behind, or else what anybody does.
    pub fn reorder(&mut self, is_quorum: impl Fn(u8) -> bool) {
        if !self.bring_forward(is_quorum) {
            self.bring_forward(|registrars| registrars != 0);
        }
    }

    /// Has the first of all that suits change places with the one in front; says whether there is one.
    fn bring_forward(&mut self, suits: impl Fn(u8) -> bool) -> bool {
        if suits(self.first.registrars) {
            return true;
        }
        let found = self
            .dissents
            .iter_mut()
            .find(|support| suits(support.registrars));
        found
            .map(|support| mem::swap(&mut self.first, support))
            .is_some()
    }

    /// Forgets dissents that nobody stands behind any more.
    pub fn drop_abandoned(&mut self) {
        self.dissents.retain(|support| support.registrars != 0);
    }
}
