//! Worker threads give way to the event loop: a lower priority for the calling thread.

/// The niceness that asks for idle time only.
pub(crate) const IDLE: u8 = 20;

/// Makes the calling thread `niceness` nicer than the process (1 to 19; 0 changes nothing; 20: idle time
/// only). False if the system would not.
///
/// Linux: the nice value, which setpriority(2) there sets for a thread, or `SCHED_IDLE` (sched(7)). macOS: the
/// quality-of-service class. Windows: the thread priority. The latter two have no fine steps: 1 to 19 is one
/// step down, 20 is two.
#[cfg(target_os = "linux")]
pub(crate) fn lower(niceness: u8) -> bool {
    if niceness == 0 {
        return true;
    }
    // SAFETY: plain system calls; `who` and `pid` 0 are the calling thread, and the parameter is a live,
    // initialised struct.
    unsafe {
        if niceness >= IDLE {
            let parameter: libc::sched_param = std::mem::zeroed();
            return libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameter) == 0
                || libc::setpriority(libc::PRIO_PROCESS, 0, 19) == 0;
        }
        let base = libc::getpriority(libc::PRIO_PROCESS, 0);
        libc::setpriority(libc::PRIO_PROCESS, 0, base.saturating_add(niceness.into()).min(19)) == 0
    }
}

#[cfg(target_os = "macos")]
pub(crate) fn lower(niceness: u8) -> bool {
    let class = match niceness {
        0 => return true,
        1..IDLE => libc::qos_class_t::QOS_CLASS_DEFAULT,
        _ => libc::qos_class_t::QOS_CLASS_UTILITY,
    };
    // SAFETY: a plain call for the calling thread.
    unsafe { libc::pthread_set_qos_class_self_np(class, 0) == 0 }
}

#[cfg(windows)]
pub(crate) fn lower(niceness: u8) -> bool {
    use windows_sys::Win32::System::Threading::{
        GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_BELOW_NORMAL, THREAD_PRIORITY_LOWEST,
    };
    let priority = match niceness {
        0 => return true,
        1..IDLE => THREAD_PRIORITY_BELOW_NORMAL,
        _ => THREAD_PRIORITY_LOWEST,
    };
    // SAFETY: the pseudo handle of the calling thread needs no closing.
    unsafe { SetThreadPriority(GetCurrentThread(), priority) != 0 }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
pub(crate) fn lower(niceness: u8) -> bool {
    niceness == 0
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn only_the_calling_thread_gets_nicer() {
        // SAFETY: as in `lower`.
        let nice = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let before = nice();
        let inside = std::thread::spawn(move || {
            assert!(super::lower(3));
            nice()
        });
        assert_eq!(inside.join().unwrap(), (before + 3).min(19));
        assert_eq!(nice(), before);
    }
}
