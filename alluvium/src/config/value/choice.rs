//! Values out of a few that have names.

/// A spelling that is still understood, what it means, and the name to use now.
pub(super) struct Older<T> {
    pub(super) spelling: &'static str,
    pub(super) value: T,
    pub(super) name: &'static str,
}

/// Whether two names are the same: letters of any case, `-` or `_`.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    let plain = |byte: u8| match byte.to_ascii_lowercase() {
        b'_' => b'-',
        byte => byte,
    };
    a.len() == b.len() && a.bytes().map(plain).eq(b.bytes().map(plain))
}

/// The names as a sentence has them: `'a', 'b' or 'c'`.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// Makes a value of an enum: its names, of which the first of each variant is the one printed, and
/// older spellings.
macro_rules! choice {
    ($type:ty { $($variant:ident: $name:literal $(| $alias:literal)*),* $(,)? }
     older { $($old:literal => $means:ident as $newer:literal),* $(,)? }) => {
        impl $type {
            /// All names, without the older ones.
            const NAMES: &'static [&'static str] = &[$($name $(, $alias)*),*];
            const OLDER: &'static [Older<Self>] = &[$(Older {
                spelling: $old,
                value: Self::$means,
                name: $newer,
            }),*];
        }

        choice!(@value $type { $($variant: $name $(| $alias)*),* } names <$type>::NAMES, older <$type>::OLDER);
    };
    (@value $type:ty { $($variant:ident: $name:literal $(| $alias:literal)*),* } names $names:expr, older $older:expr) => {
        impl Sealed for $type {}

        impl ConfigValue for $type {
            fn kind() -> String {
                $names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            }

            fn expected() -> String {
                choice::listed($names)
            }

            fn parse(text: &str) -> Result<Self, String> {
                $($(if same_name(text, $alias) { return Ok(Self::$variant); })*
                if same_name(text, $name) { return Ok(Self::$variant); })*
                let older: &[Older<Self>] = $older;
                let found = older.iter().find(|older| same_name(text, older.spelling));
                found.map(|older| older.value.clone()).ok_or_else(Self::expected)
            }

            fn print(&self) -> String {
                match self {
                    $(Self::$variant => $name,)*
                }
                .to_owned()
            }

            fn newer_spelling(text: &str) -> Option<&'static str> {
                let older: &[Older<Self>] = $older;
                let found = older.iter().find(|older| same_name(text, older.spelling));
                found.map(|older| older.name)
            }
        }
    };
}
pub(super) use choice;
