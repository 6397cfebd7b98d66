//! Where PostgreSQL's programs are, how they get here, and which account runs them.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::ClusterError;

/// Where Debian keeps one directory for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The directory with `initdb` and `postgres` of one and the same version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    bin: PathBuf,
}

impl Programs {
    /// The programs on the path, else the newest version under `/usr/lib/postgresql`.
    pub fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // A link on the path leads to the real directory: `initdb` looks for `postgres` beside itself.
        std::env::split_paths(&path)
            .filter_map(|dir| {
                fs::canonicalize(dir.join("initdb")).ok()?.parent().map(Path::to_owned)
            })
            .find_map(Self::in_directory)
            .or_else(|| Self::newest_under(Path::new(DEBIAN)))
    }

    /// [`Programs::find`], and where there are none Debian's package, if this process may install it.
    ///
    /// # Errors
    /// [`ClusterError::NoPrograms`] says what to install by hand.
    pub fn find_or_install() -> Result<Self, ClusterError> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        let by_hand = "Install the package `postgresql` (apt-get install postgresql).";
        if !rustix::process::geteuid().is_root() {
            return Err(ClusterError::NoPrograms(by_hand.to_owned()));
        }
        for arguments in
            [&["update"][..], &["install", "--yes", "--no-install-recommends", "postgresql"][..]]
        {
            let failed = match Command::new("apt-get")
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status()
            {
                Ok(status) if status.success() => continue,
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            };
            let tried = format!("`apt-get {}`: {failed}. {by_hand}", arguments.join(" "));
            return Err(ClusterError::NoPrograms(tried));
        }
        Self::find().ok_or_else(|| ClusterError::NoPrograms(by_hand.to_owned()))
    }

    /// A command for one of the programs, run as `account` in `directory`.
    pub(super) fn command(
        &self,
        name: &str,
        account: Option<Account>,
        directory: &Path,
    ) -> Command {
        let mut command = Command::new(self.bin.join(name));
        // Not the caller's directory, which the account may not be allowed to enter; and without the caller's PGDATA,
        // PGPORT and the like.
        command.current_dir(directory).stdin(Stdio::null());
        for (key, _) in std::env::vars_os().filter(|(key, _)| {
            key.to_str().is_some_and(|key| key.starts_with("PG") || key.starts_with("LC_"))
        }) {
            command.env_remove(key);
        }
        if let Some(Account { uid, gid }) = account {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn in_directory(bin: PathBuf) -> Option<Self> {
        ["initdb", "postgres"].iter().all(|name| bin.join(name).is_file()).then_some(Self { bin })
    }

    fn newest_under(root: &Path) -> Option<Self> {
        let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(root)
            .ok()?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
            })
            .collect();
        versions.sort_unstable();
        versions.into_iter().rev().find_map(|(_, bin)| Self::in_directory(bin))
    }
}

/// The account that PostgreSQL runs as when this process is root, for it refuses to be root itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// `None`: this process is not root, the cluster runs as whoever runs the tests.
    pub(super) fn needed() -> Result<Option<Self>, ClusterError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Self::named(name, &users))
            .map(Some)
            .ok_or(ClusterError::NoAccount)
    }

    fn named(name: &str, users: &str) -> Option<Self> {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let found = fields.next()? == name;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            found.then_some(Self { uid, gid })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_complete_version_is_found() {
        let root = tempfile::tempdir().unwrap();
        for (version, programs) in [
            ("9", &["initdb", "postgres"][..]),
            ("15", &["initdb", "postgres"][..]),
            ("17", &["initdb"][..]),
            ("common", &["initdb", "postgres"][..]),
        ] {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in programs {
                fs::write(bin.join(program), "").unwrap();
            }
        }
        let found = Programs::newest_under(root.path()).unwrap();
        assert_eq!(found.bin, root.path().join("15/bin"));
        assert_eq!(Programs::newest_under(&root.path().join("absent")), None);
    }

    #[test]
    fn an_account_is_read_by_its_whole_name() {
        let users = "root:x:0:0::/root:/bin/sh\npostgres2:x:9:9::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        let account = Account::named("postgres", users).unwrap();
        assert_eq!((account.uid, account.gid), (101, 104));
        assert!(Account::named("nobody", users).is_none());
    }
}
