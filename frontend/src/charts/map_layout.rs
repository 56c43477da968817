//! Where the things of a service map stand: layers from callers to called (Sugiyama et al., 1981: break cycles, layer by
//! longest path, order by the barycentre of neighbours). Pure and deterministic: the same map is always drawn the same.

use std::collections::{BTreeMap, BTreeSet};

/// A place in the layout: layer from the left, row from the top (fractions centre short layers).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spot {
    pub layer: usize,
    pub row: f64,
}

/// A laid-out map. Indices are those of the given nodes and edges.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Layout {
    pub spots: Vec<Spot>,
    /// For every edge the spots that it runs through, its ends included; empty where an end is not among the nodes.
    pub ways: Vec<Vec<Spot>>,
    pub layers: usize,
    pub rows: usize,
}

/// Sweeps of ordering: each pass looks at one side's neighbours; more than a few change nothing.
const SWEEPS: usize = 6;

pub fn layout(ids: &[&str], edges: &[(&str, &str)]) -> Layout {
    let index: BTreeMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let ends: Vec<Option<(usize, usize)>> =
        edges.iter().map(|(from, to)| Some((*index.get(from)?, *index.get(to)?))).collect();
    let forward = acyclic(ids.len(), &ends);
    let mut layer = longest_paths(ids.len(), &forward);
    // Long edges get a stand-in in every layer that they cross, so that other things keep clear of them.
    let mut chains: Vec<Vec<usize>> = Vec::with_capacity(ends.len());
    let mut neighbours: Vec<(usize, usize)> = Vec::new();
    for end in &ends {
        let Some((from, to)) = *end else {
            chains.push(Vec::new());
            continue;
        };
        let (first, last) = if layer[from] <= layer[to] { (from, to) } else { (to, from) };
        let mut chain = vec![first];
        for between in layer[first] + 1..layer[last] {
            layer.push(between);
            chain.push(layer.len() - 1);
        }
        if first != last {
            chain.push(last);
        }
        neighbours.extend(chain.windows(2).map(|pair| (pair[0], pair[1])));
        if first != from {
            chain.reverse();
        }
        chains.push(chain);
    }
    let order = ordered(&layer, &neighbours);
    let rows = order.iter().map(Vec::len).max().unwrap_or(0);
    let mut spots = vec![Spot { layer: 0, row: 0.0 }; layer.len()];
    for (at, members) in order.iter().enumerate() {
        let shift = (rows - members.len()) as f64 / 2.0;
        for (row, member) in members.iter().enumerate() {
            spots[*member] = Spot { layer: at, row: row as f64 + shift };
        }
    }
    let ways = chains.into_iter().map(|chain| chain.into_iter().map(|member| spots[member]).collect()).collect();
    spots.truncate(ids.len());
    Layout { spots, ways, layers: order.len(), rows }
}

/// The edges without loops to self and with those turned round that would close a cycle (depth-first, in the given order).
fn acyclic(count: usize, ends: &[Option<(usize, usize)>]) -> BTreeSet<(usize, usize)> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut incoming = vec![0; count];
    for (from, to) in ends.iter().flatten().filter(|(from, to)| from != to) {
        out[*from].push(*to);
        incoming[*to] += 1;
    }
    // What nobody calls comes first: a cycle is then entered where requests enter it.
    let mut starts: Vec<usize> = (0..count).collect();
    starts.sort_by_key(|node| (incoming[*node] > 0, *node));
    let (mut state, mut kept) = (vec![0_u8; count], BTreeSet::new());
    for start in starts {
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.pop() {
            if next == 0 {
                if state[node] != 0 {
                    continue;
                }
                state[node] = 1;
            }
            let Some(to) = out[node].get(next).copied() else {
                state[node] = 2;
                continue;
            };
            stack.push((node, next + 1));
            if state[to] == 1 {
                kept.insert((to, node));
            } else {
                kept.insert((node, to));
                if state[to] == 0 {
                    stack.push((to, 0));
                }
            }
        }
    }
    kept
}

/// The layer of each node: one more than the last of its callers.
fn longest_paths(count: usize, edges: &BTreeSet<(usize, usize)>) -> Vec<usize> {
    let mut layer = vec![0; count];
    // Each round settles at least one more layer of an acyclic graph.
    for _ in 0..count {
        let mut moved = false;
        for (from, to) in edges {
            if layer[*to] <= layer[*from] {
                layer[*to] = layer[*from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    layer
}

/// The members of each layer from top to bottom.
fn ordered(layer: &[usize], neighbours: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let layers = layer.iter().copied().max().map_or(0, |last| last + 1);
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); layers];
    for (node, at) in layer.iter().enumerate() {
        order[*at].push(node);
    }
    let mut row = vec![0.0; layer.len()];
    let place = |order: &[Vec<usize>], row: &mut Vec<f64>| {
        for members in order {
            for (at, member) in members.iter().enumerate() {
                row[*member] = at as f64 - members.len() as f64 / 2.0;
            }
        }
    };
    place(&order, &mut row);
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let turns: Vec<usize> =
            if down { (1..layers).collect() } else { (0..layers.saturating_sub(1)).rev().collect() };
        for at in turns {
            let centre = |node: usize| {
                let beside = neighbours.iter().filter_map(|(a, b)| match down {
                    true => (*b == node).then_some(*a),
                    false => (*a == node).then_some(*b),
                });
                let rows: Vec<f64> = beside.map(|node| row[node]).collect();
                if rows.is_empty() { row[node] } else { rows.iter().sum::<f64>() / rows.len() as f64 }
            };
            let mut keyed: Vec<(f64, usize)> = order[at].iter().map(|node| (centre(*node), *node)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            order[at] = keyed.into_iter().map(|(_, node)| node).collect();
            place(&order[at..=at], &mut row);
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_stand_left_of_what_they_call() {
        let edges = [("a", "b"), ("b", "c"), ("a", "c")];
        let layout = layout(&["a", "b", "c"], &edges);
        assert_eq!(layout.spots.iter().map(|spot| spot.layer).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(layout.ways[2].len(), 3, "the long edge runs through the middle layer");
    }

    #[test]
    fn cycles_and_loops_end_and_unknown_ends_are_left_out() {
        let layout = layout(&["a", "b"], &[("a", "b"), ("b", "a"), ("a", "a"), ("a", "ghost")]);
        assert_eq!((layout.spots[0].layer, layout.spots[1].layer), (0, 1));
        assert_eq!((layout.ways[2].len(), layout.ways[3].len()), (1, 0));
        assert_eq!(layout.ways[1].first(), Some(&layout.spots[1]), "an edge back keeps its direction");
    }

    #[test]
    fn nothing_is_laid_on_top_of_another() {
        let ids: Vec<String> = (0..40).map(|n| format!("s{n}")).collect();
        let names: Vec<&str> = ids.iter().map(String::as_str).collect();
        let edges: Vec<(&str, &str)> = (0..80).map(|n| (names[n * 7 % 40], names[n * 13 % 40])).collect();
        let drawn = layout(&names, &edges);
        let mut spots: Vec<String> = drawn.spots.iter().map(|spot| format!("{spot:?}")).collect();
        spots.sort();
        spots.dedup();
        assert_eq!(spots.len(), 40);
        assert_eq!(drawn, layout(&names, &edges));
    }
}
