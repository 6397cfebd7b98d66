//! Which file systems SQLite can be trusted with. Its write-ahead log is memory that all processes of one machine share: over a
//! network two machines would each have their own, and the file ends up corrupt. File locks are not kept everywhere there
//! either.

use std::path::{Path, PathBuf};

/// As many links as Linux follows before it says that they go round in a circle.
const MOST_LINKS: usize = 40;

/// A file system, as the system describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileSystem {
    /// The kernel's number: those of `statfs(2)` and `linux/magic.h`.
    pub(crate) magic: u32,
    /// What FUSE serves there, as in `fuse.sshfs`; none where it is not FUSE, or unknown.
    pub(crate) fuse: Option<String>,
}

/// What a file system is called that is another machine's, or may be; none where it is of this machine. `describe` is asked
/// about the nearest directory above that exists: the file is yet to be made, and so may be what a link names.
pub(crate) fn network(
    file: &Path,
    describe: impl FnOnce(&Path) -> Option<FileSystem>,
) -> Option<&'static str> {
    name(&describe(&nearest(file)?)?)
}

/// What there is of a path, or of what it leads to, without links. None where links go round in a circle: nothing opens that.
fn nearest(file: &Path) -> Option<PathBuf> {
    let mut place = std::path::absolute(file).ok()?;
    let mut links = 0;
    loop {
        if let Ok(there) = place.canonicalize() {
            return Some(there);
        }
        let above = place.parent()?;
        if let Ok(target) = place.read_link() {
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            place = above.join(target);
        } else {
            place = above.to_owned();
        }
    }
}

/// The file system that a place lies on. Where the system does not say, none. Linux alone is asked.
#[cfg(target_os = "linux")]
pub(crate) fn describe(place: &Path) -> Option<FileSystem> {
    let found = rustix::fs::statfs(place).ok()?.f_type;
    // The kernel's numbers have 32 bits, in a field that is longer on most machines, and signed on some.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the lower 32 bits are the number"
    )]
    let magic = found as u32;
    let fuse = if magic == FUSE { mounted_as(place) } else { None };
    Some(FileSystem { magic, fuse })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn describe(_place: &Path) -> Option<FileSystem> {
    None
}

/// The type of the mount that a place lies on.
#[cfg(target_os = "linux")]
fn mounted_as(place: &Path) -> Option<String> {
    let device = rustix::fs::stat(place).ok()?.st_dev;
    let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    type_of(&mounts, &device).map(ToOwned::to_owned)
}

/// The type of the mount with this number of a device, in the lines of `/proc/<pid>/mountinfo`: `… 0:42 / /mnt … - type …`.
#[cfg(target_os = "linux")]
fn type_of<'a>(mounts: &'a str, device: &str) -> Option<&'a str> {
    let mount = mounts.lines().find(|line| line.split(' ').nth(2) == Some(device))?;
    mount.split_once(" - ")?.1.split(' ').next()
}

const FUSE: u32 = 0x6573_5546;
/// What FUSE serves of this machine: layers of containers without root, and disks of other systems.
const LOCAL_FUSE: [&str; 2] = ["fuse.fuse-overlayfs", "fuseblk"];

