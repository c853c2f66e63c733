//! The Merkle tree of RFC 6962, section 2.1, over entries that come one by one.
//!
//! Leaves are kept only of the last, open tile; of full tiles the root is kept, and all nodes above. A
//! million entries are a quarter of a megabyte. The leaves of an older tile are read anew when one of
//! them is to be proven.

use sha2::{Digest as _, Sha256};

use super::Hash;

/// Leaves of a tile.
pub const TILE: usize = 256;

/// The hash of a leaf.
pub fn leaf(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a tree with these leaves.
fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root_of(left), &root_of(right))
        }
    }
}

/// The largest power of two below `len`, which is at least 2.
fn split(len: usize) -> usize {
    len.next_power_of_two() / 2
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// `levels[0]` are the roots of full tiles; of two full nodes is made one of the next level.
    levels: Vec<Vec<Hash>>,
    /// The leaves behind them.
    open: Vec<Hash>,
}

impl Tree {
    pub fn size(&self) -> usize {
        self.levels.first().map_or(0, Vec::len) * TILE + self.open.len()
    }

    pub fn push(&mut self, leaf: Hash) {
        self.open.push(leaf);
        if self.open.len() < TILE {
            return;
        }
        let mut full = root_of(&self.open);
        self.open.clear();
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let nodes = &mut self.levels[level];
            nodes.push(full);
            let [.., left, right] = nodes.as_slice() else { return };
            if !nodes.len().is_multiple_of(2) {
                return;
            }
            full = node(left, right);
        }
    }

    pub fn root(&self) -> Hash {
        let open = (!self.open.is_empty()).then(|| root_of(&self.open));
        // Full nodes without a brother, from the smallest up.
        let single = self.levels.iter().filter(|nodes| !nodes.len().is_multiple_of(2));
        let full = single.filter_map(|nodes| nodes.last());
        let root =
            full.fold(open, |right, left| Some(right.map_or(*left, |right| node(left, &right))));
        root.unwrap_or_else(|| root_of(&[]))
    }

    /// The first leaf of the tile in which leaf `index` lies, and how many there are.
    pub fn tile_of(&self, index: usize) -> (usize, usize) {
        let first = index / TILE * TILE;
        (first, TILE.min(self.size().saturating_sub(first)))
    }

    /// The audit path of leaf `index`, from the leaf up. `tile` are the leaves of its tile; `None` when
    /// they are not those, or the tree has no such leaf.
    pub fn path(&self, index: usize, tile: &[Hash]) -> Option<Vec<Hash>> {
        let (first, count) = self.tile_of(index);
        if index >= self.size() || tile.len() != count {
            return None;
        }
        let known = match self.levels.first().and_then(|roots| roots.get(index / TILE)) {
            Some(root) => *root == root_of(tile),
            None => self.open == tile,
        };
        if !known {
            return None;
        }
        let mut path = Vec::new();
        let (mut from, mut to) = (0, self.size());
        while to - from > 1 {
            let middle = from + split(to - from);
            let other = if index < middle { middle..to } else { from..middle };
            path.push(self.range(other.start, other.end, first, tile));
            (from, to) = if index < middle { (from, middle) } else { (middle, to) };
        }
        path.reverse();
        Some(path)
    }

    /// The root over the leaves `from..to`, a node of the tree; `tile` begins at leaf `first`.
    fn range(&self, from: usize, to: usize, first: usize, tile: &[Hash]) -> Hash {
        let count = to - from;
        if from >= first && to <= first + tile.len() {
            return root_of(&tile[from - first..to - first]);
        }
        if count.is_power_of_two() && count >= TILE {
            let level = (count / TILE).ilog2() as usize;
            return self.levels[level][from / count];
        }
        if from / TILE * TILE == self.size() - self.open.len() {
            return root_of(&self.open);
        }
        let middle = from + split(count);
        node(&self.range(from, middle, first, tile), &self.range(middle, to, first, tile))
    }
}

/// The root of a tree of `size` leaves in which `leaf` stands at `index`, by its audit path; `None` when
/// the path is none of such a tree. RFC 9162, section 2.1.3.2.
pub fn root_by_path(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut root = leaf;
    for other in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            root = node(other, &root);
            while at % 2 == 0 && at != 0 {
                at /= 2;
                last /= 2;
            }
        } else {
            root = node(&root, other);
        }
        at /= 2;
        last /= 2;
    }
    (last == 0).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::hex;

    /// Inputs and roots of the test suite of Certificate Transparency's reference implementation.
    #[test]
    fn the_roots_are_those_of_rfc_6962() {
        let inputs: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(&tree.root()), empty);
        for (input, root) in inputs.into_iter().zip(roots) {
            tree.push(leaf(input));
            assert_eq!(hex(&tree.root()), root, "{} leaves", tree.size());
        }
    }

    #[test]
    fn every_leaf_of_every_size_is_proven_and_nothing_else_is() {
        let leaves: Vec<Hash> = (0..1_400_u32).map(|it| leaf(&it.to_be_bytes())).collect();
        let mut tree = Tree::default();
        for (count, one) in leaves.iter().enumerate() {
            tree.push(*one);
            let size = count + 1;
            // All sizes around the ends of tiles, a few others.
            if !(size % TILE < 3 || size % TILE > TILE - 3 || size % 197 == 0 || size < 20) {
                continue;
            }
            let (root, size_u64) = (tree.root(), size as u64);
            assert_eq!(root, root_of(&leaves[..size]));
            for index in (0..size).filter(|it| it % 61 == 0 || it % TILE < 2 || size - it < 3) {
                let (first, tile) = tree.tile_of(index);
                let path = tree.path(index, &leaves[first..first + tile]).unwrap();
                let at = index as u64;
                assert_eq!(root_by_path(leaves[index], at, size_u64, &path), Some(root));
                assert_ne!(root_by_path(leaves[index], at + 1, size_u64, &path), Some(root));
                assert_ne!(root_by_path(leaf(b"other"), at, size_u64, &path), Some(root));
                let longer = [path.as_slice(), &[root]].concat();
                assert_eq!(root_by_path(leaves[index], at, size_u64, &longer), None);
                if let Some((_, shorter)) = path.split_last() {
                    assert_eq!(root_by_path(leaves[index], at, size_u64, shorter), None);
                }
            }
            assert_eq!(tree.path(size, &[]), None);
            assert_eq!(tree.path(0, &[root]), if size == 1 { Some(vec![]) } else { None });
        }
    }
}
