//! Benchmarks stand beside this file; see `scripts/bench`.