/// FUSE that does not say what it serves is in doubt: it may be sshfs. The folders that a host shares with its virtual
/// machines are disks of another machine as well: the host's.
fn name(file_system: &FileSystem) -> Option<&'static str> {
    Some(match file_system.magic {
        FUSE if file_system.fuse.as_deref().is_some_and(|kind| LOCAL_FUSE.contains(&kind)) => {
            return None;
        }
        FUSE => "FUSE (such as sshfs or virtiofs)",
        0x6969 => "NFS",
        0x517B => "SMB",
        0xFE53_4D42 => "SMB2",
        0xFF53_4D42 => "CIFS",
        0x0102_1997 => "9p",
        0x786F_4256 => "VirtualBox's shared folders",
        0xBACB_ACBC => "VMware's shared folders",
        0x564C => "NCP",
        0x7375_7245 => "Coda",
        0x5346_414F | 0x6B41_4653 => "AFS",
        0x00C3_6400 => "Ceph",
        0x0BD0_0BD0 => "Lustre",
        0x1983_0326 => "BeeGFS",
        0x2003_0528 => "OrangeFS",
        0x4750_4653 => "GPFS",
        0x0116_1970 => "GFS2",
        0x7461_636F => "OCFS2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_another_machines_has_a_name() {
        for (magic, expected) in [
            (0x6969, Some("NFS")),
            (0x517B, Some("SMB")),
            (0xFE53_4D42, Some("SMB2")),
            (0xFF53_4D42, Some("CIFS")),
            (0x0102_1997, Some("9p")),
            (0x786F_4256, Some("VirtualBox's shared folders")),
            (0xBACB_ACBC, Some("VMware's shared folders")),
            (0x00C3_6400, Some("Ceph")),
            (0x2003_0528, Some("OrangeFS")),
            // ext4, XFS, Btrfs, ZFS, tmpfs, overlayfs, F2FS.
            (0xEF53, None),
            (0x5846_5342, None),
            (0x9123_683E, None),
            (0x2FC1_2FC1, None),
            (0x0102_1994, None),
            (0x794C_7630, None),
            (0xF2F5_2010, None),
        ] {
            assert_eq!(name(&FileSystem { magic, fuse: None }), expected, "{magic:#x}");
        }
        for (fuse, is_network) in [
            (None, true),
            (Some("fuse.sshfs"), true),
            (Some("fuse.rclone"), true),
            (Some("virtiofs"), true),
            (Some("fuse"), true),
            (Some("fuse.fuse-overlayfs"), false),
            (Some("fuseblk"), false),
        ] {
            let file_system = FileSystem { magic: FUSE, fuse: fuse.map(ToOwned::to_owned) };
            assert_eq!(name(&file_system).is_some(), is_network, "{fuse:?}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_is_not_there_lies_where_its_directory_or_its_link_leads() {
        use std::{fs, os::unix::fs::symlink};

        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let (here, there) = (root.join("here"), root.join("there"));
        fs::create_dir(&here).unwrap();
        fs::create_dir(&there).unwrap();
        symlink(there.join("not/made.db"), here.join("absolute.db")).unwrap();
        symlink("../there/not-made.db", here.join("relative.db")).unwrap();
        symlink("relative.db", here.join("twice.db")).unwrap();
        symlink(there.join("gone"), here.join("directory")).unwrap();
        symlink("circle.db", here.join("circle.db")).unwrap();
        for (file, expected) in [
            ("here/not-made.db", Some(&here)),
            ("here/no/such/file.db", Some(&here)),
            ("here/absolute.db", Some(&there)),
            ("here/relative.db", Some(&there)),
            ("here/twice.db", Some(&there)),
            ("here/directory/file.db", Some(&there)),
            ("here/circle.db", None),
        ] {
            assert_eq!(nearest(&root.join(file)).as_ref(), expected, "{file}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_says_what_a_place_lies_on() {
        // /proc is this machine's own, on every Linux.
        let proc = describe(Path::new("/proc")).unwrap();
        assert_eq!(proc, FileSystem { magic: 0x9FA0, fuse: None });
        assert_eq!(name(&proc), None);
        assert_eq!(describe(Path::new("/no/such/place")), None);
        assert_eq!(mounted_as(Path::new("/proc")).as_deref(), Some("proc"));
        let mounts = "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
            36 35 0:45 / /mnt/a\\040b rw,noatime shared:1 master:2 - fuse.sshfs host:/ rw - x";
        for (device, expected) in
            [("0:21", Some("proc")), ("0:45", Some("fuse.sshfs")), ("0:4", None)]
        {
            assert_eq!(type_of(mounts, device), expected, "{device}");
        }
    }
}
