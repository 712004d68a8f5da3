/work/main/benchmark/quality/target/release/quality: /work/main/benchmark/quality/src/main.rs
