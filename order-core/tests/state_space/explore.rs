//! The explorer: a breadth-first search of all reachable states. It knows nothing of orders.

use std::collections::VecDeque;

/// A state space: its initial states, its transitions, and its invariants.
pub(crate) trait StateSpace {
    type State: Clone;

    /// Returns the states that the search begins with.
    fn initial(&self) -> Vec<Self::State>;

    /// Returns every state that one transition leads to, with a label of the transition.
    fn successors(&mut self, from: &Self::State) -> Vec<(String, Self::State)>;

    /// Returns what is wrong with a transition or with the state it leads to.
    fn violation(&self, from: &Self::State, to: &Self::State) -> Option<String>;

    /// Decides whether the search continues from a state. A new one gets this index.
    fn admit(&mut self, state: &Self::State, index: usize) -> Admission;
}

/// Whether the search continues from a state.
pub(crate) enum Admission {
    New,
    /// The state was reached before, and has this index.
    Known(usize),
    /// The search does not continue from it.
    Pruned,
}

/// The explored part of a state space.
pub(crate) struct Explored<S> {
    /// In the order of discovery.
    pub(crate) states: Vec<S>,
    pub(crate) transitions: usize,
    /// The length of the longest of the shortest paths.
    pub(crate) depth: usize,
    /// The indices of the predecessors of each state, by its index.
    predecessors: Vec<Vec<usize>>,
}

/// Explores a whole state space.
///
/// # Panics
/// If a transition or a state is a violation; the path to it is printed.
pub(crate) fn explore<T>(space: &mut T) -> Explored<T::State>
where
    T: StateSpace,
    T::State: std::fmt::Debug,
{
    let mut search = Search::default();
    for state in space.initial() {
        search.reach(space, state, None);
    }
    while let Some(at) = search.queue.pop_front() {
        let from = search.states[at].clone();
        for (label, to) in space.successors(&from) {
            search.transitions += 1;
            if let Some(violation) = space.violation(&from, &to) {
                let mut path = search.path(at);
                path.push(label);
                panic!(
                    "{violation}, after:\n{}\non {from:#?}, giving {to:#?}",
                    path.join("\n")
                );
            }
            search.reach(space, to, Some((at, label)));
        }
    }
    Explored {
        depth: search.depths.into_iter().max().unwrap_or_default(),
        states: search.states,
        transitions: search.transitions,
        predecessors: search.predecessors,
    }
}

struct Search<S> {
    states: Vec<S>,
    depths: Vec<usize>,
    /// The first transition that led to each state: the index of its predecessor, and its label.
    origins: Vec<Option<(usize, String)>>,
    predecessors: Vec<Vec<usize>>,
    queue: VecDeque<usize>,
    transitions: usize,
}

impl<S> Default for Search<S> {
    fn default() -> Self {
        Self {
            states: Vec::new(),
            depths: Vec::new(),
            origins: Vec::new(),
            predecessors: Vec::new(),
            queue: VecDeque::new(),
            transitions: 0,
        }
    }
}

impl<S> Search<S> {
    fn reach<T>(&mut self, space: &mut T, state: S, origin: Option<(usize, String)>)
    where
        T: StateSpace<State = S>,
    {
        let from = origin.as_ref().map(|(from, _)| *from);
        let index = match space.admit(&state, self.states.len()) {
            Admission::Pruned => return,
            Admission::Known(index) => index,
            Admission::New => {
                let index = self.states.len();
                self.depths
                    .push(from.map_or(0, |from| self.depths[from] + 1));
                self.states.push(state);
                self.origins.push(origin);
                self.predecessors.push(Vec::new());
                self.queue.push_back(index);
                index
            }
        };
        self.predecessors[index].extend(from);
    }

    /// Returns the labels of a shortest path to a state.
    fn path(&self, mut at: usize) -> Vec<String> {
        let mut labels = Vec::new();
        while let Some((from, label)) = &self.origins[at] {
            labels.push(label.clone());
            at = *from;
        }
        labels.reverse();
        labels
    }
}

impl<S> Explored<S> {
    /// Returns the states from which no state of the given kind can be reached.
    pub(crate) fn stranded(&self, is_goal: impl Fn(&S) -> bool) -> Vec<&S> {
        let mut safe: Vec<bool> = self.states.iter().map(is_goal).collect();
        let mut queue: VecDeque<usize> = (0..safe.len()).filter(|at| safe[*at]).collect();
        while let Some(at) = queue.pop_front() {
            for from in &self.predecessors[at] {
                if !safe[*from] {
                    safe[*from] = true;
                    queue.push_back(*from);
                }
            }
        }
        let states = self.states.iter().zip(safe);
        states
            .filter(|(_, safe)| !safe)
            .map(|(state, _)| state)
            .collect()
    }
}
