/work/main/benchmark/quality/target/release/deps/equator_macro-688afb41e551d69d.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/equator-macro-0.4.2/src/lib.rs

/work/main/benchmark/quality/target/release/deps/libequator_macro-688afb41e551d69d.so: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/equator-macro-0.4.2/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/equator-macro-0.4.2/src/lib.rs:
