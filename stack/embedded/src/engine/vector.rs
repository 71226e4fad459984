//! Reading single values out of DuckDB's vectors.

use std::marker::PhantomData;

use duckdb::ffi;

use super::outcome::Chunk;

/// A column of a chunk, or the child of one. Flat: row `i` is at place `i`.
#[derive(Clone, Copy)]
pub(crate) struct Vector<'chunk> {
    raw: ffi::duckdb_vector,
    data: *const u8,
    validity: *const u64,
    chunk: PhantomData<&'chunk Chunk>,
}

/// Where a list's elements stand in the child vector.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct ListEntry {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// A span of time as DuckDB keeps it: three parts that do not convert into one another.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Interval {
    pub(crate) months: i32,
    pub(crate) days: i32,
    pub(crate) micros: i64,
}

/// Types that may be read from a vector's data as they lie.
///
/// # Safety
/// Every bit pattern must be a valid value.
pub(crate) unsafe trait Plain: Copy {}
macro_rules! plain {
    ($($kind:ty),*) => { $(
        // SAFETY: every bit pattern is a valid value.
        unsafe impl Plain for $kind {}
    )* };
}
plain!(u8, i8, i16, i32, i64, i128, u16, u32, u64, u128, f32, f64, ListEntry, Interval, [u8; 16]);

impl<'chunk> Vector<'chunk> {
    pub(super) fn new(raw: ffi::duckdb_vector, _: &'chunk Chunk) -> Self {
        Self::of(raw)
    }

    fn of(raw: ffi::duckdb_vector) -> Self {
        // SAFETY: the vector is live for `'chunk`.
        let (data, validity) = unsafe { (ffi::duckdb_vector_get_data(raw).cast(), ffi::duckdb_vector_get_validity(raw)) };
        Self { raw, data, validity: validity.cast_const(), chunk: PhantomData }
    }

    /// Whether row `row` is null.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        // SAFETY: a validity mask, where there is one, has a bit for every row.
        !self.validity.is_null() && unsafe { self.validity.add(row / 64).read() } >> (row % 64) & 1 == 0
    }

    /// The value of row `row`, which must be of the column's physical type.
    pub(crate) fn get<T: Plain>(&self, row: usize) -> T {
        // SAFETY: the caller takes `T` from the column's type, so that the data hold a `T` for every row.
        unsafe { self.data.cast::<T>().add(row).read_unaligned() }
    }

    /// The bytes of row `row` of a text or binary column.
    pub(crate) fn bytes(&self, row: usize) -> &'chunk [u8] {
        const INLINE: usize = 12;
        // SAFETY: text is kept as 16 bytes: a length, and either the bytes themselves or four of them and a pointer.
        unsafe {
            let place = self.data.add(row * 16);
            let length = place.cast::<u32>().read_unaligned() as usize;
            let start = if length <= INLINE { place.add(4) } else { place.add(8).cast::<*const u8>().read_unaligned() };
            std::slice::from_raw_parts(start, length)
        }
    }

    /// The vector of a list's elements.
    pub(crate) fn list_child(&self) -> Self {
        // SAFETY: the caller knows from the type that this is a list.
        Self::of(unsafe { ffi::duckdb_list_vector_get_child(self.raw) })
    }

    /// The vector of a fixed-size list's elements.
    pub(crate) fn array_child(&self) -> Self {
        // SAFETY: the caller knows from the type that this is an array.
        Self::of(unsafe { ffi::duckdb_array_vector_get_child(self.raw) })
    }

    /// The vector of a struct's field.
    pub(crate) fn struct_child(&self, index: usize) -> Self {
        // SAFETY: the caller knows from the type that this is a struct with such a field.
        Self::of(unsafe { ffi::duckdb_struct_vector_get_child(self.raw, index as u64) })
    }
}
