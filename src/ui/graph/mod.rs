//! Pictures of graphs: blocks and what they hang on, or steps and what they wait for, with modules as clusters.

mod dot;
mod mermaid;
mod svg;

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;

use crate::address::{Address, Mode, module_prefix};
use crate::plan::{Action, Plan, Step, Wait};
use crate::stack::graph::{Graph, Node};

/// In which language a graph is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Of Graphviz.
    #[default]
    Dot,
    /// A flow chart of Mermaid, which GitHub and GitLab draw where it stands in Markdown.
    Mermaid,
    /// A picture.
    Svg,
}

/// What a box stands for, and so its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Resource,
    Data,
    Create,
    Update,
    Delete,
    Read,
    Forget,
    /// All of these: where several steps wait for the same set.
    All,
}

impl Look {
    const EVERY: [Self; 8] =
        [Self::Resource, Self::Data, Self::Create, Self::Update, Self::Delete, Self::Read, Self::Forget, Self::All];

    /// The name of its class.
    fn word(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Data => "data",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Read => "read",
            Self::Forget => "forget",
            Self::All => "all",
        }
    }

    /// The colour of its border, and of what fills it.
    fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Resource => ("#3b5b8c", "#e8eef8"),
            Self::Data | Self::Read => ("#6b7280", "#f3f4f6"),
            Self::Create => ("#1a7f37", "#dafbe1"),
            Self::Update => ("#9a6700", "#fff8c5"),
            Self::Delete => ("#cf222e", "#ffebe9"),
            Self::Forget | Self::All => ("#6b7280", "#ffffff"),
        }
    }
}

/// One box.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    /// The modules around it, outermost first: `module.x["k"]`.
    around: Vec<String>,
    /// What stands in it.
    label: String,
    /// Its name in the whole graph.
    name: String,
    look: Look,
}

/// A graph that is to be drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drawing {
    parts: Vec<Part>,
    /// From what hangs on another or waits for it, to that.
    arrows: Vec<(usize, usize)>,
}

impl Drawing {
    /// The blocks of a stack: an arrow goes from a block to what it hangs on.
    pub fn of_stack(graph: &Graph) -> Self {
        let blocks = graph.order().iter().filter_map(|node| match node {
            Node::Block(address) => Some(address),
            _ => None,
        });
        let mut drawing = Self::default();
        let mut places = BTreeMap::new();
        for address in blocks {
            let look = if address.mode == Mode::Managed { Look::Resource } else { Look::Data };
            places.insert(address.clone(), drawing.parts.len());
            drawing.parts.push(part(address, "", look));
        }
        let arrows = graph.block_edges();
        drawing.arrows =
            arrows.iter().filter_map(|(user, used)| Some((*places.get(user)?, *places.get(used)?))).collect();
        drawing
    }

    /// The steps of a plan: an arrow goes from a step to what it waits for.
    pub fn of_plan(plan: &Plan) -> Self {
        let mut drawing = Self { parts: plan.steps.iter().map(of_step).collect(), arrows: Vec::new() };
        let places = plan.places();
        let mut barriers = BTreeMap::new();
        let waits = plan.steps.iter().flat_map(|step| &step.edges);
        let used: BTreeSet<&Wait> = waits.filter(|wait| matches!(wait, Wait::Barrier(_))).collect();
        for barrier in plan.barriers.iter().filter(|barrier| used.contains(&Wait::Barrier(barrier.barrier))) {
            let steps: Vec<usize> = barrier.steps.iter().map(|step| places[step]).collect();
            let at = match steps[..] {
                [only] => only,
                _ => drawing.all_of(&steps),
            };
            barriers.insert(barrier.barrier, at);
        }
        for (at, step) in plan.steps.iter().enumerate() {
            let waits = step.edges.iter().map(|wait| match wait {
                Wait::Step(step) => places[step],
                Wait::Barrier(barrier) => barriers[barrier],
            });
            drawing.arrows.extend(waits.collect::<BTreeSet<_>>().into_iter().map(|used| (at, used)));
        }
        drawing
    }

