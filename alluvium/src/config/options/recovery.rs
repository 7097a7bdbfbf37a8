//! What a job starts from.

use crate::config::definition::{ConfigOption, Group};

/// Whether a damaged checkpoint is passed over.
pub const FALL_BACK_TO_OLDER: ConfigOption<bool> = ConfigOption::new(
    "recovery.fall-back-to-older",
    true,
    "Whether the checkpoint before is used, with a warning, if the newest one is damaged. \
     Otherwise the job does not start.",
);

pub(super) const GROUP: Group = Group {
    title: "Recovery",
    intro: "",
    options: &[&FALL_BACK_TO_OLDER],
};
