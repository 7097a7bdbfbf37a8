//! Which concrete table a state has: decided by whether its types own heap memory or are large.
//!
//! The conditions are constants, so that each instance keeps one of the branches.

/// Binds `$table` to the value table of `$id`.
macro_rules! value_table {
    ($registry:expr, $get:ident, $id:expr, <$K:ty, $N:ty, $V:ty>, $table:ident => $body:expr) => {
        if const { crate::table::is_shared::<($K, $N)>() } {
            if const { crate::table::is_shared::<$V>() } {
                let $table =
                    $registry.$get::<ValueTable<$K, $N, $V, Arc<($K, $N)>, Shared<$V>>>($id)?;
                $body
            } else {
                let $table =
                    $registry.$get::<ValueTable<$K, $N, $V, Arc<($K, $N)>, Inline<$V>>>($id)?;
                $body
            }
        } else if const { crate::table::is_shared::<$V>() } {
            let $table =
                $registry.$get::<ValueTable<$K, $N, $V, Inline<($K, $N)>, Shared<$V>>>($id)?;
            $body
        } else {
            let $table =
                $registry.$get::<ValueTable<$K, $N, $V, Inline<($K, $N)>, Inline<$V>>>($id)?;
            $body
        }
    };
}

/// Binds `$table` to the list table of `$id`.
macro_rules! list_table {
    ($registry:expr, $get:ident, $id:expr, <$K:ty, $N:ty, $T:ty>, $table:ident => $body:expr) => {
        if const { crate::table::is_shared::<($K, $N)>() } {
            let $table = $registry.$get::<ListTable<$K, $N, $T, Arc<($K, $N)>>>($id)?;
            $body
        } else {
            let $table = $registry.$get::<ListTable<$K, $N, $T, Inline<($K, $N)>>>($id)?;
            $body
        }
    };
}

/// Binds `$table` to the map table of `$id`.
macro_rules! map_table {
    ($registry:expr, $get:ident, $id:expr, <$K:ty, $N:ty, $UK:ty, $UV:ty>,
        $table:ident => $body:expr) => {
        if const { crate::table::is_shared::<($K, $N)>() } {
            map_table!(@user $registry, $get, $id, <$K, $N, $UK, $UV>, Arc<($K, $N)>,
                $table => $body)
        } else {
            map_table!(@user $registry, $get, $id, <$K, $N, $UK, $UV>, Inline<($K, $N)>,
                $table => $body)
        }
    };
    (@user $registry:expr, $get:ident, $id:expr, <$K:ty, $N:ty, $UK:ty, $UV:ty>, $OS:ty,
        $table:ident => $body:expr) => {
        if const { crate::table::is_shared::<$UK>() } {
            map_table!(@value $registry, $get, $id, <$K, $N, $UK, $UV>, $OS, Arc<$UK>,
                $table => $body)
        } else {
            map_table!(@value $registry, $get, $id, <$K, $N, $UK, $UV>, $OS, Inline<$UK>,
                $table => $body)
        }
    };
    (@value $registry:expr, $get:ident, $id:expr, <$K:ty, $N:ty, $UK:ty, $UV:ty>, $OS:ty,
        $US:ty, $table:ident => $body:expr) => {
        if const { crate::table::is_shared::<$UV>() } {
            let $table =
                $registry.$get::<MapTable<$K, $N, $UK, $UV, $OS, $US, Shared<$UV>>>($id)?;
            $body
        } else {
            let $table =
                $registry.$get::<MapTable<$K, $N, $UK, $UV, $OS, $US, Inline<$UV>>>($id)?;
            $body
        }
    };
}

pub(super) use {list_table, map_table, value_table};
