package engine

import "syscall"

// endWithParent makes the kernel kill a process when the thread that started it ends, which is
// when ptd is killed. It does so with the process alone, not with what this has started.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
