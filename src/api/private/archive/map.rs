//! A sorted map whose items are members of the provider's own structs.
//!
//! Provider code reads of it what its headers have inline: the address of `nil`, which stands for
//! "no item" everywhere, the list that begins and ends there, the key of an item and the count. The
//! search tree is ours alone: a treap, whose shape hangs on a hash of the keys, so that no order
//! of insertion makes it deep.

use std::ptr::null_mut;

/// Part of the provider's struct.
#[repr(C)]
pub(super) struct Item {
    /// The neighbours by key.
    pub(super) next: *mut Item,
    prev: *mut Item,
    left: *mut Item,
    right: *mut Item,
    up: *mut Item,
    /// No item has a higher one than the item above it. Providers see a colour here.
    rank: u32,
    pub(super) key: u64,
}

#[repr(C)]
pub(super) struct Map {
    /// Its left is the top of the tree.
    root: Item,
    pub(super) nil: Item,
    pub(super) count: usize,
}

// What the archives of release 44 and 56 were compiled with.
const _: () = assert!(size_of::<Item>() == 56 && size_of::<Map>() == 120);

fn rank_of(key: u64) -> u32 {
    let mixed = (key ^ (key >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}

/// One map with the means to change it. All pointers lead to items of the map, its root or its nil;
/// who makes one promises that for its whole life, and that nobody else uses the map meanwhile.
struct Tree(*mut Map);

impl Tree {
    fn root(&self) -> *mut Item {
        // SAFETY: the map is alive; only an address is made.
        unsafe { &raw mut (*self.0).root }
    }

    fn nil(&self) -> *mut Item {
        // SAFETY: as above.
        unsafe { &raw mut (*self.0).nil }
    }

    /// An item of the map, for as long as the statement it is asked for in.
    #[allow(clippy::mut_from_ref, reason = "the items are not part of the Tree")]
    fn at(&self, item: *mut Item) -> &mut Item {
        // SAFETY: an item of the map, alive and nobody else's, as whoever made the Tree promised; no
        // caller holds two at once.
        unsafe { &mut *item }
    }

    /// The item with the key, or the one below which it would hang.
    fn find(&self, key: u64) -> *mut Item {
        let (mut above, mut item) = (self.root(), self.at(self.root()).left);
        while item != self.nil() {
            above = item;
            let (here, left, right) = {
                let item = self.at(item);
                (item.key, item.left, item.right)
            };
            item = match key.cmp(&here) {
                std::cmp::Ordering::Equal => break,
                std::cmp::Ordering::Less => left,
                std::cmp::Ordering::Greater => right,
            };
        }
        above
    }

    fn has(&self, item: *mut Item, key: u64) -> bool {
        item != self.root() && self.at(item).key == key
    }

    /// Puts `new`, which may be nil, where `old` hangs.
    fn hang(&self, old: *mut Item, new: *mut Item) {
        let up = self.at(old).up;
        let above = self.at(up);
        if above.left == old {
            above.left = new;
        } else {
            above.right = new;
        }
        if new != self.nil() {
            self.at(new).up = up;
        }
    }

    /// Exchanges an item and the one above it; the order stays.
    fn raise(&self, item: *mut Item) {
        let above = self.at(item).up;
        self.hang(above, item);
        let inner = if self.at(above).left == item {
            let inner = std::mem::replace(&mut self.at(item).right, above);
            self.at(above).left = inner;
            inner
        } else {
            let inner = std::mem::replace(&mut self.at(item).left, above);
            self.at(above).right = inner;
            inner
        };
        self.at(above).up = item;
        if inner != self.nil() {
            self.at(inner).up = above;
        }
    }

    fn insert(&self, key: u64, item: *mut Item) -> *mut Item {
        let above = self.find(key);
        if self.has(above, key) {
            return above;
        }
        let nil = self.nil();
        // The neighbours: what it hangs below is one of them.
        let (prev, next) = if above == self.root() {
            self.at(above).left = item;
            (nil, nil)
        } else if key < self.at(above).key {
            self.at(above).left = item;
            (self.at(above).prev, above)
        } else {
            self.at(above).right = item;
            (above, self.at(above).next)
        };
        // SAFETY: a place of the caller for one item.
        unsafe {
            item.write(Item {
                next,
                prev,
                left: nil,
                right: nil,
                up: above,
                rank: rank_of(key),
                key,
            });
        }
        self.at(prev).next = item;
        self.at(next).prev = item;
        self.count(1);
        while self.at(item).up != self.root() {
            let above = self.at(item).up;
            if self.at(above).rank >= self.at(item).rank {
                break;
            }
            self.raise(item);
        }
        item
    }

    fn remove(&self, item: *mut Item) {
        let nil = self.nil();
        let below = loop {
            let (left, right) = (self.at(item).left, self.at(item).right);
            if left == nil || right == nil {
                break if left == nil { right } else { left };
            }
            let is_left = self.at(left).rank > self.at(right).rank;
            self.raise(if is_left { left } else { right });
        };
        self.hang(item, below);
        let (prev, next) = (self.at(item).prev, self.at(item).next);
        self.at(prev).next = next;
        self.at(next).prev = prev;
        self.count(-1);
    }

    fn count(&self, change: isize) {
        // SAFETY: the map is alive.
        let count = unsafe { &mut (*self.0).count };
        *count = count.wrapping_add_signed(change);
    }
}

/// # Safety
/// A place for a map.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn verbium_archive_cl_qmap_init(map: *mut Map) {
    let tree = Tree(map);
    let (root, nil) = (tree.root(), tree.nil());
    // What the colour of a leaf is in rdma-core.
    let end = |up| Item {
        next: nil,
        prev: nil,
        left: nil,
        right: nil,
        up,
        rank: 1,
        key: 0,
    };
    let empty = Map {
        root: Item {
            next: null_mut(),
            prev: null_mut(),
            ..end(root)
        },
        nil: end(nil),
        count: 0,
    };
    // SAFETY: the caller's promise.
    unsafe { map.write(empty) };
}

/// The item with the key; nil if there is none.
///
/// # Safety
/// The map has been initialised and is nobody else's meanwhile.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn verbium_archive_cl_qmap_get(map: *mut Map, key: u64) -> *mut Item {
    let tree = Tree(map);
    let found = tree.find(key);
    if tree.has(found, key) {
        found
    } else {
        tree.nil()
    }
}

/// Adds the item under a key, and returns it; the one that is there, if there is one already.
///
/// # Safety
/// As of `verbium_archive_cl_qmap_get`; the item is in no map.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn verbium_archive_cl_qmap_insert(
    map: *mut Map,
    key: u64,
    item: *mut Item,
) -> *mut Item {
    Tree(map).insert(key, item)
}

/// Takes an item out; nil is none.
///
/// # Safety
/// As of `verbium_archive_cl_qmap_get`; the item is in the map, or its nil.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn verbium_archive_cl_qmap_remove_item(
    map: *mut Map,
    item: *mut Item,
) {
    let tree = Tree(map);
    if item != tree.nil() {
        tree.remove(item);
    }
}
