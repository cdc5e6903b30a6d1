//! The JSON files: the directories must exist, and those that come with the examples are valid.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use order_core::system::SystemClock;
use order_mocks::MockServices;

#[test]
fn a_missing_directory_is_named() {
    let mocks = tempfile::tempdir().unwrap();
    let error = MockServices::open(mocks.path(), Arc::new(SystemClock)).unwrap_err();
    assert!(error.to_string().contains("customers"), "{error}");
}

#[test]
fn every_json_file_of_the_examples_is_valid() {
    let mocks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/mocks");
    let services = MockServices::open(&mocks, Arc::new(SystemClock)).unwrap();
    let names = |directory: &str| -> Vec<String> {
        let entries = fs::read_dir(mocks.join(directory)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    for id in names("customers") {
        assert_eq!(services.customers.find(&id).unwrap().unwrap().id, id);
    }
    let skus = names("inventory");
    assert_eq!(
        services.inventory.products(&skus).unwrap().len(),
        skus.len()
    );
    assert_eq!(services.inventory.all_products().unwrap().len(), skus.len());
    let tote = services.inventory.products(&["abc123"]).unwrap().remove(0);
    assert_eq!((tote.unit_price, tote.available), (1999, 1000));
}
