//! Which file systems SQLite can be trusted with. Its write-ahead log is memory that all processes of one machine share: over a
//! network two machines would each have their own, and the file ends up corrupt. File locks are not kept everywhere there
//! either.

use std::path::Path;

/// What a file system is called that is another machine's, or may be; none where it is of this machine. Asks about the
/// nearest directory above that exists: the file is yet to be made. Where the system does not say, none. Linux alone is asked.
pub(crate) fn network(file: &Path) -> Option<&'static str> {
    let absolute = std::path::absolute(file).ok()?;
    // A link may lead to another file system.
    let there = absolute.ancestors().find_map(|place| place.canonicalize().ok())?;
    name(magic(&there)?)
}

#[cfg(target_os = "linux")]
fn magic(place: &Path) -> Option<u32> {
    let found = rustix::fs::statfs(place).ok()?.f_type;
    // The kernel's numbers have 32 bits, in a field that is longer on most machines, and signed on some.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the lower 32 bits are the number"
    )]
    Some(found as u32)
}

#[cfg(not(target_os = "linux"))]
fn magic(_place: &Path) -> Option<u32> {
    None
}

/// By the numbers of `statfs(2)` and `linux/magic.h`. FUSE is in doubt: it may be sshfs or a disk of this machine.
const fn name(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0x517B => "SMB",
        0xFE53_4D42 => "SMB2",
        0xFF53_4D42 => "CIFS",
        0x0102_1997 => "9p",
        0x6573_5546 => "FUSE (such as sshfs)",
        0x564C => "NCP",
        0x7375_7245 => "Coda",
        0x5346_414F | 0x6B41_4653 => "AFS",
        0x00C3_6400 => "Ceph",
        0x0BD0_0BD0 => "Lustre",
        0x1983_0326 => "BeeGFS",
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
            (0x6573_5546, Some("FUSE (such as sshfs)")),
            (0x00C3_6400, Some("Ceph")),
            // ext4, XFS, Btrfs, ZFS, tmpfs, overlayfs, F2FS.
            (0xEF53, None),
            (0x5846_5342, None),
            (0x9123_683E, None),
            (0x2FC1_2FC1, None),
            (0x0102_1994, None),
            (0x794C_7630, None),
            (0xF2F5_2010, None),
        ] {
            assert_eq!(name(magic), expected, "{magic:#x}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_that_is_not_there_lies_where_its_directory_does() {
        // /proc and /sys are this machine's own, on every Linux.
        let proc = magic(Path::new("/proc")).unwrap();
        assert_eq!((proc, name(proc)), (0x9FA0, None));
        assert_eq!(network(Path::new("/proc/no/such/file")), None);
        assert_eq!(magic(Path::new("/no/such/place")), None);
    }
}
