//! What is started for a run ends with it, however it ends. A small shell process waits on a pipe from this one; when the
//! pipe closes (return, panic, kill -9) it ends the servers it was told of and removes their data.

use std::{
    io::Write,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Mutex, OnceLock},
};

use anyhow::{Context, Result};

/// Groups first asked, then made to end; containers and data removed.
const SCRIPT: &str = r#"
pids= containers= dirs=
while IFS=' ' read -r kind what; do
  case $kind in
    pid) pids="$pids -$what" ;;
    container) containers="$containers $what" ;;
    dir) dirs="$dirs:$what" ;;
  esac
done
[ -z "$pids" ] || kill -s TERM -- $pids 2>/dev/null
[ -z "$containers" ] || docker rm -f $containers >/dev/null 2>&1
i=0
while [ -n "$pids" ] && [ $i -lt 50 ] && kill -s 0 -- $pids 2>/dev/null; do sleep 0.1; i=$((i+1)); done
[ -z "$pids" ] || kill -s KILL -- $pids 2>/dev/null
IFS=:
for dir in $dirs; do [ -z "$dir" ] || rm -rf -- "$dir"; done
"#;

/// The guardian of this process.
struct Guardian(Mutex<Child>);

fn guardian() -> Result<&'static Guardian> {
    static GUARDIAN: OnceLock<Result<Guardian, String>> = OnceLock::new();
    GUARDIAN
        .get_or_init(|| start().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

fn start() -> Result<Guardian> {
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Outside the terminal's group: Ctrl-C ends us, and then the guardian does its work.
    command.process_group(0);
    Ok(Guardian(Mutex::new(command.spawn().context("starting the guardian of the servers")?)))
}

fn tell(line: &str) -> Result<()> {
    let mut child = guardian()?.0.lock().map_err(|_| anyhow::anyhow!("the guardian's lock is poisoned"))?;
    let pipe = child.stdin.as_mut().context("the guardian's pipe")?;
    writeln!(pipe, "{line}").context("telling the guardian")?;
    Ok(())
}

/// Ends the process group when this process ends.
///
/// # Errors
/// When the guardian cannot be told.
pub fn ward_group(pid: u32) -> Result<()> {
    tell(&format!("pid {pid}"))
}

/// Removes the container when this process ends.
///
/// # Errors
/// When the guardian cannot be told.
pub fn ward_container(name: &str) -> Result<()> {
    tell(&format!("container {name}"))
}

/// Removes the folder when this process ends, after what runs in it.
///
/// # Errors
/// When the guardian cannot be told.
pub fn ward_dir(dir: &Path) -> Result<()> {
    tell(&format!("dir {}", dir.display()))
}

#[cfg(test)]
mod tests {
    use std::{fs, thread, time::Duration};

    use super::*;

    /// The script itself, with a pipe that we close as the end of a process would.
    #[test]
    fn when_the_pipe_closes_the_group_ends_and_the_folder_goes() {
        let dir = tempfile::tempdir().unwrap().keep();
        let mut server = Command::new("sh").args(["-c", "sleep 60 & wait"]).process_group(0).spawn().unwrap();
        let mut guardian = start().unwrap().0.into_inner().unwrap();
        let mut pipe = guardian.stdin.take().unwrap();
        writeln!(pipe, "pid {}\ndir {}", server.id(), dir.display()).unwrap();
        assert!(server.try_wait().unwrap().is_none());
        drop(pipe);
        for _ in 0..100 {
            // The zombie must be reaped for the guardian to see its group gone.
            if server.try_wait().unwrap().is_some() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        assert!(guardian.wait().unwrap().code().is_some());
        assert!(server.try_wait().unwrap().is_some(), "the server still runs");
        assert!(fs::metadata(&dir).is_err(), "the folder is still there");
    }
}
