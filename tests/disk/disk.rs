//! A disk that forgets: what a station asked of it, and what is there after a power cut at any moment.
//!
//! A file has what it held when it was last synced, a folder the names that it had when it was last synced. That is the
//! least that a file system must keep. Some keep a name at once and the bytes behind it not at all: [`Cut::Bytes`].

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What a power cut drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// All that was not synced.
    Everything,
    /// Only the bytes of files; names are as they were last.
    Bytes,
}

#[derive(Default, Clone)]
struct Node {
    bytes: Vec<u8>,
    synced: Vec<u8>,
    /// None for a file.
    names: Option<Names>,
}

#[derive(Default, Clone)]
struct Names {
    now: BTreeMap<String, usize>,
    synced: BTreeMap<String, usize>,
}

/// The folder, from its first step on.
pub(crate) struct Disk {
    nodes: Vec<Node>,
    open: HashMap<i32, usize>,
}

const ROOT: usize = 0;

/// One step, as the witness wrote it down.
pub(crate) struct Step {
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) what: String,
    bytes: Vec<u8>,
}

/// Reads what the witness wrote down. The last step may be half: the process died.
pub(crate) fn steps(log: &Path) -> Vec<Step> {
    let log = fs::read(log).unwrap_or_default();
    let (mut steps, mut at) = (Vec::new(), 0);
    while let Some(end) = log[at..].iter().position(|byte| *byte == b'\n') {
        let line = std::str::from_utf8(&log[at..at + end]).unwrap();
        at += end + 1;
        let (ms, what) = line.split_once(' ').unwrap();
        let length = match what.starts_with("write ") {
            true => what.rsplit(' ').next().unwrap().parse().unwrap(),
            false => 0,
        };
        let bytes = log[at..(at + length).min(log.len())].to_vec();
        at += length;
        steps.push(Step { at: ms.parse().unwrap(), what: what.to_owned(), bytes });
        if at > log.len() {
            break;
        }
    }
    steps
}

impl Disk {
    pub(crate) fn new() -> Self {
        let root = Node { names: Some(Names::default()), ..Node::default() };
        Self { nodes: vec![root], open: HashMap::new() }
    }

    /// What the file holds now, synced or not.
    pub(crate) fn read(&self, path: &str) -> Option<&[u8]> {
        self.find(path).map(|node| self.nodes[node].bytes.as_slice())
    }

    fn names(&mut self, node: usize) -> &mut Names {
        self.nodes[node].names.as_mut().unwrap()
    }

    fn find(&self, path: &str) -> Option<usize> {
        path.split('/')
            .filter(|name| !name.is_empty())
            .try_fold(ROOT, |node, name| self.nodes[node].names.as_ref()?.now.get(name).copied())
    }

    /// The folder that a path lies in, and its name there.
    fn place<'p>(&self, path: &'p str) -> (usize, &'p str) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        (self.find(folder).unwrap_or_else(|| panic!("no folder for {path}")), name)
    }

    fn add(&mut self, path: &str, node: Node) -> usize {
        let (folder, name) = self.place(path);
        self.nodes.push(node);
        let new = self.nodes.len() - 1;
        self.names(folder).now.insert(name.to_owned(), new);
        new
    }

    /// Whether a step changes what a power cut would leave.
    pub(crate) fn changes_with(&self, step: &Step) -> bool {
        match step.what.split(' ').next().unwrap() {
            "open" => self.find(step.what.splitn(5, ' ').nth(4).unwrap()).is_none(),
            verb => matches!(verb, "sync" | "rename" | "unlink" | "mkdir"),
        }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        let (verb, rest) = step.what.split_once(' ').unwrap();
        let words: Vec<&str> = rest.split(' ').collect();
        let number = |n: usize| words[n].parse::<usize>().unwrap();
        let fd = || words[0].parse::<i32>().unwrap();
        match verb {
            "open" => {
                let path = rest.splitn(4, ' ').nth(3).unwrap();
                let node = match self.find(path) {
                    Some(node) => node,
                    None if words[1] == "1" => self.add(path, Node::default()),
                    None => return,
                };
                if words[2] == "1" {
                    self.nodes[node].bytes.clear();
                }
                self.open.insert(fd(), node);
            }
            "close" => drop(self.open.remove(&fd())),
            "dup" => {
                if let Some(node) = self.open.get(&fd()).copied() {
                    self.open.insert(words[1].parse().unwrap(), node);
                }
            }
            "write" => {
                let bytes = &mut self.nodes[self.open[&fd()]].bytes;
                let (from, to) = (number(1), number(1) + step.bytes.len());
                bytes.resize(bytes.len().max(to), 0);
                bytes[from..to].copy_from_slice(&step.bytes);
            }
            "size" => {
                let node = self.open[&fd()];
                self.nodes[node].bytes.resize(number(1), 0);
            }
            "sync" => {
                let node = self.open[&fd()];
                let node = &mut self.nodes[node];
                node.synced.clone_from(&node.bytes);
                if let Some(names) = &mut node.names {
                    names.synced.clone_from(&names.now);
                }
            }
            "rename" => {
                let (from, to) = rest.split_once('\t').unwrap();
                let (folder, name) = self.place(from);
                let node = self.names(folder).now.remove(name).unwrap();
                let (folder, name) = self.place(to);
                self.names(folder).now.insert(name.to_owned(), node);
            }
            "unlink" => {
                let (folder, name) = self.place(rest);
                self.names(folder).now.remove(name);
            }
            "mkdir" => {
                self.add(rest, Node { names: Some(Names::default()), ..Node::default() });
            }
            other => panic!("{other}?"),
        }
    }

    /// The power fails: this is what is left.
    pub(crate) fn cut(&mut self, cut: Cut) {
        self.open.clear();
        for node in &mut self.nodes {
            node.bytes.clone_from(&node.synced);
            if let Some(names) = &mut node.names {
                match cut {
                    Cut::Everything => names.now.clone_from(&names.synced),
                    Cut::Bytes => names.synced.clone_from(&names.now),
                }
            }
        }
    }

    /// Writes what a power cut would leave, in place of what is in a folder.
    pub(crate) fn write_left(&self, to: &Path, cut: Cut) {
        if to.exists() {
            fs::remove_dir_all(to).unwrap();
        }
        self.write_node(ROOT, to, cut);
    }

    fn write_node(&self, node: usize, to: &Path, cut: Cut) {
        let node = &self.nodes[node];
        let Some(names) = &node.names else {
            fs::write(to, &node.synced).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            return fs::set_permissions(to, mode).unwrap();
        };
        fs::create_dir(to).unwrap();
        let names = match cut {
            Cut::Everything => &names.synced,
            Cut::Bytes => &names.now,
        };
        for (name, node) in names {
            // Shared memory, which no power cut survives.
            if !name.ends_with("-shm") {
                self.write_node(*node, &to.join(name), cut);
            }
        }
    }
}

/// Sees what a program asks of the disk.
pub(crate) struct Witness {
    library: PathBuf,
}

impl Witness {
    /// Builds it in a folder.
    pub(crate) fn build(folder: &Path) -> Self {
        let library = folder.join("witness.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/disk/witness.c");
        let built = Command::new("gcc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&library, &source])
            .args(["-ldl", "-pthread"])
            .status()
            .expect("gcc is there: apt-get install gcc libc6-dev");
        assert!(built.success());
        Self { library }
    }

    /// Has it watch a program's doings below a folder; it dies after so many steps, or never.
    pub(crate) fn watch(&self, command: &mut Command, root: &Path, log: &Path, cut: Option<u64>) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("LOA_DISK_ROOT", root)
            .env("LOA_DISK_LOG", log)
            .env("LOA_DISK_CUT", cut.unwrap_or(0).to_string());
    }
}
