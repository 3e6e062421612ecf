//go:build unix

package cli

import "syscall"

// leaveGroup takes this process out of its shell's group, which a terminal's Ctrl-C goes to. It cannot where the process leads a
// session of its own; then it has a group of its own already.
func leaveGroup() { _ = syscall.Setpgid(0, 0) }