    /// A box for all of several steps; where it is.
    fn all_of(&mut self, steps: &[usize]) -> usize {
        let at = self.parts.len();
        let name = format!("all {} ({at})", steps.len());
        self.parts.push(Part { around: Vec::new(), label: format!("all {}", steps.len()), name, look: Look::All });
        self.arrows.extend(steps.iter().map(|step| (at, *step)));
        at
    }

    /// The graph in a language.
    pub fn written(&self, format: Format) -> String {
        match format {
            Format::Dot => dot::written(self),
            Format::Mermaid => mermaid::written(self),
            Format::Svg => svg::written(self),
        }
    }
}

fn of_step(step: &Step) -> Part {
    let (symbol, look) = match step.action {
        Action::Create => ("+ ", Look::Create),
        Action::Update => ("~ ", Look::Update),
        Action::Delete => ("- ", Look::Delete),
        Action::Forget => (". ", Look::Forget),
        Action::Read => ("> ", Look::Read),
    };
    let mut part = part(&step.address, symbol, look);
    if step.deposed {
        let former = format!(" (former {})", step.id.as_deref().unwrap_or("object"));
        part.label.push_str(&former);
        part.name.push_str(&former);
    }
    part
}

fn part(address: &Address, symbol: &str, look: Look) -> Part {
    let module = |at: usize| module_prefix(&address.module[at..=at]).trim_end_matches('.').to_owned();
    let within = Address { module: Vec::new(), ..address.clone() };
    Part {
        around: (0..address.module.len()).map(module).collect(),
        label: format!("{symbol}{within}"),
        name: format!("{symbol}{address}"),
        look,
    }
}

/// What is in a module: its own boxes, and the modules in it.
#[derive(Debug, Default)]
struct Cluster {
    parts: Vec<usize>,
    within: BTreeMap<String, Cluster>,
}

impl Cluster {
    fn of(drawing: &Drawing) -> Self {
        let mut root = Self::default();
        for (at, part) in drawing.parts.iter().enumerate() {
            let home =
                part.around.iter().fold(&mut root, |cluster, name| cluster.within.entry(name.clone()).or_default());
            home.parts.push(at);
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::events::Event;

    use super::*;

    /// Boxes as `module/module/name`, arrows by place.
    pub fn drawing(parts: &[&str], arrows: &[(usize, usize)]) -> Drawing {
        let part = |text: &&str| {
            let mut names: Vec<String> = text.split('/').map(str::to_owned).collect();
            let label = names.pop().expect("a name");
            Part { around: names, label: label.clone(), name: (*text).to_owned(), look: Look::Create }
        };
        Drawing { parts: parts.iter().map(part).collect(), arrows: arrows.to_vec() }
    }

    #[test]
    fn what_stands_in_a_box_cannot_leave_it() {
        let hostile = drawing(&["m\"]\n;/a\"]; subgraph <b>&amp;\n%%", "b#quot;`x`"], &[(0, 1)]);
        let dot = hostile.written(Format::Dot);
        assert!(dot.contains(r#""a\"]; subgraph <b>&amp;\n%%""#), "{dot}");
        let mermaid = hostile.written(Format::Mermaid);
        let boxes: Vec<&str> = mermaid.lines().filter(|line| line.contains("[\"")).collect();
        assert_eq!(boxes.len(), 3, "{mermaid}");
        assert!(boxes.iter().all(|line| line.matches('"').count() == 2 && !line.contains('<')), "{mermaid}");
        let svg = hostile.written(Format::Svg);
        let mut reader = quick_xml::Reader::from_str(&svg);
        let mut boxes = 0;
        loop {
            match reader.read_event().expect("XML") {
                Event::Eof => break,
                Event::Start(start) if start.name().as_ref() == "text" => boxes += 1,
                _ => {}
            }
        }
        assert_eq!(boxes, 3, "two boxes and a module: {svg}");
    }
}
