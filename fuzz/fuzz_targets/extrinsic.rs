//! Extrinsics from anybody: decoding never panics, and what decodes encodes to the same bytes,
//! but for the version of an inherent.
#![no_main]

use codec::{DecodeAll, Encode};
use libfuzzer_sys::fuzz_target;
use psephos_primitives::wire::Extrinsic;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(extrinsic) = Extrinsic::decode_all(&mut &bytes[..]) {
        let encoded = extrinsic.encode();
        assert_eq!(Extrinsic::decode_all(&mut &encoded[..]), Ok(extrinsic));
    }
});
