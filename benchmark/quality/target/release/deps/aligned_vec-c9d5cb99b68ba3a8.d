/work/main/benchmark/quality/target/release/deps/aligned_vec-c9d5cb99b68ba3a8.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/aligned-vec-0.6.4/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/aligned-vec-0.6.4/src/raw.rs

/work/main/benchmark/quality/target/release/deps/libaligned_vec-c9d5cb99b68ba3a8.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/aligned-vec-0.6.4/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/aligned-vec-0.6.4/src/raw.rs

/work/main/benchmark/quality/target/release/deps/libaligned_vec-c9d5cb99b68ba3a8.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/aligned-vec-0.6.4/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/aligned-vec-0.6.4/src/raw.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/aligned-vec-0.6.4/src/lib.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/aligned-vec-0.6.4/src/raw.rs:
