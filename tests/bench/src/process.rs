//! What processes have used, as the kernel counts it.

use std::{fs, path::Path, time::Duration};

use crate::Failure;

/// Processes whose work is counted together: these, their children that live, and those that have ended.
#[derive(Clone, Debug)]
pub(crate) struct Processes(Vec<u32>);

impl Processes {
    pub(crate) fn new(numbers: impl IntoIterator<Item = u32>) -> Self {
        Self(numbers.into_iter().collect())
    }

    /// This process.
    pub(crate) fn this() -> Self {
        Self::new([std::process::id()])
    }

    pub(crate) fn and(mut self, others: &Self) -> Self {
        self.0.extend(&others.0);
        self
    }

    /// The processor time so far.
    pub(crate) fn used(&self) -> Result<Duration, Failure> {
        let mut ticks = 0;
        for number in &self.0 {
            let stat = Stat::of(*number).ok_or_else(|| format!("process {number} has ended"))?;
            ticks += stat.own + stat.ended_children;
        }
        let children = all().filter(|stat| self.0.contains(&stat.parent));
        ticks += children.map(|stat| stat.own).sum::<u64>();
        let rate = rustix::param::clock_ticks_per_second();
        Ok(Duration::from_secs(ticks) / u32::try_from(rate)?)
    }
}

/// One process's line of figures.
struct Stat {
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Stat {
    fn of(number: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{number}/stat")).ok()?)
    }

    fn parse(line: &str) -> Option<Self> {
        // The second field is the name, in brackets, and may hold anything.
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(field(4)?).ok()?,
            own: field(14)? + field(15)?,
            ended_children: field(16)? + field(17)?,
        })
    }
}

fn all() -> impl Iterator<Item = Stat> {
    let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
    numbers.filter_map(|entry| Stat::of(entry.file_name().to_str()?.parse().ok()?))
}

/// The process of this machine that listens on a port; none where it cannot be seen.
pub(crate) fn listening_on(port: u16) -> Option<u32> {
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| table.lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let here = fields.get(1)?.rsplit_once(':')?.1 == format!("{port:04X}");
            let listens = *fields.get(3)? == "0A";
            (here && listens).then(|| format!("socket:[{}]", fields.get(9).unwrap_or(&"")))
        })
        .collect();
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let number = process.file_name().to_str()?.parse().ok()?;
        holds(&process.path().join("fd"), &sockets).then_some(number)
    })
}

fn holds(descriptors: &Path, sockets: &[String]) -> bool {
    fs::read_dir(descriptors).into_iter().flatten().flatten().any(|descriptor| {
        let target = fs::read_link(descriptor.path()).unwrap_or_default();
        sockets.iter().any(|socket| target.as_os_str() == socket.as_str())
    })
}

/// What a process holds in memory, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) now: u64,
    /// At most, so far.
    pub(crate) peak: u64,
}

impl Memory {
    pub(crate) fn of(number: u32) -> Result<Self, Failure> {
        let status = fs::read_to_string(format!("/proc/{number}/status"))?;
        let kibibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let bytes = |name| Some(kibibytes(name)? * 1024);
        let found = bytes("VmRSS:").zip(bytes("VmHWM:"));
        let (now, peak) = found.ok_or("the kernel does not say how much memory is used")?;
        Ok(Self { now, peak })
    }
}
