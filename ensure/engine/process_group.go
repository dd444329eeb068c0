package engine

import (
	"errors"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// group is a command that runs with all that it starts in a process group of its own: a
// keypress does not reach it, and ending it ends all of them.
type group struct {
	command *exec.Cmd
	grace   time.Duration // between the interrupt and force
}

// run runs the command, and ends what it leaves running. When stop is closed the group is
// interrupted, and killed when the grace is over, or as soon as now is closed.
func (g group) run(stop, now <-chan struct{}) error {
	g.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithParent(g.command.SysProcAttr)
	// The kernel takes the end of the thread for that of ptd.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	g.command.WaitDelay = g.grace // for what the command leaves behind with its output
	if err := g.command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- g.command.Wait() }()
	var err error
	over := false
	select {
	case err = <-ended:
		over = true
	case <-stop:
		_ = g.signal(syscall.SIGINT)
		over, err = g.await(ended, now)
	}
	_ = g.signal(syscall.SIGKILL) // there may be nobody left, which is the aim
	if !over {
		err = <-ended
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil // the command itself has ended well
	}
	return err
}

// await gives the group its grace; over tells whether the command itself has ended.
func (g group) await(ended <-chan error, now <-chan struct{}) (over bool, err error) {
	grace, look := time.NewTimer(g.grace), time.NewTicker(10*time.Millisecond)
	defer grace.Stop()
	defer look.Stop()
	for {
		select {
		case err = <-ended:
			over, ended = true, nil
		case <-look.C:
			if over && errors.Is(g.signal(0), syscall.ESRCH) {
				return over, err
			}
		case <-grace.C:
			return over, err
		case <-now:
			return over, err
		}
	}
}

func (g group) signal(signal syscall.Signal) error {
	return syscall.Kill(-g.command.Process.Pid, signal)
}
