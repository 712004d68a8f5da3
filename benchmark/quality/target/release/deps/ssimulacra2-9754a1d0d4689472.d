/work/main/benchmark/quality/target/release/deps/ssimulacra2-9754a1d0d4689472.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/blur/mod.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/blur/gaussian.rs /work/main/benchmark/quality/target/release/build/ssimulacra2-8dd35e4230542c36/out/recursive_gaussian.rs

/work/main/benchmark/quality/target/release/deps/libssimulacra2-9754a1d0d4689472.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/blur/mod.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/blur/gaussian.rs /work/main/benchmark/quality/target/release/build/ssimulacra2-8dd35e4230542c36/out/recursive_gaussian.rs

/work/main/benchmark/quality/target/release/deps/libssimulacra2-9754a1d0d4689472.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/lib.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/blur/mod.rs /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/blur/gaussian.rs /work/main/benchmark/quality/target/release/build/ssimulacra2-8dd35e4230542c36/out/recursive_gaussian.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/lib.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/blur/mod.rs:
/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/ssimulacra2-0.5.1/src/blur/gaussian.rs:
/work/main/benchmark/quality/target/release/build/ssimulacra2-8dd35e4230542c36/out/recursive_gaussian.rs:

# env-dep:OUT_DIR=/work/main/benchmark/quality/target/release/build/ssimulacra2-8dd35e4230542c36/out
