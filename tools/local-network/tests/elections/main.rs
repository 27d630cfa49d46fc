//! Whole elections on real nodes. Each test starts a network of its own on free ports, and nothing
//! of it is left when the test ends; logs stay in cargo's folder for tests, `tmp/elections`.

mod bad_files;
mod lying_node;
mod on_nodes;
mod organisations;
mod scene;
mod watching;
