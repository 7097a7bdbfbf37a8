//! What happens when a job fails.

use crate::config::value::RestartStrategyType;
use crate::config::{Configuration, options};
use std::time::Duration;

/// How often a failed job is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestartStrategy {
    /// Never.
    None,
    /// So many times in the life of the job, each after a delay.
    FixedDelay {
        /// The greatest number of restarts.
        attempts: u32,
        /// The time between a failure and the restart.
        delay: Duration,
    },
}

impl RestartStrategy {
    /// What a job with checkpoints gets unless told otherwise: three restarts, a second apart.
    pub const WITH_CHECKPOINTS: Self = Self::FixedDelay {
        attempts: 3,
        delay: Duration::from_secs(1),
    };
}

/// # Errors
/// If the strategy has settings and is not named.
pub(super) fn strategy(configuration: &Configuration) -> Result<RestartStrategy, String> {
    let attempts = &options::FIXED_DELAY_ATTEMPTS;
    let delay = &options::FIXED_DELAY;
    let lone = |set: bool, told: String| {
        let strategy = options::RESTART_STRATEGY.key();
        if set {
            Err(format!(
                "{told} needs '{strategy}' = 'fixed-delay', which is not set"
            ))
        } else {
            Ok(())
        }
    };
    match configuration.get(&options::RESTART_STRATEGY) {
        Some(RestartStrategyType::None) => Ok(RestartStrategy::None),
        Some(RestartStrategyType::FixedDelay) => Ok(RestartStrategy::FixedDelay {
            attempts: configuration.get(attempts),
            delay: configuration.get(delay),
        }),
        None => {
            lone(configuration.is_set(attempts), configuration.told(attempts))?;
            lone(configuration.is_set(delay), configuration.told(delay))?;
            Ok(match configuration.get(&options::INTERVAL) {
                Some(_) => RestartStrategy::WITH_CHECKPOINTS,
                None => RestartStrategy::None,
            })
        }
    }
}
