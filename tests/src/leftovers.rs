//! What a run of these tests leaves behind, however it ends: no server, no directory, no database.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use regulars_testkit::database::left_by;

/// The programs that were started with this directory among their arguments.
fn processes_in(directory: &Path) -> Vec<String> {
    let path = directory.to_str().unwrap();
    let lines = fs::read_dir("/proc").unwrap().flatten().filter_map(|process| {
        let line = fs::read(process.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.contains(path)).collect()
}

fn wait_for(directory: &Path, there: bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while processes_in(directory).is_empty() == there {
        assert!(Instant::now() < deadline, "{:?}", processes_in(directory));
        sleep(Duration::from_millis(10));
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "looks into /proc")]
fn nothing_survives_a_test_run() {
    for killed in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let mut run = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "http::the_explorer_and_the_probes_answer"])
            .env("TMPDIR", directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let number = run.id();
        wait_for(directory.path(), true);
        if killed {
            run.kill().unwrap();
            run.wait().unwrap();
            wait_for(directory.path(), false);
        } else {
            assert!(run.wait().unwrap().success());
            assert_eq!(processes_in(directory.path()), Vec::<String>::new());
            let left: Vec<_> = fs::read_dir(directory.path()).unwrap().flatten().collect();
            assert!(left.is_empty(), "{left:?}");
            assert_eq!(left_by(number), Vec::<String>::new());
        }
    }
}
