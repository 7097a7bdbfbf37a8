//! How stores of checkpoints and savepoints are reached that are not local directories.

use crate::config::definition::{ConfigOption, Group};
use crate::config::value::{ByteSize, Secret};
use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(1);

/// The size of a part.
pub const PART_SIZE: ConfigOption<ByteSize> = ConfigOption::new(
    "storage.part-size",
    ByteSize::mib(8),
    "The size of one part of an object that is streamed, and of one ranged read. S3 takes no part \
     below 5 mb but the last, and no object of more than 10,000 parts.",
)
.at_least(ByteSize::bytes(1))
.at_most(ByteSize::gib(5));

/// How much of a snapshot is read at once.
pub const READ_SIZE: ConfigOption<ByteSize> = ConfigOption::new(
    "storage.read-size",
    ByteSize::mib(8),
    "How much of a file of keyed state is read at once from a store that is no local directory. \
     Each thread that reads holds so much for each checkpoint that the state is put together from.",
)
.at_least(ByteSize::kib(64))
.at_most(ByteSize::mib(64));

/// Requests at a time.
pub const STORAGE_PARALLELISM: ConfigOption<u32> = ConfigOption::new(
    "storage.parallelism",
    4,
    "Requests that one streamed object, or one read, makes at a time. A stream that is being \
     written holds up to `storage.part-size` × (`storage.parallelism` + 1) in memory, a read \
     `storage.part-size` × `storage.parallelism` beside what it returns.",
)
.at_least(1)
.at_most(1024);

/// Threads of a store.
pub const STORAGE_THREADS: ConfigOption<u32> = ConfigOption::new(
    "storage.threads",
    2,
    "Threads that do the work of one remote store.",
)
.at_least(1)
.at_most(1024);

/// The longest that a request may take.
pub const REQUEST_TIMEOUT: ConfigOption<Duration> = ConfigOption::new(
    "storage.request-timeout",
    Duration::from_secs(30),
    "How long one request may take before it is made again. A part must get through in that time.",
)
.at_least(SHORTEST);

/// The longest that a call may take.
pub const STORAGE_DEADLINE: ConfigOption<Duration> = ConfigOption::new(
    "storage.deadline",
    Duration::from_mins(2),
    "How long a call keeps trying. Each part of a streamed object is a call of its own.",
)
.at_least(SHORTEST);

/// The first pause.
pub const INITIAL_BACK_OFF: ConfigOption<Duration> = ConfigOption::new(
    "storage.initial-back-off",
    Duration::from_millis(100),
    "How long a call waits before it makes its request again; doubled each time. One half of each \
     pause is random.",
)
.at_least(SHORTEST);

/// The longest pause.
pub const MAX_BACK_OFF: ConfigOption<Duration> = ConfigOption::new(
    "storage.max-back-off",
    Duration::from_secs(10),
    "The longest pause between two requests of a call.",
)
.at_least(SHORTEST);

/// Whether stores are tried out.
pub const STORAGE_PROBE: ConfigOption<bool> = ConfigOption::new(
    "storage.probe",
    true,
    "Whether a remote store that is to be written to is tried out before: whether it can be \
     reached, written and read, and creates an object only if there is none. Some S3-compatible \
     servers do not keep to that; two owners of a job could then both publish checkpoints.",
);

/// Another server.
pub const S3_ENDPOINT: ConfigOption<Option<String>> = ConfigOption::new(
    "storage.s3.endpoint",
    None,
    "The server that `s3://` means, as `https://host:port`.",
)
.by_default("`AWS_ENDPOINT` of the environment, else Amazon's");

/// Where buckets are.
pub const S3_REGION: ConfigOption<Option<String>> =
    ConfigOption::new("storage.s3.region", None, "The region of buckets.")
        .by_default("`AWS_REGION` of the environment, else `us-east-1`");

/// Who asks S3.
pub const S3_ACCESS_KEY_ID: ConfigOption<Option<String>> = ConfigOption::new(
    "storage.s3.access-key-id",
    None,
    "The id of the access key to S3. With one, no credentials are taken from elsewhere.",
)
.by_default("`AWS_ACCESS_KEY_ID` of the environment, else as the machine or container says");

/// What proves it.
pub const S3_SECRET_ACCESS_KEY: ConfigOption<Option<Secret>> = ConfigOption::new(
    "storage.s3.secret-access-key",
    None,
    "The secret of the access key. Behind `-D`, other users of the machine can see it; a file \
     should be readable by its user alone.",
)
.by_default("`AWS_SECRET_ACCESS_KEY` of the environment, with its key");

/// What goes with an access key for a time.
pub const S3_SESSION_TOKEN: ConfigOption<Option<Secret>> = ConfigOption::new(
    "storage.s3.session-token",
    None,
    "The token of an access key that is valid for a time only.",
)
.by_default("`AWS_SESSION_TOKEN` of the environment, with its key");

/// Whether `http://` will do.
pub const S3_ALLOW_HTTP: ConfigOption<Option<bool>> = ConfigOption::new(
    "storage.s3.allow-http",
    None,
    "Whether the endpoint may be `http://`, without encryption.",
)
.by_default("`AWS_ALLOW_HTTP` of the environment, else `false`");

/// How buckets are named to the server.
pub const S3_VIRTUAL_HOSTED_STYLE: ConfigOption<Option<bool>> = ConfigOption::new(
    "storage.s3.virtual-hosted-style-request",
    None,
    "Whether the bucket is part of the host name; `false` makes it the first name of the path, as \
     most servers but Amazon's want it.",
)
.by_default("`AWS_VIRTUAL_HOSTED_STYLE_REQUEST` of the environment, else `false`");

pub(super) const GROUP: Group = Group {
    title: "Stores",
    intro: "They concern stores that are no local directory: `memory://`, `s3://`, `hdfs://`. \
            Without an access key, `s3://` takes the credentials of the environment \
            (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`), else those of the \
            machine or container; `hdfs://` does as Hadoop's configuration files say. Secrets are \
            shown in no message.",
    options: &[
        &PART_SIZE,
        &READ_SIZE,
        &STORAGE_PARALLELISM,
        &STORAGE_THREADS,
        &REQUEST_TIMEOUT,
        &STORAGE_DEADLINE,
        &INITIAL_BACK_OFF,
        &MAX_BACK_OFF,
        &STORAGE_PROBE,
        &S3_ENDPOINT,
        &S3_REGION,
        &S3_ACCESS_KEY_ID,
        &S3_SECRET_ACCESS_KEY,
        &S3_SESSION_TOKEN,
        &S3_ALLOW_HTTP,
        &S3_VIRTUAL_HOSTED_STYLE,
    ],
};
