package engine

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/ptd-go/ptd/files"
)

// lives tells whether the process that holds a lock runs on this host. known is false for
// locks of other hosts.
func (l Lock) lives() (lives, known bool, err error) {
	host, err := os.Hostname()
	if err != nil {
		return false, false, fmt.Errorf("look who holds %s: %w", l.key, err)
	}
	if l.Host != host || l.Process <= 0 {
		return false, false, nil
	}
	if errors.Is(syscall.Kill(l.Process, 0), syscall.ESRCH) {
		return false, true, nil
	}
	started, over := processStart(l.Process)
	// Another process may have got the number of the one that died.
	return !over && (l.Started == "" || started == "" || started == l.Started), true, nil
}

// processStart tells when a process started, in the system's own ticks since it started
// itself (proc(5), field 22 of stat), and whether it is over and only not taken note of;
// "" where the system does not say.
func processStart(process int) (started string, over bool) {
	content, err := files.Read(fmt.Sprintf("/proc/%d/stat", process), 1<<12)
	if err != nil {
		return "", false
	}
	// The second field is the name in brackets, which may hold both spaces and brackets.
	fields := strings.Fields(string(content[strings.LastIndexByte(string(content), ')')+1:]))
	if len(fields) < 20 {
		return "", false
	}
	return fields[19], fields[0] == "Z" || fields[0] == "X"
}

// HolderLivesError says that the lock is not released, because the run that holds it is
// not over.
type HolderLivesError struct {
	Stack  string
	Holder Lock
}

func (e *HolderLivesError) Error() string {
	return fmt.Sprintf("the lock of stack %s is not released: the run that holds it lives: %s; wait for it to end, or interrupt it "+
		"(kill -INT %d), which ends it in order; --cancel --force takes the lock from it, and it stops", e.Stack, e.Holder, e.Holder.Process)
}

// EndingError says that a run which lost its lock still ends what it had begun.
type EndingError struct {
	Stack  string
	Holder Lock
}

func (e *EndingError) Error() string {
	return fmt.Sprintf("stack %s: a run that lost its lock still ends what it had begun: %s; wait for it to end", e.Stack, e.Holder)
}
