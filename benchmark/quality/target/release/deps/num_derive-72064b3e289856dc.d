/work/main/benchmark/quality/target/release/deps/num_derive-72064b3e289856dc.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/num-derive-0.4.2/src/lib.rs

/work/main/benchmark/quality/target/release/deps/libnum_derive-72064b3e289856dc.so: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/num-derive-0.4.2/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/num-derive-0.4.2/src/lib.rs:
