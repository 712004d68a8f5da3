//! What this machine, container or affinity mask lets us use.
//!
//! Linux: `available_parallelism` honours the affinity mask and CPU quotas of cgroup v1 and v2; here we only
//! find out whether a *quota* is what limits, and how much memory there is (cgroup(7), proc(5)).

use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

/// Worker slots by default: what may run in parallel, and one less (at least one) where a CPU quota is the
/// limit. A quota throttles all threads alike, whatever their priority, so the loop needs headroom.
pub fn threads() -> usize {
    let parallel = available_parallelism().map_or(1, std::num::NonZero::get);
    if cfg!(target_os = "linux") && limited_by_quota(Path::new("/")) {
        parallel.saturating_sub(1).max(1)
    } else {
        parallel
    }
}

/// Bytes of memory that this process may use: the machine's, or less in a container.
pub fn memory_bytes() -> u64 {
    let machine = machine_memory().unwrap_or(1 << 30);
    if cfg!(target_os = "linux") {
        cgroup_memory(Path::new("/")).map_or(machine, |limit| limit.min(machine))
    } else {
        machine
    }
}

#[cfg(target_os = "linux")]
fn machine_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(target_os = "macos")]
fn machine_memory() -> Option<u64> {
    let mut bytes = 0u64;
    let mut size = std::mem::size_of::<u64>();
    // SAFETY: the name is NUL-terminated; `bytes` is writable for `size` bytes, which is its size.
    let status = unsafe {
        libc::sysctlbyname(
            c"hw.memsize".as_ptr(),
            (&raw mut bytes).cast(),
            &raw mut size,
            std::ptr::null_mut(),
            0,
        )
    };
    (status == 0).then_some(bytes)
}

#[cfg(windows)]
fn machine_memory() -> Option<u64> {
    use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
    // SAFETY: the struct is plain data for which zero is valid, and its length field is set as required.
    unsafe {
        let mut status: MEMORYSTATUSEX = std::mem::zeroed();
        status.dwLength = std::mem::size_of::<MEMORYSTATUSEX>() as u32;
        (GlobalMemoryStatusEx(&raw mut status) != 0).then_some(status.ullTotalPhys)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn machine_memory() -> Option<u64> {
    None
}

/// The folders of this process's cgroup, from its own up to the root, for a v1 controller or for v2.
fn cgroup_folders(root: &Path, controller: &str) -> Vec<PathBuf> {
    let Ok(text) = std::fs::read_to_string(root.join("proc/self/cgroup")) else { return Vec::new() };
    let mut folders = Vec::new();
    for line in text.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let mount = if controllers.is_empty() {
            root.join("sys/fs/cgroup")
        } else if controllers.split(',').any(|name| name == controller) {
            root.join("sys/fs/cgroup").join(controller)
        } else {
            continue;
        };
        let own = mount.join(path.trim_start_matches('/'));
        folders
            .extend(own.ancestors().take_while(|folder| folder.starts_with(&mount)).map(Path::to_path_buf));
    }
    folders
}

fn number(path: &Path) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn cgroup_memory(root: &Path) -> Option<u64> {
    cgroup_folders(root, "memory")
        .iter()
        .flat_map(|folder| [folder.join("memory.max"), folder.join("memory.limit_in_bytes")])
        .filter_map(|file| number(&file))
        .filter(|&bytes| bytes > 0)
        .min()
}

/// The CPU quota in millionths of a CPU, if there is one.
fn quota(root: &Path) -> Option<u64> {
    let v2 = |folder: &Path| {
        let text = std::fs::read_to_string(folder.join("cpu.max")).ok()?;
        let (quota, period) = text.trim().split_once(' ')?;
        (quota.parse::<u64>().ok()?.checked_mul(1_000_000)?).checked_div(period.parse().ok()?)
    };
    let v1 = |folder: &Path| {
        let quota = number(&folder.join("cpu.cfs_quota_us"))?;
        quota.checked_mul(1_000_000)?.checked_div(number(&folder.join("cpu.cfs_period_us"))?)
    };
    cgroup_folders(root, "cpu").iter().filter_map(|folder| v2(folder).or_else(|| v1(folder))).min()
}

fn affinity(root: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(root.join("proc/self/status")).ok()?;
    let list = text.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    list.trim().split(',').try_fold(0u64, |count, range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to) = (from.trim().parse::<u64>().ok()?, to.trim().parse::<u64>().ok()?);
        count.checked_add(to.checked_sub(from)?.checked_add(1)?)
    })
}

fn limited_by_quota(root: &Path) -> bool {
    match (quota(root), affinity(root)) {
        (Some(quota), Some(cpus)) => quota < cpus.saturating_mul(1_000_000),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct FakeRoot(PathBuf);

    impl FakeRoot {
        fn new(files: &[(&str, &str)]) -> Self {
            static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            let unique = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let root = std::env::temp_dir().join(format!("offloop-host-{}-{unique}", std::process::id()));
            for (file, text) in files {
                let path = root.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(root)
        }
    }

    impl Drop for FakeRoot {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn v2_takes_the_tightest_limit_up_the_tree() {
        let root = FakeRoot::new(&[
            ("proc/self/cgroup", "0::/pod/app\n"),
            ("proc/self/status", "Name:\tnode\nCpus_allowed_list:\t0-3,8\n"),
            ("sys/fs/cgroup/pod/app/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/pod/cpu.max", "250000 100000\n"),
            ("sys/fs/cgroup/pod/app/memory.max", "max\n"),
            ("sys/fs/cgroup/pod/memory.max", "536870912\n"),
        ]);
        assert_eq!(quota(&root.0), Some(2_500_000));
        assert_eq!(affinity(&root.0), Some(5));
        assert!(limited_by_quota(&root.0));
        assert_eq!(cgroup_memory(&root.0), Some(536_870_912));
    }

    #[test]
    fn v1_and_an_affinity_tighter_than_the_quota() {
        let root = FakeRoot::new(&[
            ("proc/self/cgroup", "4:memory:/d\n3:cpu,cpuacct:/d\n"),
            ("proc/self/status", "Cpus_allowed_list:\t2\n"),
            ("sys/fs/cgroup/cpu/d/cpu.cfs_quota_us", "150000\n"),
            ("sys/fs/cgroup/cpu/d/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/memory/d/memory.limit_in_bytes", "1073741824\n"),
        ]);
        assert_eq!(quota(&root.0), Some(1_500_000));
        assert!(!limited_by_quota(&root.0), "one CPU of affinity is the tighter limit");
        assert_eq!(cgroup_memory(&root.0), Some(1 << 30));
    }

    #[test]
    fn no_limits_and_nonsense() {
        let none =
            FakeRoot::new(&[("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/cpu.max", "max 100000\n")]);
        assert_eq!(quota(&none.0), None);
        assert!(!limited_by_quota(&none.0));
        let nonsense = FakeRoot::new(&[
            ("proc/self/cgroup", "0::/\nxx\n:\n"),
            ("proc/self/status", "Cpus_allowed_list:\t9-1,x\n"),
            ("sys/fs/cgroup/cpu.max", "100000 0\n"),
            ("sys/fs/cgroup/memory.max", "-5\n"),
        ]);
        assert_eq!(quota(&nonsense.0), None);
        assert_eq!(affinity(&nonsense.0), None);
        assert_eq!(cgroup_memory(&nonsense.0), None);
    }

    #[test]
    fn this_host_has_something() {
        assert!(threads() >= 1);
        assert!(memory_bytes() > 1 << 20);
    }
}
