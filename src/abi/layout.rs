//! Every size, alignment, offset and value of this layer against the measured tables.
//!
//! The checks run in the compiler, so a type that drifts does not build. The lists in `layout/` are
//! written from `c-tests/layout/*.tsv` by `c-tests/layout/asserts.py`; what needs a thought stands
//! here.

/// A struct or union: its size and alignment, then path, offset and size of each field.
macro_rules! layout {
    ($name:ident: $size:literal, $align:literal; $($($field:ident).+ $offset:literal $len:literal,)*) => {
        const _: () = {
            assert!(size_of::<$name>() == $size, concat!("size of ", stringify!($name)));
            assert!(align_of::<$name>() == $align, concat!("alignment of ", stringify!($name)));
            $(
                assert!(
                    core::mem::offset_of!($name, $($field).+) == $offset,
                    concat!("offset of ", stringify!($name), ".", stringify!($($field).+))
                );
                assert!(
                    // SAFETY: the closure is never called; its type alone is looked at. If it
                    // were, naming a place through a raw pointer reads nothing.
                    crate::abi::layout::len_of(|of: *const $name| unsafe {
                        &raw const (*of).$($field).+
                    }) == $len,
                    concat!("size of ", stringify!($name), ".", stringify!($($field).+))
                );
            )*
        };
    };
}

/// An enumeration: size and sign of its type, then name and value of each constant.
macro_rules! values {
    ($of:ident: $size:literal, $signed:literal; $($name:ident $value:literal,)*) => {
        const _: () = {
            assert!(size_of::<$of>() == $size, concat!("size of ", stringify!($of)));
            assert!(($of::MIN != 0) == $signed, concat!("sign of ", stringify!($of)));
            $( assert!($name as i128 == $value, stringify!($name)); )*
        };
    };
}

/// Object-like macros: name and value.
macro_rules! macros {
    ($($name:ident $value:literal,)*) => {
        const _: () = {
            $( assert!($name as i128 == $value, stringify!($name)); )*
        };
    };
}

mod compat;
mod private;
mod private_values;
mod public;
mod public_values;
mod uapi;
mod uapi_values;
mod verbium;
mod verbium_values;

/// The size of the field a projection points to.
const fn len_of<T, F>(_projection: fn(*const T) -> *const F) -> usize {
    size_of::<F>()
}

#[cfg(test)]
mod tests;
