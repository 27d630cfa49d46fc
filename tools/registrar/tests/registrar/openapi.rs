//! The committed description is the one that the code makes. To renew it:
//! `psephos-registrar open-api > tools/registrar/openapi.json`.

#[test]
fn the_committed_description_is_the_codes() {
    let made = psephos_registrar::api::description_json().expect("can be written");
    let committed = include_str!("../../openapi.json");
    assert_eq!(
        made, committed,
        "run: psephos-registrar open-api > tools/registrar/openapi.json"
    );
}
