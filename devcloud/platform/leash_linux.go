package platform

import (
	"os/exec"
	"syscall"
)

// leash lets the system kill the process once the thread that starts it is gone: a platform that is killed takes its
// processes with it, as a machine does that fails.
func leash(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
