//! Runs every example and compares what it prints, line by line.

/// The examples as modules: their logic runs here, without a process of its own.
macro_rules! examples {
    ($($name:ident from $path:literal prints [$($line:literal),* $(,)?];)*) => {
        $(
            #[expect(dead_code, reason = "main is for those who run it")]
            #[path = $path]
            mod $name;
        )*

        $(
            #[test]
            fn $name() {
                assert_eq!($name::run().unwrap(), [$($line),*]);
            }
        )*
    };
}

examples! {
    least_value from "../examples/least_value.rs" prints [
        "(2,21,21)",
        "(4,1,1)",
        "(5,4,4)",
        "(2,30,21)",
        "(2,19,19)",
        "(4,-3,-3)",
        "(5,4,4)",
    ];

    map_with_state from "../examples/map_with_state.rs" prints [
        "sum before of 2: 0",
        "sum before of 4: 0",
        "sum before of 5: 0",
        "sum before of 2: 21",
        "sum before of 4: 1",
        "sum before of 2: 24",
        "greater of 2: 21",
        "greater of 4: 1",
        "greater of 5: 4",
        "greater of 4: 6",
        "pair of 2: (21, 3)",
        "pair of 4: (1, 6)",
    ];

    checkpoint_count from "../examples/checkpoint_count.rs" prints [
        "(2,1,1)",
        "(4,1,2)",
        // Behind the checkpoint, and lost by the failure:
        "(5,1,3)",
        "(2,2,4)",
        // Processed again, from the restored counts:
        "(5,1,3)",
        "(2,2,4)",
        "(4,2,5)",
        "(2,3,6)",
        "(5,2,7)",
        "1 restart, 7 records read",
    ];

    list_checkpointed from "../examples/list_checkpointed.rs" prints [
        "(a,1)",
        "(b,2)",
        // Behind the checkpoint, and lost by the failure:
        "(a,3)",
        "(c,4)",
        // Processed again, from the restored count:
        "(a,3)",
        "(c,4)",
        "(b,5)",
        "1 restart, 5 records read, 7 processed",
    ];

    configure_checkpoints from "../examples/configure_checkpoints.rs" prints [
        "default: interval None, ExactlyOnce, timeout 600s, pause 0ns, 1 at a time, 16 savepoints, 1000 waiting, 1 kept, RetainOnCancellation, 0 may fail",
        "tolerant: sums [1, 3, 6, 10], 1 failed checkpoint",
        "at least once: sums [1, 3, 6, 10], 1 failed checkpoint",
        "job 'configured': 'execution.checkpointing.timeout' must be at least 10ms, found 1ms",
        "job 'configured': 'execution.checkpointing.num-retained' must be at least 1, found 0",
    ];

    choose_backend from "../examples/choose_backend.rs" prints [
        "default: asynchronous snapshots true, 5242880 bytes a subtask, 67108864 a checkpoint",
        "to 1, be 1, or 1, not 1, to 2, be 2",
        "to 1, be 1, or 1, not 1, to 2, be 2",
        "limit exceeded: the snapshot of subtask 0 of operator 'count' is 121, over the limit of 100 set by 'state.backend.memory.max-snapshot-size'",
        "limit exceeded: the live keyed state of a subtask is 16, over the limit of 10 set by 'state.backend.memory.max-live-size'",
        "to 1, be 1, or 1, not 1, to 2, be 2",
        "to 1, be 1, or 1, not 1, to 2, be 2",
        "misuse: it needs a checkpoint directory, and execution.checkpointing.dir is not set",
    ];

    embed from "../examples/embed.rs" prints [
        r#"checkpoint 1: layers [1, 1], files {"g1-c1-0", "g1-c1-1"}"#,
        r#"checkpoint 2: layers [2, 2], files {"g1-c1-0", "g1-c1-1", "g1-c2-0", "g1-c2-1"}"#,
        "retained are [1, 2], goes on at record 230000",
        "100000 of 100000 keys counted 3 times",
    ];

    savepoints from "../examples/savepoints.rs" prints [
        "stopped with savepoint-counts-…: true",
        "each digit Some(200) times",
        "incompatible: names the mapper: true",
        "only the rest is read: true",
        "0 left",
    ];

    configure from "../examples/configure.rs" prints [
        "execution.checkpointing.dir: hdfs://namenode:40010/flink/checkpoints in cluster.yaml:3",
        "execution.checkpointing.savepoint-dir: hdfs:///flink/savepoints in cluster.yaml:4",
        "'state.backend' in cluster.yaml:2 is an older name of 'state.backend.type'",
        "'state.checkpoints.dir' in cluster.yaml:3 is an older name of 'execution.checkpointing.dir'",
        "'state.savepoints.dir' in cluster.yaml:4 is an older name of 'execution.checkpointing.savepoint-dir'",
        "backend Filesystem, interval Some(100ms), timeout 120s",
        "greatest sum: Some(10)",
        "unknown key 'execution.checkpointing.intervall' in alluvium.yaml:1: the nearest known key is 'execution.checkpointing.interval'",
        "'execution.checkpointing.timeout' in alluvium.yaml:1: expected a duration such as 500 ms, 10 s, 5 min or 2 h, found 'a while'",
        "'execution.checkpointing.storage' = 'filesystem' (in alluvium.yaml:1) needs 'execution.checkpointing.dir', which is not set",
    ];
}
